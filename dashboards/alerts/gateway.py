"""Alerts on the gateway itself: it fails, is slow, is full, or is attacked."""

from stargate.dashboards.alerts.recording import TOTAL, errors
from stargate.dashboards.alerts.rule import CLIENTS, HOUR, MINUTE, Alert, Dashboard, Pace, Severity, enough, share
from stargate.dashboards.alerts.thresholds import Thresholds

LATENCY = "litellm_request_total_latency_metric"
OVERHEAD = "litellm_overhead_latency_metric"
# Every task that starts counts one failed call of PostgreSQL, its first: a deploy of several is no fault.
WORKING = 'function_name!="connect"'


def alerts(limit: Thresholds, pace: Pace) -> list[Alert]:
    """Every alert of the group."""
    return [*_failing(limit, pace), *_slow(limit, pace), *_below(limit, pace)]


def _failing(limit: Thresholds, pace: Pace) -> list[Alert]:
    allowed = 1 - limit.objective
    window = pace(5 * MINUTE)
    clients = f"{TOTAL}{{{CLIENTS}}}"
    counted = enough(clients, window, least=limit.fewest_requests, by="requested_model")
    failed = f'rate({TOTAL}{{{CLIENTS},status_code=~"5.."}}[{window}])'
    every = f"rate({clients}[{window}])"
    # Three requests in an hour, the last of them failed, are no hour of which a third failed.
    busy = enough(clients, pace(HOUR), least=limit.fewest_requests)

    def burn(factor: float, long: str, short: str) -> str:
        return (
            " and ".join(f"{errors(window)} > {factor * allowed:.6g}" for window in (long, short))
            + f" and on () {busy}"
        )

    return [
        Alert(
            name="GatewayErrors",
            severity=Severity.PAGE,
            expression=f"{share(failed, every, by='requested_model')} > {limit.error_share} and {counted}",
            hold_seconds=5 * MINUTE,
            summary="{{ $value | humanizePercentage }} of requests for {{ $labels.requested_model }} fail",
            description="Clients get 5xx for this model. LiteLLM has already asked Bedrock again before it answers so.",
            dashboard=Dashboard.GATEWAY,
        ),
        Alert(
            name="ErrorBudgetBurnsFast",
            severity=Severity.PAGE,
            expression=burn(limit.fast_burn, "1h", "5m"),
            # Longer than the shorter window: what failed once, and no more, has left it by then.
            hold_seconds=6 * MINUTE,
            summary="{{ $value | humanizePercentage }} of all requests failed in the last hour",
            description="At this rate the month's allowance of errors is gone within two days; it still goes on.",
            dashboard=Dashboard.GATEWAY,
            concerns="errors",
        ),
        Alert(
            name="ErrorBudgetBurnsSlowly",
            severity=Severity.TICKET,
            expression=burn(limit.slow_burn, "6h", "30m"),
            hold_seconds=35 * MINUTE,
            summary="{{ $value | humanizePercentage }} of all requests failed in the last six hours",
            description="At this rate the month's allowance of errors is gone within five days; it still goes on.",
            dashboard=Dashboard.GATEWAY,
            concerns="errors",
        ),
    ]


def _slow(limit: Thresholds, pace: Pace) -> list[Alert]:
    window = pace(10 * MINUTE)

    def counted(histogram: str, by: str = "") -> str:
        return enough(f"{histogram}_count", window, least=limit.fewest_requests, by=by)

    return [
        Alert(
            name="GatewaySlow",
            severity=Severity.TICKET,
            # One in a hundred is a long file that an agent writes, every day.
            expression=f"histogram_quantile(0.95, sum by (le, requested_model) (rate({LATENCY}_bucket[{window}]))) "
            f"> {limit.latency_seconds:g} and {counted(LATENCY, by='requested_model')}",
            hold_seconds=10 * MINUTE,
            summary="One answer in twenty of {{ $labels.requested_model }} takes {{ $value | humanizeDuration }}",
            description="Time from the request to the whole answer, the model's own included.",
            dashboard=Dashboard.GATEWAY,
        ),
        Alert(
            name="GatewayOverhead",
            severity=Severity.TICKET,
            expression=f"histogram_quantile(0.95, sum by (le) (rate({OVERHEAD}_bucket[{window}]))) "
            f"> {limit.overhead_seconds:g} and {counted(OVERHEAD)}",
            hold_seconds=10 * MINUTE,
            summary="The gateway itself adds {{ $value | humanizeDuration }} to one request in twenty",
            description="Time that LiteLLM spends beside waiting for Bedrock: keys, budgets, its own CPU.",
            dashboard=Dashboard.GATEWAY,
        ),
        Alert(
            name="GatewayFull",
            severity=Severity.TICKET,
            expression=f"litellm_in_flight_requests > {limit.requests_in_flight}",
            hold_seconds=5 * MINUTE,
            summary="{{ $labels.instance }} holds {{ $value }} requests at once",
            description="One task is loaded beyond what it was measured for: more tasks are needed, or streams hang.",
            dashboard=Dashboard.GATEWAY,
        ),
    ]


def _below(limit: Thresholds, pace: Pace) -> list[Alert]:
    window = pace(5 * MINUTE)
    refused = (
        f'litellm_proxy_failed_requests_metric_total{{{CLIENTS},exception_status=~"401|403",'
        'exception_class!~"Bedrock.*"}'
    )
    return [
        Alert(
            name="KeysRefused",
            severity=Severity.TICKET,
            expression=f"sum(rate({refused}[{window}])) > {limit.refused_per_second:g}",
            hold_seconds=10 * MINUTE,
            summary="{{ $value | humanize }} requests a second are refused for their key",
            description="Somebody tries keys, or a client goes on with a key that was blocked.",
            dashboard=Dashboard.GATEWAY,
        ),
        Alert(
            name="DatabaseFails",
            severity=Severity.PAGE,
            expression=f"sum(increase(litellm_postgres_failed_requests_total{{{WORKING}}}[{window}])) "
            f"> {limit.database_failures}",
            # As long as the window: what failed in one moment alone wakes nobody.
            hold_seconds=5 * MINUTE,
            summary="{{ $value | humanize }} calls of PostgreSQL failed in five minutes",
            description="Keys and budgets cannot be read: the gateway refuses what it has not in memory.",
            dashboard=Dashboard.PLATFORM,
        ),
        Alert(
            name="CacheFails",
            severity=Severity.TICKET,
            expression=f"sum(increase(litellm_redis_failed_requests_total[{window}])) > {limit.database_failures}",
            hold_seconds=5 * MINUTE,
            summary="{{ $value | humanize }} calls of Valkey failed in five minutes",
            description="Tasks no longer share their counters: every limit holds for each task by itself.",
            dashboard=Dashboard.PLATFORM,
        ),
    ]

"""What is computed once for alerts and dashboards: how many requests, which of them failed, what they cost."""

from typing import Any, Final

from stargate.dashboards.alerts.rule import CLIENTS, HOUR, MINUTE, Pace, share

TOTAL: Final = "litellm_proxy_total_requests_metric_total"
# The windows that the alerts on the error budget compare.
WINDOWS: Final = {"5m": 5 * MINUTE, "30m": 30 * MINUTE, "1h": HOUR, "6h": 6 * HOUR}
REQUESTS: Final = "stargate:requests:rate5m"
# What a month's share is summed up from: its raw counters are too many to be read at every refresh.
COUNTED: Final = "stargate:requests:increase1m"
FAILED: Final = "stargate:request_errors:increase1m"
SPEND: Final = "litellm_spend_metric_total"
SPENT: Final = "stargate:spend:increase1h"
SPENT_BY_TEAM: Final = "stargate:team_spend:increase1h"


def errors(window: str) -> str:
    """The name of the share of requests answered 5xx over a window, of all models."""
    return f"stargate:request_errors:ratio_rate{window}"


def records(*, stack: str, pace: Pace) -> list[dict[str, Any]]:
    """The rules. Without any request there is no share; without any error it is 0."""
    minute = f"sum(increase({TOTAL}{{{CLIENTS}}}[{pace(MINUTE)}]))"
    failures = f'sum(increase({TOTAL}{{{CLIENTS},status_code=~"5.."}}[{pace(MINUTE)}]))'
    made = {
        REQUESTS: f"sum(rate({TOTAL}{{{CLIENTS}}}[{pace(WINDOWS['5m'])}]))",
        # Each minute is counted as often as rules are evaluated in it, in both alike: what is asked of them is a share.
        COUNTED: minute,
        FAILED: f"{failures} or (0 * {minute})",
    }
    for window, seconds in WINDOWS.items():
        failed = f'rate({TOTAL}{{{CLIENTS},status_code=~"5.."}}[{pace(seconds)}])'
        every = f"rate({TOTAL}{{{CLIENTS}}}[{pace(seconds)}])"
        # `or` fills in for a gateway that never failed: it has no such series at all.
        made[errors(window)] = f"{share(failed, every)} or (0 * sum({every}))"
    return [{"record": name, "expr": expression, "labels": {"stack": stack}} for name, expression in made.items()]


def spend_records(*, stack: str, pace: Pace) -> list[dict[str, Any]]:
    """Dollars of the last hour: a week of hours is read from these, not from every key's counter on every task."""
    made = {
        SPENT_BY_TEAM: f"sum by (team) (increase({SPEND}[{pace(HOUR)}]))",
        # An hour without spend is 0 and not missing: how far the record goes back is how long hours are known.
        SPENT: f"sum({SPENT_BY_TEAM}) or vector(0)",
    }
    return [{"record": name, "expr": expression, "labels": {"stack": stack}} for name, expression in made.items()]

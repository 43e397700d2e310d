"""Alerts on what watches: metrics that are not read, rules that fail, alerts that reach nobody."""

from stargate.dashboards.alerts.rule import MINUTE, Alert, Dashboard, Pace, Severity
from stargate.dashboards.alerts.thresholds import Thresholds
from stargate.dashboards.scrape import GATEWAY_JOB

SCRAPED = f'job="{GATEWAY_JOB}"'


def alerts(limit: Thresholds, pace: Pace) -> list[Alert]:
    """Every alert of the group."""
    return [*_scraping(limit), *_alerting(pace), *_store(limit, pace)]


def _scraping(limit: Thresholds) -> list[Alert]:
    return [
        Alert(
            name="GatewayNotScraped",
            severity=Severity.PAGE,
            expression=f"absent(up{{{SCRAPED}}} == 1)",
            hold_seconds=3 * MINUTE,
            summary="No task of the gateway can be read",
            description="It is down, or its metrics key is refused: no other alert of the gateway's can fire.",
            dashboard=Dashboard.PLATFORM,
            concerns="scraping",
        ),
        Alert(
            name="GatewayTasksMissing",
            severity=Severity.TICKET,
            # Beside the least number there are the tasks that scaling added: those stand in the private DNS.
            expression=f"count(up{{{SCRAPED}}} == 1) < clamp_min(count(up{{{SCRAPED}}}), {limit.tasks})",
            hold_seconds=10 * MINUTE,
            summary="{{ $value }} tasks of the gateway are read, fewer than there should be",
            description="A task that vanished leaves the private DNS and is missing; one that hangs stays in it, down.",
            dashboard=Dashboard.PLATFORM,
            concerns="scraping",
        ),
        Alert(
            name="TargetDown",
            severity=Severity.TICKET,
            expression=f'up{{job!="{GATEWAY_JOB}"}} == 0',
            hold_seconds=10 * MINUTE,
            summary="{{ $labels.job }} on {{ $labels.instance }} cannot be read",
            description="A part of the observability stack is down or has moved.",
            dashboard=Dashboard.PLATFORM,
        ),
        Alert(
            name="ScrapeSlow",
            severity=Severity.TICKET,
            expression=f"scrape_duration_seconds{{{SCRAPED}}} > {limit.scrape_seconds:g}",
            hold_seconds=10 * MINUTE,
            summary="Reading {{ $labels.instance }} takes {{ $value | humanizeDuration }}",
            description="The task is busy, or has too many series; a scrape that takes longer than 15 s is lost.",
            dashboard=Dashboard.PLATFORM,
        ),
        Alert(
            name="SeriesTooMany",
            severity=Severity.TICKET,
            expression=f"scrape_samples_scraped{{{SCRAPED}}} > {limit.series_per_task}",
            hold_seconds=10 * MINUTE,
            summary="{{ $labels.instance }} has {{ $value | humanize }} series",
            description="A label takes too many values: the metrics store will run out of memory.",
            dashboard=Dashboard.PLATFORM,
        ),
    ]


def _alerting(pace: Pace) -> list[Alert]:
    quarter = pace(15 * MINUTE)
    return [
        Alert(
            name="TracesLost",
            severity=Severity.TICKET,
            expression="sum by (callback_name) "
            f"(increase(litellm_callback_logging_failures_metric_total[{quarter}])) > 0",
            hold_seconds=0,
            summary="{{ $labels.callback_name }} lost {{ $value | humanize }} requests",
            description="LiteLLM could not make a trace or a record of a request. Requests themselves are not touched.",
            dashboard=Dashboard.GATEWAY,
        ),
        Alert(
            name="RulesFail",
            severity=Severity.TICKET,
            expression=f"sum by (alertname, group) (increase(vmalert_execution_errors_total[{quarter}])) > 0 or "
            f"sum by (alertname, group) (increase(vmalert_alerts_send_errors_total[{quarter}])) > 0",
            hold_seconds=5 * MINUTE,
            summary="vmalert cannot evaluate its rules, or cannot hand alerts on",
            description="An alert that cannot be evaluated never fires.",
            dashboard=Dashboard.PLATFORM,
        ),
        Alert(
            name="AlertsNotDelivered",
            severity=Severity.TICKET,
            expression=f"sum by (integration) (increase(alertmanager_notifications_failed_total[{quarter}])) > 0",
            hold_seconds=0,
            summary="Alertmanager could not deliver through {{ $labels.integration }}",
            description="Somebody was not told. The topic may be gone, or the task's role may not publish to it.",
            dashboard=Dashboard.PLATFORM,
        ),
    ]


def _store(limit: Thresholds, pace: Pace) -> list[Alert]:
    quarter = pace(15 * MINUTE)
    return [
        Alert(
            name="MetricsDiskFull",
            severity=Severity.TICKET,
            expression="vm_free_disk_space_bytes / on (instance) group_left () "
            "(vm_free_disk_space_bytes + on (instance) sum by (instance) (vm_data_size_bytes)) "
            f"< {limit.free_disk_share:g}",
            hold_seconds=30 * MINUTE,
            summary="{{ $value | humanizePercentage }} of the metrics store's disk is free",
            description="When it is full VictoriaMetrics takes nothing new.",
            dashboard=Dashboard.PLATFORM,
        ),
        Alert(
            name="MetricsMemoryFull",
            severity=Severity.TICKET,
            expression="process_resident_memory_anon_bytes / on (instance) vm_available_memory_bytes "
            f"> {limit.memory_share:g}",
            hold_seconds=10 * MINUTE,
            summary="The metrics store uses {{ $value | humanizePercentage }} of its memory",
            description="It will be killed; what it holds in memory alone is lost, and every alert waits meanwhile.",
            dashboard=Dashboard.PLATFORM,
        ),
        Alert(
            name="MetricsDropped",
            severity=Severity.TICKET,
            expression=f"sum(increase(vm_hourly_series_limit_rows_dropped_total[{quarter}])) > 0 or "
            f"sum(increase(vm_rows_ignored_total[{quarter}])) > 0",
            hold_seconds=5 * MINUTE,
            summary="The metrics store drops {{ $value | humanize }} samples",
            description="More series an hour than it is allowed to take, or samples that it cannot take.",
            dashboard=Dashboard.PLATFORM,
        ),
    ]

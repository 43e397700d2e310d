"""Dashboard *Platform*: the containers, the database, the cache, the ways in and out, and the watching itself."""

from typing import Any, Final

from stargate.dashboards import frame
from stargate.dashboards.frame import Row
from stargate.dashboards.panels import GREEN, RED, YELLOW, lines, number
from stargate.dashboards.queries import cloudwatch, promql
from stargate.dashboards.selectors import rate
from stargate.gateway.models import US_DESTINATIONS

UID: Final = "stargate-platform"
STORE: Final = 'job="victoriametrics"'


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana stores it."""
    return frame.dashboard(
        UID,
        "Platform",
        "What the gateway stands on: ECS, RDS, Valkey, the load balancer and the NAT instances, and the scraping.",
        [
            frame.metrics_source(),
            frame.cloudwatch_source(),
            frame.regions(US_DESTINATIONS),
            frame.dimension("cluster", "Cluster", "AWS/ECS", "CPUUtilization", "ClusterName"),
            frame.dimension("database", "Database", "AWS/RDS", "CPUUtilization", "DBInstanceIdentifier"),
            frame.dimension("cache", "Cache", "AWS/ElastiCache", "EngineCPUUtilization", "CacheClusterId"),
            frame.dimension("balancer", "Load balancer", "AWS/ApplicationELB", "RequestCount", "LoadBalancer"),
            frame.dimension("nat", "NAT group", "AWS/EC2", "NetworkOut", "AutoScalingGroupName"),
        ],
        [_watching(), _store(), _containers(), _database(), _cache(), _network()],
    )


def _watching() -> Row:
    return Row(
        title="Is everything watched?",
        panels=[
            number(
                "Gateway tasks scraped",
                "LiteLLM tasks whose metrics are read. Fewer than run: the key that reads metrics is gone, or Cloud "
                "Map does not name them. An alert fires at none.",
                promql('sum(up{job="litellm"})'),
                unit="short",
                steps={float("-inf"): RED, 1: GREEN},
                decimals=0,
            ),
            number(
                "Targets down",
                "Everything that should be scraped and is not. Not zero for minutes: see which, below.",
                promql("count(up == 0) or vector(0)"),
                unit="short",
                steps={1: RED},
                decimals=0,
            ),
            number(
                "Youngest task",
                "How long ago a LiteLLM started last. Seconds, again and again, means that it dies: read its log.",
                promql('min(time() - process_start_time_seconds{job="litellm"})'),
                unit="s",
                steps={float("-inf"): YELLOW, 600: GREEN},
            ),
            number(
                "Series",
                "How many time series are live. A jump is a label that somebody made unbounded. How many the store "
                "takes follows from its memory; what is more is dropped, and an alert says so.",
                promql(f'sum(vm_cache_entries{{type="storage/hour_metric_ids",{STORE}}})'),
                unit="short",
            ),
            number(
                "Disk free",
                "What the store may still write. It stops writing when little is left: keep metrics for fewer days.",
                promql(f"min(vm_free_disk_space_bytes{{{STORE}}})"),
                unit="bytes",
                steps={float("-inf"): RED, 1e9: YELLOW, 4e9: GREEN},
            ),
            number(
                "Store's memory",
                "Resident memory of VictoriaMetrics. Near its task's limit it is killed, and the last seconds go with "
                "it.",
                promql(f"sum(process_resident_memory_bytes{{{STORE}}})"),
                unit="bytes",
            ),
        ],
    )


def _store() -> Row:
    return Row(
        title="Scraping and the metrics store",
        panels=[
            lines(
                "Targets",
                "Which targets answer: 1 is well, 0 is not.",
                promql("up", "{{job}} {{instance}}"),
                unit="short",
                width=8,
            ),
            lines(
                "Duration of a scrape",
                "Reading LiteLLM takes longer with every key and model. Near the interval, samples are lost.",
                promql("scrape_duration_seconds", "{{job}} {{instance}}"),
                unit="s",
                width=8,
            ),
            lines(
                "Samples a scrape",
                "How many samples each target has. LiteLLM's grow with keys times models.",
                promql("scrape_samples_scraped", "{{job}} {{instance}}"),
                unit="short",
                width=8,
            ),
            lines(
                "New series",
                "Series that were not there before, a second. It calms down after a deploy; if not, a label is "
                "unbounded.",
                promql(rate("vm_new_timeseries_created_total", STORE), "new series"),
                unit="cps",
                width=8,
            ),
            lines(
                "Samples stored",
                "How many samples a second arrive.",
                promql(rate("vm_rows_inserted_total", STORE), "samples"),
                unit="cps",
                width=8,
            ),
            lines(
                "Queries",
                "What people, rules and this page ask, a second. Hundreds are pages left open with a short refresh.",
                promql(
                    rate("vm_http_requests_total", f'path=~"/api/v1/query.*",{STORE}', "path"),
                    "{{path}}",
                ),
                unit="reqps",
                width=8,
            ),
        ],
    )


def _containers() -> Row:
    def metric(name: str) -> Any:
        return cloudwatch(
            "AWS/ECS", name, "Average", "${PROP('Dim.ServiceName')}", ClusterName="$cluster", ServiceName="*"
        )

    return Row(
        title="Containers (ECS)",
        panels=[
            lines(
                "CPU, of what is reserved",
                "By service. Above 90 % for a quarter of an hour: more tasks, or larger ones.",
                metric("CPUUtilization"),
                unit="percent",
                steps={80: YELLOW, 90: RED},
            ),
            lines(
                "Memory, of what is reserved",
                "By service. A container that reaches 100 % is killed and started anew.",
                metric("MemoryUtilization"),
                unit="percent",
                steps={85: YELLOW, 95: RED},
            ),
        ],
    )


def _database() -> Row:
    def metric(name: str, statistic: str = "Average", shown: str = "") -> Any:
        label = f"${{PROP('Dim.DBInstanceIdentifier')}} {shown}".strip()
        return cloudwatch("AWS/RDS", name, statistic, label, DBInstanceIdentifier="$database")

    return Row(
        title="Database (RDS)",
        panels=[
            lines(
                "CPU and credits",
                "A burstable instance slows down when its credits are gone: take a larger one before that.",
                metric("CPUUtilization", shown="CPU %"),
                metric("CPUCreditBalance", shown="credits"),
                unit="short",
                width=8,
            ),
            lines(
                "Connections",
                "Open connections. Each LiteLLM worker holds a pool; at the instance's maximum requests are refused.",
                metric("DatabaseConnections", "Maximum"),
                unit="short",
                width=8,
            ),
            lines(
                "Free storage and memory",
                "Storage grows by itself up to its limit; when memory runs out queries use the disk.",
                metric("FreeStorageSpace", "Minimum", "storage"),
                metric("FreeableMemory", "Minimum", "memory"),
                unit="bytes",
                width=8,
            ),
            lines(
                "Latency of the disk",
                "What a read and a write take. Above 20 ms the key's check is felt in every request.",
                metric("ReadLatency", shown="read"),
                metric("WriteLatency", shown="write"),
                unit="s",
                steps={0.02: RED},
                width=24,
            ),
        ],
    )


def _cache() -> Row:
    def metric(name: str, statistic: str = "Average") -> Any:
        return cloudwatch("AWS/ElastiCache", name, statistic, "${PROP('Dim.CacheClusterId')}", CacheClusterId="$cache")

    return Row(
        title="Cache (Valkey); empty where a stack has none",
        panels=[
            lines(
                "CPU of the engine",
                "One core does all the work. Above 80 % take larger nodes.",
                metric("EngineCPUUtilization"),
                unit="percent",
                steps={80: YELLOW, 90: RED},
                width=8,
            ),
            lines(
                "Memory in use",
                "Counters and keys. When it is full, what is oldest is thrown away, and limits are counted anew.",
                metric("DatabaseMemoryUsagePercentage"),
                unit="percent",
                steps={80: YELLOW, 95: RED},
                width=8,
            ),
            lines(
                "Evictions",
                "What was thrown away for want of memory. Anything but zero: take larger nodes.",
                metric("Evictions", "Sum"),
                unit="short",
                steps={1: RED},
                width=8,
            ),
        ],
    )


def _network() -> Row:
    def balancer(name: str, statistic: str, shown: str) -> Any:
        return cloudwatch("AWS/ApplicationELB", name, statistic, shown, LoadBalancer="$balancer")

    def nat(name: str, statistic: str, shown: str) -> Any:
        return cloudwatch(
            "AWS/EC2",
            name,
            statistic,
            f"${{PROP('Dim.AutoScalingGroupName')}} {shown}".strip(),
            AutoScalingGroupName="$nat",
        )

    return Row(
        title="Ways in and out",
        panels=[
            lines(
                "Load balancer: requests and errors",
                "What arrives, and what was answered with 5xx: by the gateway, or by the load balancer because no "
                "task answered.",
                balancer("RequestCount", "Sum", "requests"),
                balancer("HTTPCode_Target_5XX_Count", "Sum", "5xx of the gateway"),
                balancer("HTTPCode_ELB_5XX_Count", "Sum", "5xx of the load balancer"),
                unit="short",
                colours={"/5xx/": RED},
                width=8,
            ),
            lines(
                "NAT instances: traffic",
                "What leaves through the NAT instances: Bedrock's calls, where there is no endpoint. Nothing for a "
                "quarter of an hour means that nothing reaches Bedrock.",
                nat("NetworkOut", "Sum", "out"),
                nat("NetworkIn", "Sum", "in"),
                unit="bytes",
                width=8,
            ),
            lines(
                "NAT instances: health",
                "Failed status checks and the credits of their CPU. A failed one is replaced within minutes.",
                nat("StatusCheckFailed", "Maximum", "failed checks"),
                nat("CPUCreditBalance", "Minimum", "credits"),
                unit="short",
                width=8,
            ),
        ],
    )

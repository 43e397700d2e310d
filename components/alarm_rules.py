"""What an alarm is, as values: the metric, the limit, whom it wakes. The alarms are in `alarm_table.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Final

import pulumi

from stargate.errors import StargateError
from stargate.values import Values

# One section for each alarm, its key the heading.
# Where the runbooks lie in the repository; a stack names an address that whoever is woken can open.
RUNBOOKS: Final = "docs/runbooks"
RUNBOOK: Final = "aws.md"
# CloudWatch's limit on a description.
LONGEST_DESCRIPTION: Final = 1024
MINUTE: Final = 60
WHOLE: Final = 100


class Severity(StrEnum):
    """Whether somebody is woken."""

    PAGE = "page"
    TICKET = "ticket"


class Scope(StrEnum):
    """What an alarm is made for, once for each."""

    LOAD_BALANCER = "load balancer"
    TARGET_GROUP = "target group"
    SERVICE = "service"
    HIDDEN_SERVICE = "service behind no load balancer"
    DATABASE = "database"
    BURSTABLE_DATABASE = "burstable database"
    NAT_INSTANCE = "NAT instance"
    NAT_GATEWAY = "NAT gateway"
    CACHE_NODE = "cache node"
    MODEL = "model"
    MODEL_QUOTA = "model with a known quota"
    CERTIFICATE = "certificate"
    DISTRIBUTION = "distribution"


class Missing(StrEnum):
    """What no data means, in CloudWatch's words."""

    BAD = "breaching"
    GOOD = "notBreaching"
    KEEP = "ignore"


class Compare(StrEnum):
    """On which side of its limit an alarm goes off, in CloudWatch's words."""

    ABOVE = "GreaterThanThreshold"
    AT_LEAST = "GreaterThanOrEqualToThreshold"
    BELOW = "LessThanThreshold"


@dataclass(frozen=True, kw_only=True)
class Thresholds(Values):
    """Every limit, with its unit in its name."""

    healthy_hosts: float = 1
    """Tasks of a service that the load balancer finds well, below which it is not served."""
    public_errors_percent: float = 5
    """Answers with 5xx, of all."""
    least_requests: float = 20
    """Requests of five minutes below which a share of errors says nothing."""
    service_cpu_percent: float = 90
    """Of what a service's tasks may take."""
    service_memory_percent: float = 85
    """Of what a service's tasks may take."""
    service_samples: float = 1
    """CPU readings of a minute: a task sends at least one."""
    database_free_storage_percent: float = 8
    """RDS grows the disk below 10 % free: what falls further does not grow."""
    database_connections_percent: float = 80
    """Of what the class takes."""
    database_cpu_percent: float = 90
    """Of the class."""
    database_free_memory_percent: float = 5
    """Of the class."""
    database_cpu_credits: float = 10
    """What a burstable class has left."""
    database_transaction_ids: float = 1_000_000_000
    """PostgreSQL stops writing at twice as many."""
    database_write_seconds: float = 0.02
    """How long the disk takes for a write."""
    nat_failed_checks: float = 1
    """Of AWS's status checks."""
    nat_cpu_credits: float = 5
    """A t4g.nano earns six an hour."""
    nat_gateway_ports: float = 0
    """Connections that found no port."""
    nat_gateway_drops: float = 100
    """Packets that a gateway lost in five minutes."""
    cache_cpu_percent: float = 90
    """Of Valkey's one thread."""
    cache_memory_percent: float = 80
    """Of what a node takes."""
    bedrock_throttles: float = 0
    """Calls that Bedrock throttled in five minutes."""
    bedrock_server_errors: float = 5
    """Calls that Bedrock failed in five minutes."""
    bedrock_quota_percent: float = 80
    """Of the account's tokens a minute."""
    certificate_days: float = 30
    """Until a certificate ends; ACM renews it 60 days before."""
    edge_errors_percent: float = 5
    """CloudFront's answers with 5xx, of all."""

    def __post_init__(self) -> None:
        """Refuse limits that could never be reached or always are."""
        for name in (f.name for f in fields(self)):
            value = getattr(self, name)
            if value < 0 or (name.endswith("_percent") and not 0 < value <= WHOLE):
                wanted = "more than 0 and at most 100" if name.endswith("_percent") else "0 or more"
                raise StargateError(f"alarms.thresholds.{name} is {value}: choose {wanted}")


@dataclass(frozen=True, kw_only=True)
class Metric:
    """One of AWS's metrics, read in one way."""

    namespace: str
    name: str
    statistic: str


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """One line of the table."""

    key: str
    """Names the resources and the section of the runbook."""
    scope: Scope
    severity: Severity
    summary: str
    """What has happened, in one sentence."""
    action: str
    """What to do first, in one sentence."""
    metrics: Mapping[str, Metric]
    """By the names that the expression uses; the only one without an expression."""
    threshold: str
    """The field of `Thresholds`."""
    expression: str | None = None
    """CloudWatch's arithmetic; fields of `Thresholds` stand in braces."""
    share_of: str | None = None
    """The capacity of the subject that the threshold is a percentage of; the threshold itself without."""
    compare: Compare = Compare.ABOVE
    period_seconds: int = 300
    periods: int = 3
    datapoints: int | None = None
    """How many of the periods must be bad; all without."""
    missing: Missing = Missing.GOOD

    def __post_init__(self) -> None:
        """Refuse an alarm that CloudWatch would refuse, or that reads a limit that is not there."""
        if self.threshold not in {f.name for f in fields(Thresholds)}:
            raise StargateError(f"alarm {self.key} reads the threshold {self.threshold}: add it to Thresholds")
        if self.expression is None and len(self.metrics) != 1:
            raise StargateError(f"alarm {self.key} reads {len(self.metrics)} metrics: add the expression of them")


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One thing that is watched."""

    dimensions: Mapping[str, pulumi.Input[str]]
    role: str = ""
    """Tells it from others of its kind in names; empty for the only one."""
    capacity: Mapping[str, float] = field(default_factory=dict)
    """What it offers, such as `max_connections`."""
    essential: bool = True
    """Whether users notice its loss; if not, a page about it is a ticket."""
    region: str | None = None
    """Where its metrics are; the stack's own region without."""


def limit(alarm: Alarm, thresholds: Thresholds, subject: Subject) -> float:
    """The number that CloudWatch compares with."""
    value: float = getattr(thresholds, alarm.threshold)
    if alarm.share_of is None:
        return value
    if alarm.share_of not in subject.capacity:
        raise StargateError(f"alarm {alarm.key} needs {alarm.share_of} of {subject.role or alarm.scope}: add it")
    return value / WHOLE * subject.capacity[alarm.share_of]


def arithmetic(alarm: Alarm, thresholds: Thresholds) -> str | None:
    """The alarm's expression with its thresholds filled in; None for a metric alone."""
    if alarm.expression is None:
        return None
    return alarm.expression.format(**{f.name: f"{getattr(thresholds, f.name):g}" for f in fields(thresholds)})


def severity(alarm: Alarm, subject: Subject, *, pages: bool) -> Severity:
    """Whom it reaches: nobody is woken for what is not essential, or where `pages` is off."""
    return alarm.severity if pages and subject.essential else Severity.TICKET


def description(alarm: Alarm, runbooks: str = RUNBOOKS, dashboard_url: str = "") -> str:
    """What the message says: what has happened, what to do first, where more stands."""
    text = f"{alarm.summary} {alarm.action} Runbook: {runbooks}/{RUNBOOK}#{alarm.key}"
    if dashboard_url:
        text += f" Dashboard: {dashboard_url}"
    if len(text) > LONGEST_DESCRIPTION:
        raise StargateError(f"alarm {alarm.key} describes itself in {len(text)} characters: choose fewer words")
    return text


def condition(alarm: Alarm, thresholds: Thresholds) -> str:
    """When it goes off, in words, such as `CPUUtilization > 90 % in 3 of 3 x 5 min`."""
    what = arithmetic(alarm, thresholds) or next(iter(alarm.metrics.values())).name
    sign = {Compare.ABOVE: ">", Compare.AT_LEAST: ">=", Compare.BELOW: "<"}[alarm.compare]
    percent = " %" if alarm.threshold.endswith("_percent") else ""
    of = f" of {alarm.share_of.replace('_', ' ')}" if alarm.share_of else ""
    window = f"{alarm.datapoints or alarm.periods} of {alarm.periods} x {alarm.period_seconds // MINUTE} min"
    return f"{what} {sign} {getattr(thresholds, alarm.threshold):g}{percent}{of} in {window}"

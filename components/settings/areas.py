"""The areas of a stack's settings. Their fields are the components' own where a component decides by plain values."""

import re
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, model_validator

from stargate.components.alarm_rules import RUNBOOKS, Thresholds
from stargate.components.cache import MOST_REPLICAS, MOST_SNAPSHOT_DAYS, CacheArgs
from stargate.components.certificate import Domain
from stargate.components.edge import EdgeArgs
from stargate.components.edge_waf import Waf
from stargate.components.file_system import check_backups
from stargate.components.gateway_tasks import Tasks
from stargate.components.grafana import GrafanaSettings, check_sessions
from stargate.components.langfuse import LEAST_RETENTION_DAYS, LangfuseArgs
from stargate.components.log_days import DEFAULT_LOG_DAYS, log_days
from stargate.components.metrics_store import MetricsSettings
from stargate.components.private_network import private_network
from stargate.components.task_size import check_size
from stargate.components.tracing import TracingBackend
from stargate.dashboards.alerts.thresholds import Thresholds as GatewayThresholds
from stargate.errors import StargateError
from stargate.gateway.litellm_config import MOST_RETRIES, SMALLEST_POOL, LiteLLMSettings
from stargate.gateway.models import DEFAULT_NAMES, Profile
from stargate.gateway.routes import Opening
from stargate.gateway.timeouts import Ladder


class Area(BaseModel):
    """One object of the stack's configuration: an unknown key is refused, and so is an empty text."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, str_min_length=1, allow_inf_nan=False, use_attribute_docstrings=True
    )


class OriginMode(StrEnum):
    """How CloudFront reaches the load balancer."""

    VPC = "vpc"
    """Inside the VPC: the load balancer has no address on the internet."""
    PUBLIC = "public"
    """Over the internet, with TLS, CloudFront's addresses and a secret header; needs `edge.domain`."""


class Architecture(StrEnum):
    """The processor of every task."""

    ARM64 = "ARM64"
    X86_64 = "X86_64"


class PriceClass(StrEnum):
    """Where CloudFront answers from."""

    EUROPE_AND_NORTH_AMERICA = "PriceClass_100"
    AND_ASIA_AND_AFRICA = "PriceClass_200"
    EVERYWHERE = "PriceClass_All"


class CacheSettings(Area):
    """Valkey, which several tasks or workers share their counters in."""

    enabled: bool = False
    """Needed as soon as the gateway has more than one task or worker."""
    node_type: str = CacheArgs.node_type
    """What each node runs on."""
    replicas: int = Field(default=CacheArgs.replicas, ge=0, le=MOST_REPLICAS)
    """Copies in other zones, one of which takes over when the primary is lost."""
    snapshot_days: int = Field(default=CacheArgs.snapshot_days, ge=0, le=MOST_SNAPSHOT_DAYS)
    """How long ElastiCache keeps its daily snapshots; 0 for none."""


class GatewaySettings(Area):
    """LiteLLM: what it offers, how many of it, and who administers it."""

    models: tuple[str, ...] = DEFAULT_NAMES
    """What clients may ask for; docs/models.md lists them."""
    profile: Profile = Profile.US
    """`us` keeps every request inside the United States, for a tenth more; `global` does not."""
    tasks: Tasks = Field(default_factory=Tasks)
    database_pool: int = Field(default=LiteLLMSettings.database_pool, ge=SMALLEST_POOL)
    """Database connections of one worker."""
    retries: int = Field(default=LiteLLMSettings.retries, ge=0, le=MOST_RETRIES)
    """How often LiteLLM asks a model again after a throttle or a server error."""
    spend_log_retention_days: int = Field(default=LiteLLMSettings.spend_log_retention_days, ge=1)
    """How long each single request stays in the spend log; sums stay for ever."""
    timeouts: Ladder = Field(default_factory=Ladder)
    open: tuple[Opening, ...] = ()
    """What the public may call beside the clients' routes, with a key: `metrics`, `health`."""
    admin_networks: tuple[str, ...] = ()
    """Private networks, such as a VPN's, that reach the administrators' address beside SSM's port forwards."""
    architecture: Architecture = Architecture.ARM64
    """Of every task of the stack; Graviton costs a fifth less."""
    deletion_protection: bool = False
    """Whether AWS refuses to delete the load balancer, and a repository that still holds images."""
    access_logs: bool = False
    """Whether the load balancer writes every request down, for 90 days."""

    @model_validator(mode="after")
    def _private(self) -> Self:
        for cidr in self.admin_networks:
            private_network(cidr, "gateway.admin_networks", "10.8.0.0/16")
        for what, given in (("admin_networks", self.admin_networks), ("open", self.open), ("models", self.models)):
            if twice := [item for item in given if given.count(item) > 1]:
                raise StargateError(f"gateway.{what} has {twice[0]} twice: name it once")
        return self


class EdgeSettings(Area):
    """CloudFront: what it stands before, its name, and what it refuses."""

    origin: OriginMode = OriginMode.VPC
    """How CloudFront reaches the load balancer."""
    domain: Domain | None = None
    """Its public name; CloudFront's own without."""
    waf: Waf | None = None
    """A web ACL, about $8 a month; none without."""
    price_class: PriceClass = PriceClass(EdgeArgs.price_class)
    """Where CloudFront answers from: `PriceClass_100` is North America and Europe."""


class MetricsArea(Area):
    """The metrics store."""

    retention_days: int = Field(default=MetricsSettings.retention_days, ge=1)
    """How long metrics are kept."""
    persistent: bool = MetricsSettings.persistent
    """Whether metrics outlive a task of it; spend is in the database either way."""
    backups: bool = MetricsSettings.backups
    """Whether AWS Backup copies what is persistent."""
    cpu: int = MetricsSettings.cpu
    """CPU units of the task; 1024 are one vCPU."""
    memory_mb: int = MetricsSettings.memory_mb
    """Of VictoriaMetrics, vmalert and Alertmanager together."""

    @model_validator(mode="after")
    def _agree(self) -> Self:
        check_size(self.cpu, self.memory_mb, "observability.metrics")
        check_backups(backups=self.backups, persistent=self.persistent, what="observability.metrics")
        return self


class GrafanaArea(Area):
    """Grafana."""

    own_database: bool = False
    """Whether users, stars and sessions stay in the database; else they end with the task."""
    public: bool = False
    """Whether an edge of its own leads to its login page; else administrators alone reach it."""
    desired_count: int = Field(default=GrafanaSettings.desired_count, ge=1)
    """How many tasks; several need a database of their own."""
    cpu: int = GrafanaSettings.cpu
    """CPU units of a task; 1024 are one vCPU."""
    memory_mb: int = GrafanaSettings.memory_mb
    """Of a task; Grafana asks for 512 at least."""

    @model_validator(mode="after")
    def _agree(self) -> Self:
        check_size(self.cpu, self.memory_mb, "observability.grafana")
        check_sessions(
            self.desired_count,
            shared=self.own_database,
            what="observability.grafana",
            missing="observability.grafana.own_database is false: set it to true",
        )
        return self


class ObservabilitySettings(Area):
    """Metrics, dashboards and logs."""

    log_days: int = DEFAULT_LOG_DAYS
    """How long CloudWatch keeps the log of every service, and of CloudFront."""
    edge_logs: bool = True
    """Whether CloudFront's requests are logged: who asked for which path, never a key or a prompt."""
    container_insights: bool = False
    """CloudWatch's metrics of each task, which cost by the metric."""
    spot: bool = False
    """Whether AWS may take Grafana and the metrics store back with two minutes' notice, for a third of the price."""
    metrics: MetricsArea = Field(default_factory=MetricsArea)
    grafana: GrafanaArea = Field(default_factory=GrafanaArea)

    @model_validator(mode="after")
    def _can_be_kept(self) -> Self:
        log_days(self.log_days, "observability.log_days")
        return self


class TracingSettings(Area):
    """Langfuse: every call with its tokens, cost and, if asked, its text."""

    backend: TracingBackend = TracingBackend.NONE
    """`langfuse` runs it in this stack, `external` writes to one elsewhere, `none` keeps no traces."""
    host: str | None = None
    """The address of an external Langfuse; its keys are the secrets `tracingPublicKey` and `tracingSecretKey`."""
    project: str | None = None
    """The project's id in an external Langfuse, for the links from the dashboards to its traces; no links without."""
    capture_content: bool = False
    """Whether prompts and answers go with the traces."""
    public: bool = False
    """Whether an edge of its own leads to the login page of this stack's Langfuse."""
    admin_email: str = "admin@example.com"
    """The first user of this stack's Langfuse."""
    retention_days: int = Field(default=LangfuseArgs.retention_days, ge=LEAST_RETENTION_DAYS)
    """How long traces, prompts and answers among them, are kept in S3 and in ClickHouse; uploaded media stay."""
    persistent: bool = LangfuseArgs.persistent
    """Whether traces outlive ClickHouse's task."""
    backups: bool = LangfuseArgs.backups
    """Whether AWS Backup copies the traces every day."""
    spot: bool = LangfuseArgs.spot
    """Whether AWS may take the web and the worker back at two minutes' notice."""
    web_tasks: int = Field(default=LangfuseArgs.web_tasks, ge=1)
    """How many tasks take traces in and show them."""
    web_cpu: int = LangfuseArgs.web_cpu
    """CPU units of each; 1024 are one vCPU."""
    web_memory_mb: int = LangfuseArgs.web_memory_mb
    """The vendor asks for 4096."""
    worker_tasks: int = Field(default=LangfuseArgs.worker_tasks, ge=1)
    """How many tasks move traces from the queue into ClickHouse."""
    worker_cpu: int = LangfuseArgs.worker_cpu
    """CPU units of each; 1024 are one vCPU."""
    worker_memory_mb: int = LangfuseArgs.worker_memory_mb
    """The vendor asks for 4096."""
    clickhouse_cpu: int = LangfuseArgs.clickhouse_cpu
    """CPU units; the vendor asks for 2048."""
    clickhouse_memory_mb: int = LangfuseArgs.clickhouse_memory_mb
    """The vendor asks for 8192."""

    @model_validator(mode="after")
    def _agree(self) -> Self:
        check_size(self.web_cpu, self.web_memory_mb, "tracing.web_")
        check_size(self.worker_cpu, self.worker_memory_mb, "tracing.worker_")
        check_size(self.clickhouse_cpu, self.clickhouse_memory_mb, "tracing.clickhouse_")
        check_backups(backups=self.backups, persistent=self.persistent, what="tracing")
        if (self.host is None) is (self.backend is TracingBackend.EXTERNAL):
            raise StargateError(
                f"tracing.backend is {self.backend.value} and tracing.host is {self.host or 'absent'}: "
                "set the host of an external Langfuse, and of no other"
            )
        if self.public and self.backend is not TracingBackend.LANGFUSE:
            raise StargateError(
                f"tracing.public is true and tracing.backend is {self.backend.value}: only this stack's own Langfuse "
                "has pages to open; choose langfuse, or leave public out"
            )
        return self


class AlarmSettings(Area):
    """Who hears of what."""

    page_emails: tuple[str, ...] = ()
    """Woken when users notice. An endpoint such as PagerDuty's is the secret `alarmPageUrl`."""
    ticket_emails: tuple[str, ...] = ()
    """Told of what can wait until the morning."""
    pages: bool = False
    """Whether anybody is woken, by `page_emails` or `alarmPageUrl`; every alarm is a ticket without."""
    edge: bool = False
    """Whether CloudFront is watched too, by topics of its own in us-east-1; about $2 a month."""
    thresholds: Thresholds = Field(default_factory=Thresholds)
    """Of CloudWatch's alarms."""
    runbooks: str = RUNBOOKS
    """Below which address whoever is woken reads the runbooks, such as a page of the repository's host."""
    gateway_thresholds: GatewayThresholds = Field(default_factory=GatewayThresholds)
    """Of the alerts on what LiteLLM measures; the number of tasks is `gateway.tasks.least` in any case."""
    tokens_per_minute: dict[str, PositiveInt] = Field(default_factory=dict)
    """The account's Bedrock quota by model; nothing warns of coming near it without."""
    monthly_budget_usd: float | None = Field(default=None, gt=0)
    """What the stack may cost a month before somebody is told; Bedrock's tokens carry no tag and count elsewhere.

    It reads zero until the paying account counts the tag `stargate:stack` as a cost allocation tag.
    """

    @model_validator(mode="after")
    def _can_be_opened(self) -> Self:
        if self.runbooks != RUNBOOKS and not re.fullmatch(r"https://\S+", self.runbooks):
            raise StargateError(
                f"alarms.runbooks is {self.runbooks}: choose an https:// address that whoever is woken can open"
            )
        return self

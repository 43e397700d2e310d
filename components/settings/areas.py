"""The areas of a stack's settings. Their fields are the components' own where a component decides by plain values."""

from enum import StrEnum
from pydantic import BaseModel, ConfigDict, Field

from stargate.components.cache import CacheArgs
from stargate.components.certificate import Domain
from stargate.components.edge import EdgeArgs
from stargate.components.edge_waf import Waf
from stargate.components.gateway import Tasks
from stargate.components.grafana import GrafanaSettings
from stargate.components.metrics_store import MetricsSettings
from stargate.gateway.litellm_config import LiteLLMSettings
from stargate.gateway.models import DEFAULT_NAMES, Profile
from stargate.gateway.routes import Opening
from stargate.gateway.timeouts import Ladder


class Area(BaseModel):
    """One object of the stack's configuration: an unknown key is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Origin(StrEnum):
    """How CloudFront reaches the load balancer."""

    VPC = "vpc"
    """Inside the VPC: the load balancer has no address on the internet."""
    PUBLIC = "public"
    """Over the internet, with TLS, CloudFront's addresses and a secret header; needs `edge.domain`."""


class Architecture(StrEnum):
    """The processor of every task."""

    ARM64 = "ARM64"
    X86_64 = "X86_64"


class CacheSettings(Area):
    """Valkey, which several tasks or workers share their counters in."""

    enabled: bool = False
    """Needed as soon as the gateway has more than one task or worker."""
    node_type: str = CacheArgs.node_type
    replicas: int = CacheArgs.replicas
    """Copies in other zones, one of which takes over when the primary is lost."""
    snapshot_days: int = CacheArgs.snapshot_days


class GatewaySettings(Area):
    """LiteLLM: what it offers, how many of it, and who administers it."""

    models: tuple[str, ...] = DEFAULT_NAMES
    """What clients may ask for; docs/models.md lists them."""
    profile: Profile = Profile.US
    """`us` keeps every request inside the United States, for a tenth more; `global` does not."""
    tasks: Tasks = Field(default_factory=Tasks)
    database_pool: int = LiteLLMSettings.database_pool
    """Database connections of one worker."""
    retries: int = LiteLLMSettings.retries
    """How often LiteLLM asks a model again after a throttle or a server error."""
    spend_log_retention_days: int = LiteLLMSettings.spend_log_retention_days
    """How long each single request stays in the spend log; sums stay for ever."""
    timeouts: Ladder = Field(default_factory=Ladder)
    open: tuple[Opening, ...] = ()
    """What the public may call beside the clients' routes, with a key: `metrics`, `health`."""
    admin_networks: tuple[str, ...] = ()
    """Private networks, such as a VPN's, that reach the administrators' address beside SSM's port forwards."""
    architecture: Architecture = Architecture.ARM64
    deletion_protection: bool = False
    """Whether AWS refuses to delete the load balancer, and a repository that still holds images."""
    access_logs: bool = False
    """Whether the load balancer writes every request down, for 90 days."""


class EdgeSettings(Area):
    """CloudFront: what it stands before, its name, and what it refuses."""

    origin: Origin = Origin.VPC
    domain: Domain | None = None
    """Its public name; CloudFront's own without."""
    waf: Waf | None = None
    """A web ACL, about $8 a month; none without."""
    price_class: str = EdgeArgs.price_class
    """Where CloudFront answers from: `PriceClass_100` is North America and Europe."""


class MetricsArea(Area):
    """The metrics store."""

    retention_days: int = MetricsSettings.retention_days
    persistent: bool = MetricsSettings.persistent
    """Whether metrics outlive a task of it; spend is in the database either way."""
    backups: bool = MetricsSettings.backups
    """Whether AWS Backup copies what is persistent."""
    cpu: int = MetricsSettings.cpu
    memory_mb: int = MetricsSettings.memory_mb


class GrafanaArea(Area):
    """Grafana."""

    own_database: bool = False
    """Whether users, stars and sessions stay in the database; else they end with the task."""
    public: bool = False
    """Whether an edge of its own leads to its login page; else administrators alone reach it."""
    desired_count: int = GrafanaSettings.desired_count
    cpu: int = GrafanaSettings.cpu
    memory_mb: int = GrafanaSettings.memory_mb


class ObservabilitySettings(Area):
    """Metrics, dashboards and logs."""

    log_days: int = 7
    """How long CloudWatch keeps the log of every service, and of CloudFront."""
    edge_logs: bool = True
    """Whether CloudFront's requests are logged: who asked for which path, never a key or a prompt."""
    container_insights: bool = False
    """CloudWatch's metrics of each task, which cost by the metric."""
    spot: bool = False
    """Whether AWS may take Grafana and the metrics store back with two minutes' notice, for a third of the price."""
    metrics: MetricsArea = Field(default_factory=MetricsArea)
    grafana: GrafanaArea = Field(default_factory=GrafanaArea)

"""What of a stack is watched: a few names and sizes, and from them the subjects of each alarm."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pulumi

from stargate.components.alarm_rules import Scope, Subject
from stargate.errors import StargateError

GIB: int = 1024**3


@dataclass(frozen=True, kw_only=True)
class BalancerWatch:
    """A load balancer and its target groups, as CloudWatch calls them."""

    suffix: pulumi.Input[str]
    target_suffixes: Mapping[str, pulumi.Input[str]]
    """By role, such as `gateway`."""


@dataclass(frozen=True, kw_only=True)
class ServicesWatch:
    """The services of a cluster."""

    cluster_name: pulumi.Input[str]
    cluster_arn: pulumi.Input[str]
    service_names: Mapping[str, pulumi.Input[str]]
    """By role; the role of a service behind the load balancer is that of its target group."""


@dataclass(frozen=True, kw_only=True)
class DatabaseWatch:
    """An RDS instance and what its class offers."""

    identifier: pulumi.Input[str]
    storage_gb: int
    memory_gb: float
    max_connections: int
    burstable: bool = True
    """Whether its class earns CPU credits, as db.t4g does."""

    def __post_init__(self) -> None:
        """Refuse sizes that would make an alarm of nothing."""
        for what in ("storage_gb", "memory_gb", "max_connections"):
            if getattr(self, what) <= 0:
                raise StargateError(f"the watched database's {what} is {getattr(self, what)}: choose more than 0")


@dataclass(frozen=True, kw_only=True)
class NatWatch:
    """The way out: groups of one NAT instance, or NAT gateways, by zone."""

    group_names: Mapping[str, pulumi.Input[str]] | None = None
    gateway_ids: Mapping[str, pulumi.Input[str]] | None = None
    essential: bool = True
    """Off where the tasks reach Bedrock through an endpoint of their own."""


@dataclass(frozen=True, kw_only=True)
class CacheWatch:
    """A Valkey replication group and the number of its nodes."""

    replication_group_id: pulumi.Input[str]
    nodes: int = 1

    def __post_init__(self) -> None:
        """Refuse a group of nothing."""
        if self.nodes < 1:
            raise StargateError(f"the watched cache has {self.nodes} nodes: choose 1 or more")


@dataclass(frozen=True, kw_only=True)
class ModelWatch:
    """A model as it is invoked: its ID, or its inference profile's, which is CloudWatch's ModelId then."""

    id: str
    tokens_per_minute: int | None = None
    """The account's quota, from Service Quotas; nothing warns of coming near it without."""

    def __post_init__(self) -> None:
        """Refuse a quota of nothing."""
        if self.tokens_per_minute is not None and self.tokens_per_minute <= 0:
            raise StargateError(
                f"tokens_per_minute of {self.id} is {self.tokens_per_minute}: choose more than 0, or none"
            )


@dataclass(frozen=True, kw_only=True)
class CertificateWatch:
    """A certificate of ACM, and where it is."""

    arn: pulumi.Input[str]
    region: str | None = None
    """The stack's own without; CloudFront's is in us-east-1."""


def of_balancer(watch: BalancerWatch, essential: frozenset[str]) -> Iterator[tuple[Scope, Subject]]:
    """The balancer as a whole, and each target group."""
    yield Scope.LOAD_BALANCER, Subject(dimensions={"LoadBalancer": watch.suffix})
    for role, suffix in watch.target_suffixes.items():
        dimensions = {"LoadBalancer": watch.suffix, "TargetGroup": suffix}
        yield Scope.TARGET_GROUP, Subject(role=role, dimensions=dimensions, essential=role in essential)


def of_services(
    watch: ServicesWatch, essential: frozenset[str], targets: frozenset[str]
) -> Iterator[tuple[Scope, Subject]]:
    """Each service; and once more as hidden where no target group judges its tasks."""
    for role, service in watch.service_names.items():
        dimensions = {"ClusterName": watch.cluster_name, "ServiceName": service}
        subject = Subject(role=role, dimensions=dimensions, essential=role in essential)
        yield Scope.SERVICE, subject
        if role not in targets:
            yield Scope.HIDDEN_SERVICE, subject


def of_database(watch: DatabaseWatch) -> Iterator[tuple[Scope, Subject]]:
    """The instance; and once more as burstable where it earns credits."""
    subject = Subject(
        dimensions={"DBInstanceIdentifier": watch.identifier},
        capacity={
            "storage_bytes": watch.storage_gb * GIB,
            "memory_bytes": watch.memory_gb * GIB,
            "max_connections": watch.max_connections,
        },
    )
    yield Scope.DATABASE, subject
    if watch.burstable:
        yield Scope.BURSTABLE_DATABASE, subject


def of_nat(watch: NatWatch) -> Iterator[tuple[Scope, Subject]]:
    """Each zone's instance or gateway."""
    for zone, group in (watch.group_names or {}).items():
        dimensions = {"AutoScalingGroupName": group}
        yield Scope.NAT_INSTANCE, Subject(role=zone, dimensions=dimensions, essential=watch.essential)
    for zone, gateway in (watch.gateway_ids or {}).items():
        dimensions = {"NatGatewayId": gateway}
        yield Scope.NAT_GATEWAY, Subject(role=zone, dimensions=dimensions, essential=watch.essential)


def of_cache(role: str, watch: CacheWatch) -> Iterator[tuple[Scope, Subject]]:
    """Each node: ElastiCache numbers those of a group that is not sharded."""
    for node in range(1, watch.nodes + 1):
        cluster = pulumi.Output.concat(watch.replication_group_id, f"-{node:03}")
        dimensions: dict[str, pulumi.Input[str]] = {"CacheClusterId": cluster, "CacheNodeId": "0001"}
        yield Scope.CACHE_NODE, Subject(role=f"{role}-{node}", dimensions=dimensions)


def of_model(role: str, watch: ModelWatch) -> Iterator[tuple[Scope, Subject]]:
    """The model; and once more with its quota where that is known."""
    dimensions: dict[str, pulumi.Input[str]] = {"ModelId": watch.id}
    yield Scope.MODEL, Subject(role=role, dimensions=dimensions)
    if watch.tokens_per_minute is not None:
        capacity = {"tokens_per_minute": float(watch.tokens_per_minute)}
        yield Scope.MODEL_QUOTA, Subject(role=role, dimensions=dimensions, capacity=capacity)


def of_certificate(role: str, watch: CertificateWatch) -> tuple[Scope, Subject]:
    """The certificate, where it is."""
    return Scope.CERTIFICATE, Subject(role=role, dimensions={"CertificateArn": watch.arn}, region=watch.region)


def of_distribution(distribution_id: pulumi.Input[str], region: str) -> tuple[Scope, Subject]:
    """CloudFront's distribution: its metrics are those of the whole world, kept in one region."""
    dimensions = {"DistributionId": distribution_id, "Region": "Global"}
    return Scope.DISTRIBUTION, Subject(dimensions=dimensions, region=region)

"""How AWS charges for each type of resource: from its inputs to quantities and prices."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Final

from stargate.components.prices import HOURS, NoPriceError, Per, Price, price
from stargate.components.testing import Graph, Resource
from stargate.errors import StargateError

CPU_UNITS: Final = 1024
MB: Final = 1024
# Target tracking keeps one alarm to grow and one to shrink.
ALARMS_OF_A_POLICY: Final = 2


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """What no resource tells: how much it is used. The figures are those of a team of some dozens."""

    spot_fraction: float = 0.35
    """A Spot task's price as a part of the ordinary one; AWS changes it daily."""
    load_balancer_units: float = 0.5
    """Capacity units of each load balancer; a whole one is 25 new connections a second, or 1 GB an hour."""
    nat_gateway_gb: float = 20
    """Through each NAT gateway a month."""
    logs_gb: float = 0.3
    """Written to each log group a month."""
    efs_gb: float = 5
    s3_gb: float = 5
    ecr_gb: float = 2
    """Ten images share most of their layers."""
    container_insights_metrics: float = 40
    """Of each cluster that has them on."""

    def __post_init__(self) -> None:
        """Refuse less than nothing."""
        for name in (f.name for f in fields(self)):
            if getattr(self, name) < 0:
                raise StargateError(f"the assumption {name} is {getattr(self, name)}: choose 0 or more")

    def sentences(self) -> tuple[str, ...]:
        """A sentence for each, and for what is left out."""
        return (
            f"A Fargate Spot task costs {self.spot_fraction:g} of an ordinary one.",
            f"A load balancer uses {self.load_balancer_units:g} capacity units.",
            f"A NAT gateway carries {self.nat_gateway_gb:g} GB a month.",
            f"A log group takes {self.logs_gb:g} GB a month.",
            f"A file system holds {self.efs_gb:g} GB, which its reading and writing add nothing to.",
            f"A bucket holds {self.s3_gb:g} GB, an image repository {self.ecr_gb:g} GB.",
            f"Container Insights, where on, keeps {self.container_insights_metrics:g} metrics.",
            "Scaled services are counted at their least.",
            "CloudFront and the traffic to the internet stay within what AWS gives to every account.",
            "Model tokens, traffic between zones, backups beyond the database's size and taxes are not in it.",
        )


@dataclass(frozen=True, kw_only=True)
class Charge:
    """So much of something that has a price."""

    what: str
    quantity: float
    """In the price's unit, a month."""
    unit: Price
    factor: float = 1
    """What is paid of the list price."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One charge of one resource."""

    component: str
    """The component right below the stack."""
    resource: str
    charge: Charge

    @property
    def monthly_usd(self) -> float:
        """The charge's amount."""
        return self.charge.quantity * self.charge.unit.usd * self.charge.factor


Rule = Callable[[Graph, Resource, Assumptions], Iterable[Charge]]
"""What a resource of a type is charged for."""


def _charge(of: str, count: float = 1, *, what: str = "", factor: float = 1) -> Charge:
    """`count` of a priced thing, all month long where its price is by the hour."""
    unit = price(of)
    hours = HOURS if unit.per in {Per.HOUR, Per.GB_HOUR} else 1
    return Charge(what=what or of, quantity=count * hours, unit=unit, factor=factor)


def _referred(graph: Graph, type_: str, reference: str) -> Resource:
    """The resource that an ID or an ARN names, as `record()` makes them up."""
    found = [r for r in graph.of(type_) if reference == f"{r.name}-id" or reference.endswith(f":{r.name}")]
    if len(found) != 1:
        raise NoPriceError(type_, f"{len(found)} resources are the {type_} {reference}: name one of this program")
    return found[0]


def _service(graph: Graph, service: Resource, assumed: Assumptions) -> Iterator[Charge]:
    task = _referred(graph, "aws:ecs/taskDefinition:TaskDefinition", service.inputs["taskDefinition"]).inputs
    # Fargate's own default where a definition names none.
    architecture = task.get("runtimePlatform", {}).get("cpuArchitecture", "X86_64")
    count = service.inputs.get("desiredCount", 1)
    strategies = service.inputs.get("capacityProviderStrategies", [])
    spot = any(s["capacityProvider"] == "FARGATE_SPOT" and s.get("weight", 0) > 0 for s in strategies)
    factor, kind = (assumed.spot_fraction, "Spot ") if spot else (1, "")
    vcpus, gigabytes = int(task["cpu"]) / CPU_UNITS * count, int(task["memory"]) / MB * count
    yield _charge(f"fargate {architecture} vCPU", vcpus, what=f"{kind}{architecture} vCPU", factor=factor)
    yield _charge(f"fargate {architecture} memory", gigabytes, what=f"{kind}{architecture} memory", factor=factor)


def _database(_: Graph, instance: Resource, __: Assumptions) -> Iterator[Charge]:
    # The standby costs as much as the instance, and so does its disk.
    copies = 2 if instance.inputs.get("multiAz") else 1
    yield _charge(instance.inputs["instanceClass"], copies)
    yield _charge(f"rds {instance.inputs['storageType']}", copies * instance.inputs["allocatedStorage"])


def _cache(_: Graph, group: Resource, __: Assumptions) -> Iterator[Charge]:
    yield _charge(group.inputs["nodeType"], group.inputs["numCacheClusters"])


def _instances(graph: Graph, group: Resource, _: Assumptions) -> Iterator[Charge]:
    template = _referred(graph, "aws:ec2/launchTemplate:LaunchTemplate", group.inputs["launchTemplate"]["id"]).inputs
    count = group.inputs.get("desiredCapacity", group.inputs["minSize"])
    yield _charge(template["instanceType"], count)
    for disk in template.get("blockDeviceMappings", []):
        yield _charge(f"ebs {disk['ebs']['volumeType']}", count * disk["ebs"]["volumeSize"])
    # The provider's schema has this switch as a text.
    public = sum(str(i.get("associatePublicIpAddress")).lower() == "true" for i in template["networkInterfaces"])
    if public:
        yield _charge("public IPv4", count * public)


def _nat_gateway(_: Graph, __: Resource, assumed: Assumptions) -> Iterator[Charge]:
    yield _charge("NAT gateway")
    yield _charge("NAT gateway traffic", assumed.nat_gateway_gb)


def _load_balancer(_: Graph, balancer: Resource, assumed: Assumptions) -> Iterator[Charge]:
    yield _charge("load balancer")
    yield _charge("load balancer capacity unit", assumed.load_balancer_units)
    if not balancer.inputs.get("internal"):
        yield _charge("public IPv4", len(balancer.inputs["subnets"]))


def _endpoint(_: Graph, endpoint: Resource, __: Assumptions) -> Iterator[Charge]:
    if endpoint.inputs.get("vpcEndpointType") == "Interface":
        yield _charge("interface endpoint", len(endpoint.inputs["subnetIds"]))


def _cluster(_: Graph, cluster: Resource, assumed: Assumptions) -> Iterator[Charge]:
    settings = {s["name"]: s["value"] for s in cluster.inputs.get("settings", [])}
    if settings.get("containerInsights", "disabled") != "disabled":
        yield _charge("container insights metric", assumed.container_insights_metrics)


def _alarm(_: Graph, alarm: Resource, __: Assumptions) -> Iterator[Charge]:
    # An alarm on arithmetic is charged for each metric that it reads.
    yield _charge("alarm metric", sum("metric" in q for q in alarm.inputs.get("metricQueries", [])) or 1)


def _policy(_: Graph, __: Resource, ___: Assumptions) -> Iterator[Charge]:
    yield _charge("alarm metric", ALARMS_OF_A_POLICY, what="alarms of the scaling")


def _web_acl(_: Graph, acl: Resource, __: Assumptions) -> Iterator[Charge]:
    yield _charge("web ACL")
    yield _charge("web ACL rule", len(acl.inputs.get("rules", [])))


def _each(of: str) -> Rule:
    """A price for each, whatever it is like."""
    return lambda _graph, _resource, _assumed: [_charge(of)]


def _used(of: str, assumption: str) -> Rule:
    """A price for each by how much it is assumed to be used."""
    return lambda _graph, _resource, assumed: [_charge(of, getattr(assumed, assumption))]


RULES: Final[Mapping[str, Rule]] = {
    "aws:appautoscaling/policy:Policy": _policy,
    "aws:autoscaling/group:Group": _instances,
    "aws:cloudwatch/logGroup:LogGroup": _used("logs", "logs_gb"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _alarm,
    "aws:ec2/eip:Eip": _each("public IPv4"),
    "aws:ec2/natGateway:NatGateway": _nat_gateway,
    "aws:ec2/vpcEndpoint:VpcEndpoint": _endpoint,
    "aws:ecr/repository:Repository": _used("ecr", "ecr_gb"),
    "aws:ecs/cluster:Cluster": _cluster,
    "aws:ecs/service:Service": _service,
    "aws:efs/fileSystem:FileSystem": _used("efs", "efs_gb"),
    "aws:elasticache/replicationGroup:ReplicationGroup": _cache,
    "aws:kms/key:Key": _each("kms key"),
    "aws:lb/loadBalancer:LoadBalancer": _load_balancer,
    "aws:rds/instance:Instance": _database,
    "aws:s3/bucket:Bucket": _used("s3", "s3_gb"),
    "aws:secretsmanager/secret:Secret": _each("secret"),
    "aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace": _each("hosted zone"),
    "aws:wafv2/webAcl:WebAcl": _web_acl,
}


def charges(graph: Graph, resource: Resource, assumed: Assumptions) -> tuple[Charge, ...]:
    """What a resource is charged for. Raises `NoPriceError` for a type, a size or a shape that nobody has priced."""
    if resource.type not in RULES:
        raise NoPriceError(
            resource.type,
            f"{resource.name} is {resource.type}, which has no price: add it to RULES in components/cost_rules.py, "
            "or to FREE in components/costs.py",
        )
    try:
        return tuple(RULES[resource.type](graph, resource, assumed))
    except (LookupError, TypeError, ValueError) as error:
        # The rules read what our components set; others may leave it to AWS, or write it otherwise.
        raise NoPriceError(
            resource.type,
            f"{resource.name} is {resource.type} without the inputs that its price goes by ({error}): set them, or "
            "teach its rule in components/cost_rules.py",
        ) from error

"""What a stack costs a month, from the resources that it registers: no number here is kept by hand.

estimate(record(Path("__main__.py"), stack="dev", config=...)).total_usd
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from stargate.components.cost_rules import Assumptions, Line, charges
from stargate.components.prices import AS_OF, REGION, NoPriceError
from stargate.components.testing import Graph
from stargate.errors import StargateError

# What AWS charges nothing for, or nothing beside the resource that it belongs to. A type that is neither here nor in
# RULES is not priced, and said to be, so that none is forgotten.
FREE: Final = frozenset(
    f"aws:{module}/{name[0].lower()}{name[1:]}:{name}"
    for module, names in {
        "acm": "Certificate CertificateValidation",
        "appautoscaling": "Target",
        # The first two are free; ours take no actions, for which AWS charges.
        "budgets": "Budget",
        "cloudfront": "Distribution Function OriginAccessControl ResponseHeadersPolicy VpcOrigin",
        "cloudwatch": "EventRule EventTarget LogDelivery LogDeliveryDestination LogDeliverySource",
        "ec2": "DefaultSecurityGroup FlowLog InternetGateway LaunchTemplate NetworkInterface Route RouteTable "
        "RouteTableAssociation SecurityGroup Subnet Vpc",
        "ecr": "LifecyclePolicy",
        "ecs": "ClusterCapacityProviders TaskDefinition",
        "efs": "AccessPoint BackupPolicy FileSystemPolicy MountTarget",
        "elasticache": "ParameterGroup SubnetGroup",
        "iam": "InstanceProfile Policy Role RolePolicy RolePolicyAttachment",
        "kms": "Alias",
        "lb": "Listener ListenerCertificate ListenerRule TargetGroup",
        "rds": "EventSubscription ParameterGroup SubnetGroup",
        "route53": "Record",
        "s3": "BucketLifecycleConfiguration BucketOwnershipControls BucketPolicy BucketPublicAccessBlock "
        "BucketServerSideEncryptionConfiguration BucketVersioning",
        "secretsmanager": "SecretVersion",
        "servicediscovery": "Service",
        # A thousand e-mails a month.
        "sns": "Topic TopicPolicy TopicSubscription",
        "ssm": "Parameter",
        "vpc": "SecurityGroupEgressRule SecurityGroupIngressRule",
    }.items()
    for name in names.split()
) | {"docker:index/image:Image"}
# They compute or make up values, and are nowhere but in the state.
FREE_PACKAGES: Final = ("random:", "pulumi:")


@dataclass(frozen=True, kw_only=True)
class Unpriced:
    """A resource that is not counted, because no price is known of it or of its size."""

    component: str
    """The component right below the stack."""
    resource: str
    what: str
    """The size, such as `db.m7g.large`, or the type."""
    why: str
    """A sentence with the way out."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """The month of a stack."""

    lines: tuple[Line, ...]
    unpriced: tuple[Unpriced, ...] = ()
    """What neither the lines nor the sums hold."""
    region: str
    """Whose prices they are, wherever the stack is."""
    as_of: date
    assumptions: tuple[str, ...]
    """What was taken for granted, a sentence each."""

    @property
    def total_usd(self) -> float:
        """The sum of the lines."""
        return sum(line.monthly_usd for line in self.lines)

    def by_component(self) -> Mapping[str, float]:
        """US dollars by the component right below the stack, the dearest first."""
        sums: dict[str, float] = {}
        for line in self.lines:
            sums[line.component] = sums.get(line.component, 0) + line.monthly_usd
        return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))


def estimate(graph: Graph, assumptions: Assumptions | None = None) -> Estimate:
    """What a recorded stack costs. Raises `StargateError` for a type or a size that nobody has priced."""
    found = partial_estimate(graph, assumptions)
    for missing in found.unpriced:
        raise StargateError(missing.why)
    return found


def partial_estimate(graph: Graph, assumptions: Assumptions | None = None) -> Estimate:
    """What a recorded stack costs as far as prices are known; the rest is in its `unpriced`."""
    assumed = assumptions or Assumptions()
    tops = _tops(graph)
    lines: list[Line] = []
    unpriced: list[Unpriced] = []
    for resource in graph.resources:
        if not resource.custom or resource.type in FREE or resource.type.startswith(FREE_PACKAGES):
            continue
        whose = {"component": tops[resource.urn], "resource": resource.name}
        try:
            lines += [Line(**whose, charge=charge) for charge in charges(graph, resource, assumed)]
        except NoPriceError as missing:
            unpriced.append(Unpriced(**whose, what=missing.of, why=str(missing)))
    return Estimate(
        # Resources are recorded in the order in which their inputs came to be known, which varies.
        lines=tuple(sorted(lines, key=lambda line: (line.component, line.resource, line.charge.what))),
        unpriced=tuple(sorted(unpriced, key=lambda missing: (missing.component, missing.resource))),
        region=REGION,
        as_of=AS_OF,
        assumptions=assumed.sentences(),
    )


def _tops(graph: Graph) -> dict[str, str]:
    """By URN: the name of the component right below the stack that a resource belongs to."""
    parents = {resource.urn: resource for resource in graph.resources}
    tops = {}
    for resource in graph.resources:
        top = resource
        while top.parent in parents:
            top = parents[top.parent]
        tops[resource.urn] = top.name
    return tops

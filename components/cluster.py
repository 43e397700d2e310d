"""Where services run: an ECS cluster on Fargate, and the private names by which they find one another."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from stargate.components.mirror import Mirror
from stargate.components.naming import component_name
from stargate.components.waiting import after


@dataclass(frozen=True, kw_only=True)
class ClusterArgs:
    """A cluster and its name space."""

    vpc_id: pulumi.Input[str]
    """The VPC in which the domain is resolved."""
    domain: str
    """The private DNS domain, such as `dev.stargate.internal`: services answer at `NAME.domain`."""
    mirror: Mirror | None = None
    """Where public images are kept for services that have no way to the internet; others need none."""
    container_insights: bool = False
    """CloudWatch's metrics of each task, which cost by the metric; a service's CPU and memory come without."""


class Cluster(pulumi.ComponentResource):
    """An ECS cluster with both Fargate capacity providers, and a Cloud Map private DNS name space.

    Addresses come from Cloud Map and not from Service Connect: its proxy would hide the single tasks, which the
    metrics store reads one by one.
    """

    arn: pulumi.Output[str]
    name: pulumi.Output[str]
    namespace_id: pulumi.Output[str]
    domain: str
    mirror: Mirror | None

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build it."""
        super().__init__("stargate:index:Cluster", component_name(name), None, opts)
        below = pulumi.ResourceOptions(parent=self)
        cluster = aws.ecs.Cluster(
            f"{name}-cluster",
            settings=[
                {"name": "containerInsights", "value": "enabled" if args.container_insights else "disabled"},
            ],
            opts=below,
        )
        capacity = aws.ecs.ClusterCapacityProviders(
            f"{name}-capacity", cluster_name=cluster.name, capacity_providers=["FARGATE", "FARGATE_SPOT"], opts=below
        )
        namespace = aws.servicediscovery.PrivateDnsNamespace(
            f"{name}-names", name=args.domain, vpc=args.vpc_id, description="Services of the gateway", opts=below
        )
        self.mirror = args.mirror
        # A service that names the cluster must find its capacity there.
        self.arn = after(cluster.arn, capacity.id)
        self.name, self.namespace_id, self.domain = cluster.name, namespace.id, args.domain
        self.register_outputs({"arn": self.arn, "name": self.name, "namespace_id": self.namespace_id})

"""AWS's services reached without leaving the VPC."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from stargate.components.addresses import HTTPS

# What stands in for the way to the internet: a task starts, calls Bedrock, sends its alerts and shows CloudWatch's
# metrics; an administrator comes in through SSM.
PRIVATE_ENDPOINTS: Final = (
    "bedrock-runtime",
    "ecr.api",
    "ecr.dkr",
    "logs",
    "monitoring",
    "secretsmanager",
    "sns",
    "ssm",
    "ssmmessages",
    "sts",
)
# As in `com.amazonaws.REGION.SERVICE`.
SERVICE: Final = r"[a-z0-9]+([.-][a-z0-9]+)*"


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    """Which services, and where they are reached from."""

    vpc_id: pulumi.Input[str]
    cidr: str
    region: str
    services: Sequence[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    """The interface endpoints' subnets, one a zone."""
    route_table_ids: Sequence[pulumi.Input[str]]
    """Those that lead to S3's gateway endpoint."""


def make_endpoints(name: str, at: Endpoints, opts: pulumi.ResourceOptions) -> list[pulumi.Output[str]]:
    """Make S3's gateway endpoint and an interface endpoint for each service, taking HTTPS from the VPC; their ids."""
    # Free, and image layers come from S3: they never pass the NAT.
    storage = aws.ec2.VpcEndpoint(
        f"{name}-s3",
        vpc_id=at.vpc_id,
        service_name=f"com.amazonaws.{at.region}.s3",
        vpc_endpoint_type="Gateway",
        route_table_ids=list(at.route_table_ids),
        tags={"Name": f"{name}-s3"},
        opts=opts,
    )
    if not at.services:
        return [storage.id]
    group = aws.ec2.SecurityGroup(
        f"{name}-endpoints",
        vpc_id=at.vpc_id,
        description="Interface endpoints: HTTPS from the VPC",
        tags={"Name": f"{name}-endpoints"},
        opts=opts,
    )
    aws.vpc.SecurityGroupIngressRule(
        f"{name}-endpoints-from-vpc",
        security_group_id=group.id,
        description="HTTPS from the VPC",
        ip_protocol="tcp",
        from_port=HTTPS,
        to_port=HTTPS,
        cidr_ipv4=at.cidr,
        opts=opts,
    )
    made = [
        aws.ec2.VpcEndpoint(
            f"{name}-{service.replace('.', '-')}",
            vpc_id=at.vpc_id,
            service_name=f"com.amazonaws.{at.region}.{service}",
            vpc_endpoint_type="Interface",
            private_dns_enabled=True,
            subnet_ids=list(at.subnet_ids),
            security_group_ids=[group.id],
            tags={"Name": f"{name}-{service}"},
            opts=opts,
        )
        for service in at.services
    ]
    return [storage.id, *(endpoint.id for endpoint in made)]

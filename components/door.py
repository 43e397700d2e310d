"""The administrators' door where no NAT instance is one: a small machine at which SSM's port forwards end."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from stargate.components.addresses import ANYWHERE, HTTPS
from stargate.components.iam import trust
from stargate.components.machine import MachineArgs, machine
from stargate.components.naming import component_name


@dataclass(frozen=True, kw_only=True)
class DoorArgs:
    """Where the door stands."""

    vpc_id: pulumi.Input[str]
    """The VPC that its security groups belong to."""
    vpc_cidr: str
    """All that it may reach, SSM aside."""
    subnet_ids: list[pulumi.Input[str]]
    """Private subnets."""
    instance_type: str = "t4g.nano"
    """Such as `t4g.nano`; its processor decides the image."""


class Door(pulumi.ComponentResource):
    """A machine without a public address, a key pair or a port that anyone could reach.

    Builds: security group (nothing in; out within the VPC, and to AWS over HTTPS), role for SSM alone, the machine.
    """

    security_group_id: pulumi.Output[str]

    def __init__(self, name: str, args: DoorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build it."""
        super().__init__("stargate:index:Door", component_name(name), None, opts)
        below = pulumi.ResourceOptions(parent=self)
        group = aws.ec2.SecurityGroup(
            f"{name}-group",
            vpc_id=args.vpc_id,
            description="Port forwards of administrators: nothing in",
            tags={"Name": name},
            opts=below,
        )
        aws.vpc.SecurityGroupEgressRule(
            f"{name}-to-vpc",
            security_group_id=group.id,
            description="What administrators reach",
            ip_protocol="tcp",
            from_port=0,
            to_port=65535,
            cidr_ipv4=args.vpc_cidr,
            opts=below,
        )
        aws.vpc.SecurityGroupEgressRule(
            f"{name}-to-aws",
            security_group_id=group.id,
            description="SSM",
            ip_protocol="tcp",
            from_port=HTTPS,
            to_port=HTTPS,
            cidr_ipv4=ANYWHERE,
            opts=below,
        )
        role = aws.iam.Role(f"{name}-role", assume_role_policy=trust("ec2.amazonaws.com"), opts=below)
        machine(
            name,
            MachineArgs(
                instance_type=args.instance_type,
                subnet_ids=args.subnet_ids,
                security_group_id=group.id,
                role_name=role.name,
                tags={},
            ),
            below,
        )
        self.security_group_id = group.id
        self.register_outputs({"security_group_id": self.security_group_id})

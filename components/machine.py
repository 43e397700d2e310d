"""A small Amazon Linux 2023 machine that replaces itself: the only kind of EC2 instance here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from stargate.components.program import PROJECT_TAG, STACK_TAG
from stargate.errors import StargateError

# Resolved when an instance starts: a replaced instance is a patched one.
IMAGES: Final = {
    "arm64": "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64",
    "x86_64": "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
}
SSM_POLICY: Final = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
# Administrators' port forwards go through a machine with this tag.
DOOR_TAG: Final = "stargate:door"
# The smallest disk that the image takes.
DISK_GB: Final = 8


def door_name() -> str:
    """The tag's value: this stack's machines."""
    return f"{pulumi.get_project()}-{pulumi.get_stack()}"


def architecture(instance_type: str) -> str:
    """The processor of an instance type: Graviton families end their first part with a g after the digit.

    Raises `StargateError` for a text that is no instance type.
    """
    if not re.fullmatch(r"[a-z][a-z0-9-]*\.[a-z0-9-]+", instance_type):
        raise StargateError(f"network.nat.instance_type is {instance_type}: choose one such as t4g.nano")
    return "arm64" if "g" in instance_type.partition(".")[0].lstrip("abcdefghijklmnopqrstuvwxyz") else "x86_64"


@dataclass(frozen=True, kw_only=True)
class MachineArgs:
    """One machine, and how it is reached."""

    instance_type: str
    """Such as `t4g.nano`; its processor decides the image."""
    subnet_ids: list[pulumi.Input[str]]
    """It starts in one of them, and after a loss in any."""
    security_group_id: pulumi.Input[str]
    """Of the network interface that it starts with."""
    role_name: pulumi.Input[str]
    """The role that it takes on; SSM's permissions come on top."""
    public_address: bool = False
    """Whether that interface has an address on the internet."""
    tags: Mapping[str, str]
    """Further tags of the machine, its interface and its disk, beside those of the stack."""
    user_data: pulumi.Input[str] | None = None
    """In Base64."""


def machine(name: str, args: MachineArgs, opts: pulumi.ResourceOptions) -> aws.autoscaling.Group:
    """A group of one: SSM as its only door, session tokens for its metadata, an encrypted disk, no key pair."""
    aws.iam.RolePolicyAttachment(f"{name}-ssm", role=args.role_name, policy_arn=SSM_POLICY, opts=opts)
    profile = aws.iam.InstanceProfile(f"{name}-profile", role=args.role_name, opts=opts)
    # The provider's own tags stop at the template: what starts from it is counted and found by these.
    own = {PROJECT_TAG: pulumi.get_project(), STACK_TAG: pulumi.get_stack()}
    tags = {"Name": name, DOOR_TAG: door_name(), **own, **args.tags}
    template = aws.ec2.LaunchTemplate(
        f"{name}-template",
        image_id=IMAGES[architecture(args.instance_type)],
        instance_type=args.instance_type,
        update_default_version=True,
        iam_instance_profile={"arn": profile.arn},
        metadata_options={"http_endpoint": "enabled", "http_tokens": "required", "http_put_response_hop_limit": 1},
        block_device_mappings=[
            {
                "device_name": "/dev/xvda",
                "ebs": {
                    "volume_size": DISK_GB,
                    "volume_type": "gp3",
                    "encrypted": "true",
                    "delete_on_termination": "true",
                },
            }
        ],
        network_interfaces=[
            {
                "device_index": 0,
                "associate_public_ip_address": "true" if args.public_address else "false",
                "security_groups": [args.security_group_id],
                "delete_on_termination": "true",
            }
        ],
        tag_specifications=[
            {"resource_type": kind, "tags": tags} for kind in ("instance", "network-interface", "volume")
        ],
        user_data=args.user_data,
        opts=opts,
    )
    return aws.autoscaling.Group(
        f"{name}-group",
        min_size=1,
        max_size=1,
        desired_capacity=1,
        vpc_zone_identifiers=args.subnet_ids,
        launch_template={"id": template.id, "version": template.latest_version.apply(str)},
        health_check_type="EC2",
        health_check_grace_period=120,
        # What the machine holds cannot be held twice: the old one goes first.
        instance_refresh={"strategy": "Rolling", "preferences": {"min_healthy_percentage": 0}},
        tags=[{"key": "Name", "value": name, "propagate_at_launch": False}],
        opts=opts,
    )

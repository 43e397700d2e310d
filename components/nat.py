"""The way out of the private subnets, and a NAT instance: a small machine that heals itself."""

import base64
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import pulumi
import pulumi_aws as aws

from stargate.components.iam import Statement, document, trust
from stargate.components.machine import MachineArgs, architecture, machine
from stargate.errors import StargateError
from stargate.values import Values

ROLE_TAG: Final = "stargate:nat"


class NatMode(StrEnum):
    """How private subnets reach the internet."""

    INSTANCE = "instance"
    """A small machine of ours: a tenth of a gateway's price."""
    GATEWAY = "gateway"
    """AWS's NAT gateway."""
    NONE = "none"
    """Not at all: interface endpoints carry what the tasks need, and images come from the account's own registry."""


@dataclass(frozen=True, kw_only=True)
class Nat(Values):
    """The way out of the private subnets."""

    mode: NatMode = NatMode.INSTANCE
    """How they reach the internet."""
    per_zone: bool = False
    """One for each zone; else the first zone's serves all, and its loss cuts all off."""
    instance_type: str = "t4g.nano"
    """A NAT instance's."""

    def __post_init__(self) -> None:
        """Refuse one for each zone of nothing, and a text that is no instance type."""
        if self.mode is NatMode.NONE and self.per_zone:
            raise StargateError(
                "network.nat.mode is none and network.nat.per_zone is true: leave per_zone out, or choose another mode"
            )
        architecture(self.instance_type)


def user_data(cidr: str, interface_id: str, region: str) -> str:
    """The script that makes an Amazon Linux 2023 machine a NAT instance: it takes the fixed interface and masquerades.

    The private routes point to the fixed interface, so that they stay when the instance is replaced; what leaves does
    so through the instance's own address.
    """
    return f"""#!/bin/bash
set -eEuo pipefail
# Powered off it is unhealthy, and its group starts another.
trap 'shutdown -h now' ERR
export AWS_DEFAULT_REGION={region}
metadata=http://169.254.169.254/latest
token=$(curl -sS -X PUT "$metadata/api/token" -H "X-aws-ec2-metadata-token-ttl-seconds: 300")
read_metadata() {{ curl -sS -H "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/$1"; }}
instance=$(read_metadata instance-id)
primary=$(read_metadata "network/interfaces/macs/$(read_metadata mac)/interface-id")

cat >/etc/sysctl.d/90-nat.conf <<END
net.ipv4.ip_forward = 1
net.ipv4.conf.all.rp_filter = 0
net.ipv4.conf.default.rp_filter = 0
# Streams of a silent model stay known for longer than any timeout of the gateway.
net.netfilter.nf_conntrack_tcp_timeout_established = 3600
END
# Installing takes more memory than the smallest machine has beside SSM's agent.
fallocate -l 512M /swapfile
chmod 600 /swapfile
mkswap /swapfile
swapon /swapfile
echo '/swapfile none swap defaults 0 0' >>/etc/fstab
# The image's own first clean-up may take the package lists away under it.
for _ in $(seq 10); do
  if dnf install -y nftables; then break; fi
  sleep 5
done
command -v nft
modprobe nf_conntrack
# These alone: a machine whose other settings fail is a NAT instance all the same.
sysctl --load=/etc/sysctl.d/90-nat.conf
cat >/etc/sysconfig/nftables.conf <<END
table ip nat {{
  chain postrouting {{
    type nat hook postrouting priority srcnat
    ip saddr {cidr} ip daddr != {cidr} masquerade
  }}
}}
END
systemctl enable --now nftables

aws ec2 modify-network-interface-attribute --network-interface-id "$primary" --no-source-dest-check
attach() {{
  aws ec2 attach-network-interface --device-index 1 --instance-id "$instance" --network-interface-id {interface_id}
}}
# The instance before this one may still hold the interface for a minute.
for _ in $(seq 60); do
  if attach; then exit 0; fi
  sleep 5
done
attach
"""


@dataclass(frozen=True, kw_only=True)
class NatInstanceArgs:
    """One zone's NAT instance."""

    cidr: str
    """The VPC's addresses: what comes from them and leaves them is masqueraded."""
    subnet_id: pulumi.Input[str]
    """A public subnet of the zone."""
    security_group_id: pulumi.Input[str]
    """Of both its interfaces: the fixed one, and the one that it starts with."""
    region: str
    account_id: str
    """Where it is: parts of the ARNs that its permissions name."""
    instance_type: str = "t4g.nano"
    """Such as `t4g.nano`; its processor decides the image."""

    def __post_init__(self) -> None:
        """Refuse a text that is no instance type."""
        architecture(self.instance_type)


class NatInstance(pulumi.ComponentResource):
    """A fixed network interface, and a group of one Amazon Linux 2023 instance that takes it.

    Builds: interface, role (SSM and the interface, nothing else), machine. It makes no routes: the network points them
    to `interface_id`.
    """

    interface_id: pulumi.Output[str]
    group_name: pulumi.Output[str]

    def __init__(self, name: str, args: NatInstanceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build it; `name` carries the zone."""
        super().__init__("stargate:index:NatInstance", name, None, opts)
        below = pulumi.ResourceOptions(parent=self)
        interface = aws.ec2.NetworkInterface(
            f"{name}-interface",
            description="NAT: the private routes point here",
            subnet_id=args.subnet_id,
            security_groups=[args.security_group_id],
            source_dest_check=False,
            opts=below,
        )
        group = machine(
            name,
            MachineArgs(
                instance_type=args.instance_type,
                subnet_ids=[args.subnet_id],
                security_group_id=args.security_group_id,
                role_name=self._role(name, args, interface),
                public_address=True,
                tags={ROLE_TAG: name},
                user_data=pulumi.Output.all(args.cidr, interface.id, args.region)
                .apply(lambda values: user_data(*values))
                .apply(_base64),
            ),
            below,
        )
        self.interface_id = interface.id
        self.group_name = group.name
        self.register_outputs({"interface_id": self.interface_id, "group_name": self.group_name})

    def _role(self, name: str, args: NatInstanceArgs, interface: aws.ec2.NetworkInterface) -> pulumi.Output[str]:
        below = pulumi.ResourceOptions(parent=self)
        everywhere = f"arn:aws:ec2:{args.region}:{args.account_id}"
        tagged = {"StringEquals": {f"aws:ResourceTag/{ROLE_TAG}": name}}
        role = aws.iam.Role(f"{name}-role", assume_role_policy=trust("ec2.amazonaws.com"), opts=below)
        aws.iam.RolePolicy(
            f"{name}-policy",
            role=role.name,
            policy=document(
                Statement(actions=["ec2:AttachNetworkInterface"], resources=[interface.arn]),
                Statement(
                    actions=["ec2:AttachNetworkInterface"],
                    resources=[f"{everywhere}:instance/*"],
                    conditions=tagged,
                ),
                Statement(
                    actions=["ec2:ModifyNetworkInterfaceAttribute"],
                    resources=[f"{everywhere}:network-interface/*"],
                    conditions=tagged,
                ),
            ),
            opts=below,
        )
        return role.name


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()

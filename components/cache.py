"""Valkey on ElastiCache: the counters that all tasks of the gateway share."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from stargate.components.naming import component_name
from stargate.components.secret import Secret, SecretArgs
from stargate.errors import StargateError

PORT: Final = 6379
ENGINE_VERSION: Final = "8.0"
FAMILY: Final = "valkey8"
# What the family's own parameter group says.
EVICTION: Final = "volatile-lru"
# ElastiCache's: one primary and up to five replicas.
MOST_REPLICAS: Final = 5
MOST_SNAPSHOT_DAYS: Final = 35
NODE_TYPE: Final = r"cache\.[a-z0-9]+\.[a-z0-9]+"


@dataclass(frozen=True, kw_only=True)
class CacheArgs:
    """One primary and its replicas."""

    vpc_id: pulumi.Input[str]
    """The VPC that its security groups belong to."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """Where its nodes may stand, one in each zone; they need no way out."""
    node_type: str = "cache.t4g.micro"
    """The class of each node, whose memory bounds what is kept."""
    replicas: int = 0
    """Copies in other zones, one of which takes over when the primary is lost."""
    eviction: str = EVICTION
    """What goes when memory is full; a queue needs `noeviction`."""
    snapshot_days: int = 0
    """How many days ElastiCache keeps its daily snapshots; 0 takes none."""

    def __post_init__(self) -> None:
        """Refuse what ElastiCache does not offer."""
        if not 0 <= self.replicas <= MOST_REPLICAS:
            raise StargateError(f"cache.replicas is {self.replicas}: choose 0 to {MOST_REPLICAS}")
        if not 0 <= self.snapshot_days <= MOST_SNAPSHOT_DAYS:
            raise StargateError(f"cache.snapshot_days is {self.snapshot_days}: choose 0 to {MOST_SNAPSHOT_DAYS}")
        if not re.fullmatch(NODE_TYPE, self.node_type):
            raise StargateError(f"cache.node_type is {self.node_type}: choose one such as cache.t4g.micro")


class Cache(pulumi.ComponentResource):
    """A Valkey replication group, encrypted on disk and on the way, behind a password.

    Builds: password, subnet group, parameter group where the family's own will not do, security group that admits
    nobody (see `allow`), the replication group.
    """

    host: pulumi.Output[str]
    port: int
    auth_secret: pulumi.Output[str]
    security_group_id: pulumi.Output[str]
    replication_group_id: pulumi.Output[str]

    def __init__(self, name: str, args: CacheArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build it."""
        super().__init__("stargate:index:Cache", component_name(name), None, opts)
        self._name = name
        self._below = below = pulumi.ResourceOptions(parent=self)
        password = Secret(f"{name}-auth", SecretArgs(description=f"Password of the Valkey {name}"), below)
        subnets = aws.elasticache.SubnetGroup(f"{name}-subnets", subnet_ids=list(args.subnet_ids), opts=below)
        parameters = self._parameters(args.eviction)
        group = aws.ec2.SecurityGroup(
            f"{name}-group",
            vpc_id=args.vpc_id,
            description=f"Valkey {name}: no way out, in by name alone",
            tags={"Name": name},
            opts=below,
        )
        valkey = aws.elasticache.ReplicationGroup(
            f"{name}-valkey",
            description=f"Valkey {name}",
            engine="valkey",
            engine_version=ENGINE_VERSION,
            node_type=args.node_type,
            port=PORT,
            num_cache_clusters=1 + args.replicas,
            automatic_failover_enabled=args.replicas > 0,
            multi_az_enabled=args.replicas > 0,
            parameter_group_name=parameters,
            subnet_group_name=subnets.name,
            security_group_ids=[group.id],
            at_rest_encryption_enabled=True,
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            auth_token=password.value,
            auth_token_update_strategy="ROTATE",  # noqa: S106 - a strategy's name
            snapshot_retention_limit=args.snapshot_days,
            # Upgraded by AWS, the group would be older here than there, and a downgrade is a replacement.
            auto_minor_version_upgrade=False,
            apply_immediately=True,
            opts=below,
        )
        self.host, self.port = valkey.primary_endpoint_address, PORT
        self.auth_secret, self.security_group_id = password.reference, group.id
        self.replication_group_id = valkey.id
        self.register_outputs({"host": self.host})

    def _parameters(self, eviction: str) -> pulumi.Input[str]:
        if eviction == EVICTION:
            return f"default.{FAMILY}"
        group = aws.elasticache.ParameterGroup(
            f"{self._name}-parameters",
            family=FAMILY,
            parameters=[{"name": "maxmemory-policy", "value": eviction}],
            opts=self._below,
        )
        return group.name

    def allow(self, name: str, source_security_group_id: pulumi.Input[str]) -> None:
        """Admit the tasks of a service; `name` is the service's role, unique here."""
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-from-{name}",
            security_group_id=self.security_group_id,
            description=f"Valkey from {name}",
            ip_protocol="tcp",
            from_port=PORT,
            to_port=PORT,
            referenced_security_group_id=source_security_group_id,
            opts=self._below,
        )

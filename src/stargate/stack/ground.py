"""What everything stands on: the administrators' door, the database, the cache, the cluster."""

import pulumi

from stargate import components as on_aws
from stargate.components.settings.stack import LITELLM
from stargate.gateway import spend_reader
from stargate.stack.base import Stack


def door(network: on_aws.Network) -> on_aws.DoorArgs:
    """The machine that administrators come in through, where no NAT instance is one."""
    return on_aws.DoorArgs(vpc_id=network.vpc_id, vpc_cidr=network.cidr, subnet_ids=list(network.private_subnet_ids))


def database(stack: Stack, network: on_aws.Network) -> on_aws.DatabaseArgs:
    """A database for each application that keeps something, and a role that reads what was spent."""
    return on_aws.DatabaseArgs(
        vpc_id=network.vpc_id,
        subnet_ids=network.data_subnet_ids,
        applications=stack.settings.applications,
        readers={
            LITELLM: on_aws.Reader(
                role=spend_reader.ROLE,
                connections=spend_reader.CONNECTIONS,
                statement_seconds=spend_reader.STATEMENT_SECONDS,
            )
        },
        pools=stack.settings.pools,
        instance=stack.settings.database,
        log_days=stack.settings.observability.log_days,
    )


def cache(stack: Stack, network: on_aws.Network) -> on_aws.CacheArgs:
    """The counters that tasks share."""
    chosen = stack.settings.cache
    return on_aws.CacheArgs(
        vpc_id=network.vpc_id,
        subnet_ids=network.data_subnet_ids,
        node_type=chosen.node_type,
        replicas=chosen.replicas,
        snapshot_days=chosen.snapshot_days,
    )


def cluster(stack: Stack, network: on_aws.Network, mirror: on_aws.Mirror | None) -> on_aws.ClusterArgs:
    """Where services run and by which names they find one another."""
    return on_aws.ClusterArgs(
        vpc_id=network.vpc_id,
        domain=f"{stack.name}.{pulumi.get_project()}.internal",
        mirror=mirror,
        container_insights=stack.settings.observability.container_insights,
    )


def place(stack: Stack, network: on_aws.Network, cluster: on_aws.Cluster) -> on_aws.Placement:
    """Where every service runs, and on what."""
    return on_aws.Placement(
        cluster=cluster,
        vpc_id=network.vpc_id,
        subnet_ids=network.private_subnet_ids,
        spot=stack.settings.observability.spot,
        architecture=stack.architecture,
        log_days=stack.settings.observability.log_days,
    )

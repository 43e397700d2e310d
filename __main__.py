"""The whole gateway on AWS, as its diagram: one component a box, in the order in which each needs the others."""

from pathlib import Path

import pulumi

import stargate.components as on_aws
from stargate.components.settings import Stack
from stargate.gateway import spend_reader

with on_aws.in_sentences():
    stack = Stack.load(Path(__file__).parent)
    opts = pulumi.ResourceOptions(provider=on_aws.provider("aws", stack.tags))

    # Where it stands.
    network = on_aws.Network("net", stack.network, opts)
    place = {"vpc_id": network.vpc_id, "subnet_ids": network.private_subnet_ids}
    data = {"vpc_id": network.vpc_id, "subnet_ids": network.data_subnet_ids}
    door = on_aws.Door("door", on_aws.DoorArgs(vpc_cidr=network.cidr, **place), opts) if stack.needs_door else None
    doors = {"door": door.security_group_id if door else network.nat_security_group_id}

    # What it keeps.
    database = on_aws.Database("db", on_aws.DatabaseArgs(**data, **stack.database), opts)
    cache = on_aws.Cache("cache", on_aws.CacheArgs(**data, **stack.cache), opts) if stack.has_cache else None
    mirror = on_aws.Mirror("mirror", stack.architecture, opts) if stack.has_mirror else None
    cluster = on_aws.Cluster("cluster", on_aws.ClusterArgs(vpc_id=network.vpc_id, mirror=mirror, **stack.cluster), opts)
    tasks = on_aws.Placement(cluster=cluster, **place, **stack.tasks)

    # Where everyone comes in: clients through CloudFront, administrators from inside.
    front = on_aws.FrontDoor("front", on_aws.FrontDoorArgs(network=network, admin_groups=doors, **stack.front), opts)
    edge = on_aws.Edge("edge", on_aws.EdgeArgs(origin=front.origins["gateway"], **stack.edge), opts)
    grafana = on_aws.Pages("grafana", on_aws.PagesArgs(front=front, role="grafana", **stack.pages), opts)

    # Who hears of what.
    topics = on_aws.AlarmTopics("alarms", ...)
    ...

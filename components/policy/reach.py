"""Who may reach whom: security groups and subnets."""

import re
from ipaddress import ip_network
from typing import Final

from stargate.components.policy.reference import listed
from stargate.components.policy.rule import Expectations, Found
from stargate.components.testing import Graph

INGRESS: Final = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS: Final = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
GROUP: Final = "aws:ec2/securityGroup:SecurityGroup"
# What EC2 takes in the description of a group or a rule.
DESCRIPTION: Final = re.compile(r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}")
# What stays where the internet has no route to: type, and the input that names its subnets.
INSIDE: Final = {
    "aws:rds/subnetGroup:SubnetGroup": "subnetIds",
    "aws:elasticache/subnetGroup:SubnetGroup": "subnetIds",
    "aws:efs/mountTarget:MountTarget": "subnetId",
    "aws:ecs/service:Service": "networkConfiguration",
    "aws:lb/loadBalancer:LoadBalancer": "subnets",
}


def closed(graph: Graph, expected: Expectations) -> Found:
    """No ingress rule admits every address."""
    for rule in graph.of(INGRESS):
        for cidr in (rule.inputs.get("cidrIpv4"), rule.inputs.get("cidrIpv6")):
            if cidr and ip_network(cidr).prefixlen == 0 and rule.name not in expected.open_to_everyone:
                yield rule.name, f"it admits {cidr}: name the network, the prefix list or the group that comes in"


def standalone(graph: Graph, _: Expectations) -> Found:
    """No group holds rules of its own, where they would fight with those that stand by themselves."""
    for group in graph.of(GROUP):
        if listed(group.inputs.get("ingress")) or listed(group.inputs.get("egress")):
            yield group.name, "it holds rules of its own: make each a SecurityGroupIngressRule or -EgressRule"


def described(graph: Graph, _: Expectations) -> Found:
    """Every group and every rule of one says what it is for, in the letters that EC2 takes."""
    for found in (*graph.of(GROUP), *graph.of(INGRESS), *graph.of(EGRESS)):
        text = found.inputs.get("description", "")
        if not DESCRIPTION.fullmatch(text) or text == "Managed by Pulumi":
            yield found.name, f"its description is {text or 'absent'}: say who comes in, in letters that EC2 takes"


def default_group_empty(graph: Graph, _: Expectations) -> Found:
    """The default security group of every VPC is taken over and has no rules."""
    groups = graph.of("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
    for group in groups:
        if listed(group.inputs.get("ingress")) or listed(group.inputs.get("egress")):
            yield group.name, "it has rules: leave it empty, so that what forgets its group reaches nothing"
    taken = {group.inputs.get("vpcId") for group in groups}
    for vpc in graph.of("aws:ec2/vpc:Vpc"):
        if f"{vpc.name}-id" not in taken:
            yield vpc.name, "its default security group is AWS's: take it over with a DefaultSecurityGroup"


def inside(graph: Graph, _: Expectations) -> Found:
    """Databases, caches, file systems, tasks and internal balancers stand in subnets without a way in."""
    public = _public_subnets(graph)
    for type_, key in INSIDE.items():
        for found in graph.of(type_):
            if key == "subnets" and not found.inputs.get("internal"):
                continue
            value = found.inputs.get(key)
            subnets = value.get("subnets") if isinstance(value, dict) else value
            for subnet in sorted(public & set(listed(subnets))):
                yield found.name, f"it stands in {subnet}, which the internet has a route to: choose private subnets"


def without_addresses(graph: Graph, _: Expectations) -> Found:
    """Nothing gets an address on the internet by itself."""
    for subnet in graph.of("aws:ec2/subnet:Subnet"):
        if subnet.inputs.get("mapPublicIpOnLaunch") is not False:
            yield subnet.name, "what starts in it gets a public address: set map_public_ip_on_launch to False"
    for service in graph.of("aws:ecs/service:Service"):
        if service.inputs.get("networkConfiguration", {}).get("assignPublicIp") is not False:
            yield service.name, "its tasks get public addresses: set assign_public_ip to False"
    for database in graph.of("aws:rds/instance:Instance"):
        if database.inputs.get("publiclyAccessible") is not False:
            yield database.name, "it has a public address: set publicly_accessible to False"


def flows_kept(graph: Graph, expected: Expectations) -> Found:
    """The flows of every VPC are kept."""
    if not expected.flow_logs:
        return
    logged = {log.inputs.get("vpcId") for log in graph.of("aws:ec2/flowLog:FlowLog")}
    for vpc in graph.of("aws:ec2/vpc:Vpc"):
        if f"{vpc.name}-id" not in logged:
            yield vpc.name, "nobody keeps its flows: add a FlowLog, or state Expectations(flow_logs=False)"


def _public_subnets(graph: Graph) -> set[str]:
    gateways = {f"{gateway.name}-id" for gateway in graph.of("aws:ec2/internetGateway:InternetGateway")}
    routes = graph.of("aws:ec2/route:Route")
    tables = {route.inputs["routeTableId"] for route in routes if route.inputs.get("gatewayId") in gateways}
    associations = graph.of("aws:ec2/routeTableAssociation:RouteTableAssociation")
    return {a.inputs["subnetId"] for a in associations if a.inputs["routeTableId"] in tables}

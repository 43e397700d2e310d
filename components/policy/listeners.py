"""What a load balancer does with a request, after the recorded listeners and rules."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, Final

from stargate.components.policy.reference import listed, referring, refers
from stargate.components.testing import Graph, Resource
from stargate.path_patterns import matches

FORBIDDEN: Final = "403"


@dataclass(frozen=True)
class Listener:
    """A recorded listener with its balancer and its rules, in the order in which AWS asks them."""

    resource: Resource
    balancer: Resource
    rules: Sequence[Resource]

    @property
    def internal(self) -> bool:
        """Whether its balancer has no address on the internet."""
        return self.balancer.inputs.get("internal") is True

    @property
    def refuses_by_default(self) -> bool:
        """Whether what matches no rule is answered with 403."""
        actions = self.resource.inputs["defaultActions"]
        return [(a["type"], a.get("fixedResponse", {}).get("statusCode")) for a in actions] == [
            ("fixed-response", FORBIDDEN)
        ]

    def target(self, method: str, path: str, headers: Mapping[str, str]) -> str | None:
        """The target group that a request is forwarded to; none if it is answered here."""
        for rule in self.rules:
            if all(_holds(condition, method, path, headers) for condition in rule.inputs["conditions"]):
                return _forwarded(rule.inputs["actions"])
        return _forwarded(self.resource.inputs["defaultActions"])

    def led_by_header(self, headers: Mapping[str, str]) -> set[str]:
        """The target groups that a header alone leads to, whatever the path."""
        asking = (r for r in self.rules if all("httpHeader" in condition for condition in r.inputs["conditions"]))
        led = (r for r in asking if all(_holds(condition, "", "", headers) for condition in r.inputs["conditions"]))
        return {target for rule in led if (target := _forwarded(rule.inputs["actions"]))}

    def by_path(self) -> set[str]:
        """The target groups that requests are told apart for by their path: the gateway's."""
        asking = (r for r in self.rules if any("pathPattern" in condition for condition in r.inputs["conditions"]))
        return {target for rule in asking if (target := _forwarded(rule.inputs["actions"]))}


def facing_outside(graph: Graph) -> Iterator[Listener]:
    """The listeners that CloudFront or the internet can reach, by their balancer's security groups."""
    for balancer in graph.of("aws:lb/loadBalancer:LoadBalancer"):
        for listener in referring(graph, "aws:lb/listener:Listener", "loadBalancerArn", balancer):
            if any(_admits(rule, listener.inputs["port"]) for rule in _ways_in(graph, balancer)):
                rules = referring(graph, "aws:lb/listenerRule:ListenerRule", "listenerArn", listener)
                yield Listener(listener, balancer, sorted(rules, key=lambda rule: rule.inputs["priority"]))


def _ways_in(graph: Graph, balancer: Resource) -> Iterator[Resource]:
    groups = [
        group
        for group in graph.of("aws:ec2/securityGroup:SecurityGroup")
        if any(refers(named, group) for named in balancer.inputs.get("securityGroups", []))
    ]
    for group in groups:
        yield from referring(
            graph, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "securityGroupId", group
        )


def _admits(rule: Resource, port: int) -> bool:
    """Whether somebody from outside comes in by it; a list of prefixes is CloudFront's."""
    inputs = rule.inputs
    ports = inputs.get("ipProtocol") == "-1" or inputs.get("fromPort", 0) <= port <= inputs.get("toPort", 65535)
    networks = [ip_network(cidr) for key in ("cidrIpv4", "cidrIpv6") if (cidr := inputs.get(key))]
    # Python calls 0.0.0.0/0 private: its first and its last address are.
    public = any(network.prefixlen == 0 or not network.is_private for network in networks)
    return ports and ("prefixListId" in inputs or public)


def _holds(condition: Mapping[str, Any], method: str, path: str, headers: Mapping[str, str]) -> bool:
    """Whether a condition holds. What is not known here holds: a rule may then forward more than it does."""
    if patterns := condition.get("pathPattern"):
        return any(matches(pattern, path) for pattern in patterns["values"])
    if methods := condition.get("httpRequestMethod"):
        return method in methods["values"]
    if header := condition.get("httpHeader"):
        sent = headers.get(header["httpHeaderName"].lower())
        return sent is not None and any(matches(value.lower(), sent.lower()) for value in header["values"])
    return True


def _forwarded(actions: Sequence[Mapping[str, Any]]) -> str | None:
    for action in actions:
        if action["type"] == "forward":
            weighted = [group["arn"] for group in listed(action.get("forward", {}).get("targetGroups"))]
            return str(action.get("targetGroupArn") or weighted[0])
    return None

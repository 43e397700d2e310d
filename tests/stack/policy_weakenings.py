"""How a recorded stack is weakened, one way a function."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from policy_stacks import added, altered, changed, container, statement

from stargate.components.policy import Expectations
from stargate.components.testing import Graph

WILDCARD_PROFILE = "arn:aws:bedrock:us-west-1:123456789012:inference-profile/*"
OTHER_MODEL = "arn:aws:bedrock:us-west-1:123456789012:inference-profile/us.anthropic.claude-other-v1:0"
INVOKE = "bedrock:InvokeModel"
FUNCTION = "arn:aws:cloudfront:us-west-1:123456789012:edge-guard"


def as_told(told: Expectations) -> Expectations:
    return told


def without_profiles(told: Expectations) -> Expectations:
    """Nobody says which models are on offer: the rule must see by itself what is too wide."""
    return replace(told, profiles=None)


@dataclass(frozen=True)
class Twin:
    """A weakened stack, the one rule that it breaks, and the resource that the rule names."""

    rule: str
    resource: str
    what: str
    build: Callable[[Graph], Graph]
    stack: str = "dev"
    told: Callable[[Expectations], Expectations] = as_told


def weak(rule, resource, what, stack="dev", /, **inputs) -> Twin:
    """One resource with other inputs."""
    return Twin(rule, resource, what, lambda graph: altered(graph, resource, **inputs), stack)


def boxed(rule, what, **settings) -> Twin:
    """LiteLLM's container with other settings."""
    return Twin(rule, "gateway-definition", what, lambda g: container(g, "gateway-definition", "litellm", **settings))


def allowing(rule, what, *, told=as_told, **parts) -> Twin:
    """LiteLLM's task with one more permission."""
    name = "gateway-task-policy"
    return Twin(rule, name, what, lambda graph: statement(graph, name, **parts), told=told)


def behaving(rule, what, *, stack="dev", **settings) -> Twin:
    """The gateway's distribution with another default behaviour."""

    def build(graph: Graph) -> Graph:
        default = graph.one("Distribution", "edge-distribution").inputs["defaultCacheBehavior"]
        return altered(graph, "edge-distribution", defaultCacheBehavior={**default, **settings})

    return Twin(rule, "edge-distribution", what, build, stack)


def without_family(graph: Graph) -> Graph:
    ordered = graph.one("Distribution", "edge-distribution").inputs["orderedCacheBehaviors"]
    left = [b for b in ordered if b["pathPattern"] != "/user/*"]
    return altered(graph, "edge-distribution", orderedCacheBehaviors=left)


def guarded_alike(graph: Graph) -> Graph:
    """The refused families handled by the guard, which lets public paths pass."""
    ordered = graph.one("Distribution", "edge-distribution").inputs["orderedCacheBehaviors"]
    association = [{"eventType": "viewer-request", "functionArn": FUNCTION}]
    return altered(
        graph,
        "edge-distribution",
        orderedCacheBehaviors=[
            {**b, "functionAssociations": association, "allowedMethods": ["GET", "HEAD", "POST", "DELETE"]}
            for b in ordered
        ],
    )


def naive_guard() -> str:
    """A guard that trusts the path as it is written."""
    return (
        "function handler(event) { var uri = event.request.uri;"
        " if (/^\\/(user|key|model|spend|team|organization|customer|budget|global|config|credentials|guardrails|cache|"
        "debug|sso|login|ui|mcp|bedrock)(\\/|$)/.test(uri)) { return { statusCode: 403 }; } return event.request; }"
    )


def with_rule(graph: Graph, path: str) -> Graph:
    """One more rule on the edge's listener, the last that AWS asks."""
    return added(
        graph,
        "aws:lb/listenerRule:ListenerRule",
        "slip",
        listenerArn="arn:aws:lb:us-west-1:123456789012:front-lb-edge-listener",
        priority=9000,
        conditions=[{"pathPattern": {"values": [path]}}],
        actions=default_to("front-lb-gateway"),
    )


def without_header(graph: Graph) -> Graph:
    rule = graph.one("ListenerRule", "front-lb-edge-chat")
    return altered(graph, rule.name, conditions=[c for c in rule.inputs["conditions"] if "httpHeader" not in c])


def default_to(target: str) -> list[dict]:
    return [{"type": "forward", "targetGroupArn": f"arn:aws:lb:us-west-1:123456789012:{target}"}]


def unmarked(graph: Graph) -> Graph:
    return changed(graph, "gateway-master-version", lambda r: replace(r, secrets=frozenset()))


def leaking(graph: Graph) -> Graph:
    return changed(graph, "gateway-definition", lambda r: replace(r, secrets=frozenset({"containerDefinitions"})))


def with_environment(graph: Graph, name: str, value: str) -> Graph:
    return container(graph, "gateway-definition", "litellm", environment=[{"name": name, "value": value}])


def with_script(graph: Graph) -> Graph:
    script = base64.b64encode(b"export PASSWORD=db-master-value-result").decode()
    return altered(graph, "net-nat-a-template", userData=script)


def shown(graph: Graph) -> Graph:
    return replace(graph, outputs={**graph.outputs, "key": "sk-gateway-master-value-result"})


def with_image(graph: Graph, image: str) -> Graph:
    return container(graph, "watch-metrics-tasks-definition", "vmalert", image=image)


def unprotected(graph: Graph) -> Graph:
    return changed(graph, "db-postgres", lambda r: replace(r, protect=False))


def trusting(principal) -> str:
    return json.dumps({"Statement": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]})


def open_topic(graph: Graph) -> Graph:
    document = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sns:Publish"}]}
    return altered(graph, "topics-ticket-policy", policy=json.dumps(document))


def unplaced(graph: Graph) -> Graph:
    return changed(graph, "gateway-logs", lambda r: replace(r, provider=""))


def untagged_machine(graph: Graph) -> Graph:
    given = graph.one("LaunchTemplate").inputs["tagSpecifications"]
    left = [s for s in given if s["resourceType"] != "instance"]
    return altered(graph, "net-nat-a-template", tagSpecifications=left)


def public_subnet(graph: Graph, name: str, key: str) -> Graph:
    return altered(graph, name, **{key: ["net-public-a-id", "net-private-b-id"]})


def in_public(graph: Graph) -> Graph:
    network = graph.one("Service", "gateway-service").inputs["networkConfiguration"]
    return altered(graph, "gateway-service", networkConfiguration={**network, "subnets": ["net-public-a-id"]})


def addressed(graph: Graph) -> Graph:
    network = graph.one("Service", "gateway-service").inputs["networkConfiguration"]
    return altered(graph, "gateway-service", networkConfiguration={**network, "assignPublicIp": True})


def mounted_in_the_clear(graph: Graph) -> Graph:
    volumes = [dict(v) for v in graph.one("TaskDefinition", "tracing-store-server-definition").inputs["volumes"]]
    for volume in volumes:
        if efs := volume.get("efsVolumeConfiguration"):
            volume["efsVolumeConfiguration"] = {**efs, "transitEncryption": "DISABLED"}
    return altered(graph, "tracing-store-server-definition", volumes=volumes)


def origin_in_the_clear(graph: Graph) -> Graph:
    origin = graph.one("Distribution", "edge-distribution").inputs["origins"][0]
    custom = {**origin["customOriginConfig"], "originProtocolPolicy": "http-only"}
    return altered(graph, "edge-distribution", origins=[{**origin, "customOriginConfig": custom}])


def old_tls(graph: Graph) -> Graph:
    certificate = graph.one("Distribution", "edge-distribution").inputs["viewerCertificate"]
    return altered(
        graph, "edge-distribution", viewerCertificate={**certificate, "minimumProtocolVersion": "TLSv1.1_2016"}
    )

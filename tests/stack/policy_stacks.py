"""The stacks that the policy is tried on, recorded once, what is expected of them, and how one is weakened."""

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import quickjs

from stargate.components.bedrock_access import InferenceProfile
from stargate.components.policy import Expectations, Surface
from stargate.components.preview import preview
from stargate.components.testing import REGION, Graph, Resource, parsed
from stargate.gateway import routes
from stargate.gateway.models import DEFAULT_NAMES, Profile, offered

ROOT = Path(__file__).parents[2]
DOMAIN = {"name": "llm.example.com", "zone": "example.com"}
NO_NAT = {"nat": {"mode": "none"}}
KEYS = {"tracingPublicKey": {"secure": "v1:x"}, "tracingSecretKey": {"secure": "v1:y"}}
EXTERNAL = {"tracing": {"backend": "external", "host": "https://langfuse.example.com"}, **KEYS}
# By name: the stack, what differs from it.
STACKS = {
    "dev": ("dev", {}),
    "prod": ("prod", {}),
    "minimal": ("dev", {"network": {}, "observability": {"edge_logs": False}, "alarms": {"pages": False}}),
    "public origin": ("dev", {"edge": {"origin": "public", "domain": DOMAIN}}),
    "public pages": (
        "dev",
        {
            "edge": {"origin": "public", "domain": DOMAIN, "waf": {}},
            "observability": {"grafana": {"public": True}},
            "tracing": {"backend": "langfuse", "public": True},
            "database": {"instance_class": "db.t4g.small"},
        },
    ),
    "public Grafana through a VPC origin": ("dev", {"observability": {"grafana": {"public": True}}}),
    "domain": ("dev", {"edge": {"domain": DOMAIN, "waf": {"countries": ["US"]}}}),
    "NAT gateway": ("dev", {"network": {"nat": {"mode": "gateway"}}}),
    "no NAT": ("dev", {"network": NO_NAT}),
    "Langfuse elsewhere": ("dev", EXTERNAL),
    "global profiles": ("dev", {"gateway": {"profile": "global"}}),
    "administrators' networks": ("dev", {"gateway": {"admin_networks": ["10.20.0.0/16"]}}),
    "metrics open": ("dev", {"gateway": {"open": ["metrics", "health"]}}),
}
WRITABLE = {
    "migrate": "Prisma's own tools write beside themselves",
    "web": "Next.js and Prisma write beside the program",
    "worker": "as the web",
}


@cache
def recorded(name: str) -> Graph:
    stack, changes = STACKS[name]
    return preview(ROOT, stack, changes)


@cache
def expected(name: str) -> Expectations:
    stack, changes = STACKS[name]
    gateway = changes.get("gateway", {})
    profile = Profile(gateway.get("profile", "us"))
    return Expectations(
        writable=WRITABLE,
        deletion_protection=stack == "prod",
        profiles=[
            InferenceProfile(id=m.profile_id(profile), model=m.bedrock, destinations=m.destinations(profile))
            for m in offered(DEFAULT_NAMES, profile, REGION)
        ],
        surface=surface(tuple(routes.Opening(name) for name in gateway.get("open", ()))),
    )


def surface(openings=()) -> Surface:
    policy = routes.policy(openings)
    families = [path for f in policy.families for path in (f.prefix, f"{f.prefix}/new", f"{f.prefix}/a/b")]
    return Surface(
        admin=[*families, *map(str, routes.AdminRoute)],
        public=[(method, example(route.path)) for route in policy.routes for method in sorted(route.methods)],
        run=run,
    )


def example(path: str) -> str:
    return path.replace("{response}", "resp_1-a").replace("{model}", "claude-haiku-4.5")


@cache
def run(code):
    """The function's answers, each computed once: the same code stands in most of the stacks."""
    context = quickjs.Context()
    context.eval(f"'use strict';\n{code}\nfunction run(text) {{ return JSON.stringify(handler(JSON.parse(text))); }}")
    answer = context.get("run")

    @cache
    def passes(method, path):
        event = {"request": {"method": method, "uri": path, "headers": {}, "querystring": {}, "cookies": {}}}
        return "statusCode" not in json.loads(answer(json.dumps(event)))

    return passes


def altered(graph: Graph, name: str, /, **inputs) -> Graph:
    """The graph with other inputs of one resource; None takes an input away."""
    return changed(graph, name, lambda r: replace(r, inputs=without_nothing({**r.inputs, **inputs})))


def changed(graph: Graph, name: str, change) -> Graph:
    """The graph with the one custom resource of that name changed; the change must change it."""
    found = [r for r in graph.resources if r.name == name and r.custom]
    assert len(found) == 1, f"{len(found)} resources are {name}"
    made = change(found[0])
    assert made != found[0], f"{name} is as weak as it was"
    return replace(graph, resources=tuple(made if r is found[0] else r for r in graph.resources))


def removed(graph: Graph, *names: str) -> Graph:
    left = tuple(r for r in graph.resources if not (r.name in names and r.custom))
    assert len(left) == len(graph.resources) - len(names), f"{names} are not there once each"
    return replace(graph, resources=left)


def added(graph: Graph, type_: str, name: str, **inputs) -> Graph:
    provider = graph.one("pulumi:providers:aws")
    urn = graph.one("Vpc").urn.rsplit("::", 1)[0]
    made = Resource(
        type=type_,
        name=name,
        urn=f"{urn}::{name}",
        parent="",
        custom=True,
        inputs=inputs,
        provider=f"{provider.urn}::{provider.name}-id",
    )
    return replace(graph, resources=(*graph.resources, made))


def without_nothing(inputs):
    return {key: value for key, value in inputs.items() if value is not None}


def container(graph: Graph, task: str, name: str, **settings) -> Graph:
    """The graph with other settings of one container; None takes one away."""
    made = parsed(graph.one("TaskDefinition", task), "containerDefinitions")
    for one in made:
        if one["name"] == name:
            one.update(settings)
    return altered(graph, task, containerDefinitions=json.dumps([without_nothing(one) for one in made]))


def statement(graph: Graph, policy: str, **parts) -> Graph:
    """The graph with one more statement in a policy."""
    document = json.loads(graph.one("RolePolicy", policy).inputs["policy"])
    document["Statement"].append({"Effect": "Allow", **parts})
    return altered(graph, policy, policy=json.dumps(document))

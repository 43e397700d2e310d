"""Secrets stay in Secrets Manager: nobody reads one off a task definition, a script, a function or a tag."""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from stargate.components.container import SECRET_ENDINGS
from stargate.components.policy.reference import containers
from stargate.components.policy.rule import Expectations, Found
from stargate.components.testing import Graph, Resource

# Shorter texts stand in for secrets under mocks and are words of their own.
SHORTEST: Final = 12
# Where a secret's value belongs: the inputs that AWS keeps back, or that prove an edge to the balancer.
KEEPERS: Final = frozenset(
    {
        "aws:secretsmanager/secretVersion:SecretVersion",
        "aws:rds/instance:Instance",
        "aws:elasticache/replicationGroup:ReplicationGroup",
        "aws:cloudfront/distribution:Distribution",
        "aws:lb/listenerRule:ListenerRule",
        "aws:sns/topicSubscription:TopicSubscription",
        "docker:index/image:Image",
    }
)
# Of a keeper, what anybody with an account may read all the same.
SHOWN: Final = ("tags", "description", "comment", "name")


def from_the_store(graph: Graph, _: Expectations) -> Found:
    """A container's variable whose name promises a secret comes from Secrets Manager."""
    for task, container in containers(graph):
        for pair in container.get("environment", []):
            if pair["name"].endswith(SECRET_ENDINGS):
                yield task.name, f"{container['name']} has {pair['name']} in its environment: move it to its secrets"
        for pair in container.get("secrets", []):
            if ":secretsmanager:" not in pair["valueFrom"]:
                yield task.name, f"{container['name']} reads {pair['name']} from {pair['valueFrom']}: name a secret"


def marked(graph: Graph, _: Expectations) -> Found:
    """A secret's value is marked as one, so that Pulumi encrypts it in its state."""
    for version in graph.of("aws:secretsmanager/secretVersion:SecretVersion"):
        if "secretString" not in version.secrets:
            yield version.name, "its value is not marked as secret: wrap it with pulumi.Output.secret"
    for resource in (*graph.of("aws:rds/instance:Instance"), *graph.of("ReplicationGroup")):
        for key in ("password", "authToken"):
            if key in resource.inputs and key not in resource.secrets:
                yield resource.name, f"its {key} is not marked as secret: wrap it with pulumi.Output.secret"


def nowhere_else(graph: Graph, _: Expectations) -> Found:
    """No secret stands in a task definition, user data, a function, a tag, a parameter or an output."""
    values = set(_values(graph))
    for resource in graph.resources:
        kept = resource.type in KEEPERS
        if resource.custom and resource.secrets and not kept:
            yield resource.name, f"a secret flows into its {min(resource.secrets)}: hand over the secret's ARN instead"
        looked = {key: resource.inputs[key] for key in SHOWN if key in resource.inputs} if kept else resource.inputs
        if resource.custom and any(value in text for text in _texts(looked) for value in values):
            yield resource.name, "it holds a secret's value: hand over the secret's ARN instead"
    for name, output in graph.outputs.items():
        if any(value in text for text in _texts(output) for value in values):
            yield name, "the output shows a secret's value: export the secret's ARN instead"


def _values(graph: Graph) -> Iterator[str]:
    """Every secret text that the graph knows: what was marked, and what was made up."""
    for resource in graph.resources:
        if resource.type == "random:index/randomPassword:RandomPassword":
            yield f"{resource.name}-result"
        if resource.type == "random:index/randomBytes:RandomBytes":
            yield from (f"{resource.name}-hex", f"{resource.name}-base64")
        for path in resource.secrets if resource.type in KEEPERS else ():
            # A list with one secret in it is secret as a whole: what else it holds is none.
            found = _at(resource, path)
            if isinstance(found, str) and len(found) >= SHORTEST:
                yield found


def _at(resource: Resource, path: str) -> Any:
    value: Any = resource.inputs
    for step in path.split("."):
        value = value[int(step)] if isinstance(value, list) else value.get(step)
    return value


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value, user data decoded."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(base64.b64decode(item).decode() if key == "userData" else item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value
        if value.startswith(("{", "[")):
            yield from _unescaped(value)


def _unescaped(text: str) -> Iterator[str]:
    """The texts of a JSON text, in which quotes are escaped."""
    try:
        found = json.loads(text)
    except ValueError:
        return
    yield from _texts(found)

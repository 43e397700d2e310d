"""Which resource an input names, and what a resource says in JSON."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from stargate.components.testing import Graph, Resource


def refers(value: Any, resource: Resource) -> bool:
    """Whether an input is the id or the ARN of a resource, as `record()` makes them up from its name."""
    return isinstance(value, str) and (value == f"{resource.name}-id" or value.endswith(f":{resource.name}"))


def referring(graph: Graph, type_: str, key: str, resource: Resource) -> tuple[Resource, ...]:
    """The resources of a type whose input `key` names a resource."""
    return tuple(found for found in graph.of(type_) if refers(found.inputs.get(key), resource))


def listed(value: Any) -> list[Any]:
    """A value that AWS takes alone or as a list, as a list; nothing for none."""
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def statements(text: Any) -> list[Mapping[str, Any]]:
    """The statements of an IAM document; none for no document."""
    return listed(json.loads(text).get("Statement")) if text else []


def containers(graph: Graph) -> Iterator[tuple[Resource, Mapping[str, Any]]]:
    """Every container with the task definition that it belongs to."""
    for task in graph.of("aws:ecs/taskDefinition:TaskDefinition"):
        for container in json.loads(task.inputs["containerDefinitions"]):
            yield task, container

"""Two stacks of one account never meet: whatever has a name of its own holds the project's and the stack's."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from stargate.components.policy.rule import STACK, Expectations, Found
from stargate.components.program import PROJECT_TAG, STACK_TAG
from stargate.components.testing import Graph, Resource

# Inputs that name something in the account or the region. Names that Pulumi makes up end in random characters, and
# those with a prefix in AWS's.
NAMING: Final = (
    *("name", "family", "identifier", "clusterIdentifier", "finalSnapshotIdentifier", "replicationGroupId"),
    *("bucket", "aliasName", "creationToken", "dashboardName", "domain"),
)
# What names something within its parent, or names another resource.
SCOPED: Final[Mapping[str, str]] = {
    "aws:servicediscovery/service:Service": "a host in the stack's own namespace",
    "aws:route53/record:Record": "a record of the stack's own domain",
    "aws:iam/rolePolicy:RolePolicy": "a policy within its role",
    "aws:ecs/service:Service": "a service within its cluster",
    "aws:elasticache/parameterGroup:ParameterGroup": "family is the engine's",
    "aws:rds/parameterGroup:ParameterGroup": "family is the engine's",
    "aws:ec2/eip:Eip": "domain is a kind of address",
}
# What is launched by AWS and so takes no tags from the provider.
LAUNCHED: Final = ("instance", "volume")


def physical_names(graph: Graph) -> Mapping[tuple[str, str], str]:
    """The names that a stack chooses itself: the resource's name by type and physical name."""
    return {(resource.type, value): resource.name for resource, _, value in _named(graph)}


def of_this_stack(graph: Graph, _: Expectations) -> Found:
    """A name that another stack of the account could choose too holds the project and the stack."""
    for resource, key, value in _named(graph):
        project, stack = _owner(resource)
        parts = re.split(r"[^A-Za-z0-9]+", value)
        if not set(re.split(r"[^A-Za-z0-9]+", f"{project}-{stack}")) <= set(parts):
            yield resource.name, f"its {key} is {value}, as another stack's may be: put project and stack into it"


def tagged(graph: Graph, _: Expectations) -> Found:
    """Everything carries the project's and the stack's tags: by the provider, or by what AWS launches it from."""
    providers = graph.of("pulumi:providers:aws")
    if not providers:
        yield STACK, "no provider of its own tags what it makes: use components.program.provider"
    for provider in providers:
        tags = _plain(provider.inputs.get("defaultTags", "{}")).get("tags", {})
        if not {PROJECT_TAG, STACK_TAG} <= set(tags):
            yield provider.name, f"it does not tag with {PROJECT_TAG} and {STACK_TAG}: use components.program.provider"
    urns = {provider.urn for provider in providers}
    for resource in graph.resources:
        if resource.type.startswith("aws:") and resource.provider.rpartition("::")[0] not in urns:
            yield (
                resource.name,
                "Pulumi's default provider makes it, untagged: give it the provider, or a parent with it",
            )
    for template in graph.of("aws:ec2/launchTemplate:LaunchTemplate"):
        given = {s["resourceType"]: set(s.get("tags", {})) for s in template.inputs.get("tagSpecifications", [])}
        if not all({PROJECT_TAG, STACK_TAG} <= given.get(kind, set()) for kind in LAUNCHED):
            yield template.name, f"what it launches lacks {STACK_TAG}: add it to tag_specifications"
    for service in graph.of("aws:ecs/service:Service"):
        if service.inputs.get("propagateTags") not in {"SERVICE", "TASK_DEFINITION"}:
            yield service.name, "its tasks have no tags: set propagate_tags"


def _named(graph: Graph) -> Iterator[tuple[Resource, str, str]]:
    for resource in graph.resources:
        if not resource.type.startswith("aws:") or resource.type in SCOPED:
            continue
        inside = resource.inputs.get("vpcOriginEndpointConfig", {})
        for key, value in (*resource.inputs.items(), *((k, v) for k, v in inside.items() if k == "name")):
            reference = key == "bucket" and str(value).endswith("-id")
            if key in NAMING and isinstance(value, str) and not reference:
                yield resource, key, value


def _owner(resource: Resource) -> tuple[str, str]:
    """The project and the stack, which every URN begins with."""
    _, _, stack, _, project, *_ = resource.urn.split(":")[:6]
    return project, stack


def _plain(value: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(value) if isinstance(value, str) else value
    return found

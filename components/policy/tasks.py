"""How containers run: what they may write, what they may do, whose code they are, and that a failed deploy ends."""

import re
from typing import Final

from stargate.components.policy.reference import containers
from stargate.components.policy.rule import Expectations, Found
from stargate.components.testing import Graph

SERVICE: Final = "aws:ecs/service:Service"
TASK: Final = "aws:ecs/taskDefinition:TaskDefinition"
REPOSITORY: Final = "aws:ecr/repository:Repository"
# At least two numbers: `17` is another image next month.
EXACT_TAG: Final = re.compile(r"v?\d+\.\d+(\.\d+)*([-.+_][A-Za-z0-9._-]+)?")


def confined(graph: Graph, expected: Expectations) -> Found:
    """A container writes to its mounts alone, has no capability, and shares nothing with its host."""
    for task, container in containers(graph):
        name = container["name"]
        if container.get("readonlyRootFilesystem") is not True and name not in expected.writable:
            yield task.name, f"{name} may change its own files: make its root read-only, or state it in writable"
        if container.get("privileged"):
            yield task.name, f"{name} is privileged: leave it out"
        capabilities = container.get("linuxParameters", {}).get("capabilities", {})
        if capabilities.get("drop") != ["ALL"] or capabilities.get("add"):
            yield task.name, f"{name} keeps capabilities: drop ALL, and add none"
    for task in graph.of(TASK):
        if task.inputs.get("networkMode") != "awsvpc":
            yield task.name, "its tasks share an address with others: set network_mode to awsvpc"


def without_shells(graph: Graph, _: Expectations) -> Found:
    """Nobody opens a shell in a running task, where the secrets are variables."""
    for service in graph.of(SERVICE):
        if service.inputs.get("enableExecuteCommand"):
            yield service.name, "whoever may execute commands reads its secrets: leave enable_execute_command out"


def exact_images(graph: Graph, _: Expectations) -> Found:
    """An image is named by its digest or its exact version, and what is pushed is looked through for known holes."""
    for task, container in containers(graph):
        if fault := _inexact(container["image"], graph):
            yield task.name, f"{container['name']} runs {container['image']}: {fault}"
    for repository in graph.of(REPOSITORY):
        if not repository.inputs.get("imageScanningConfiguration", {}).get("scanOnPush"):
            yield repository.name, "nobody looks for known holes in its images: set scan_on_push"


def rolled_back(graph: Graph, _: Expectations) -> Found:
    """A deploy that does not come up is rolled back, and `pulumi up` waits to see it."""
    for service in graph.of(SERVICE):
        breaker = service.inputs.get("deploymentCircuitBreaker", {})
        if not (breaker.get("enable") and breaker.get("rollback")):
            yield service.name, "a deploy that fails goes on for ever: enable the circuit breaker with rollback"
        if service.inputs.get("waitForSteadyState") is not True:
            yield service.name, "pulumi up ends before its tasks live: set wait_for_steady_state"


def _inexact(image: str, graph: Graph) -> str | None:
    if "@sha256:" in image or any(image == f"{built.name}-repo-digest" for built in graph.of("Image")):
        return None
    _, _, tag = image.rpartition("/")[2].partition(":")
    if EXACT_TAG.fullmatch(tag) or _mirrored(image, graph):
        return None
    return "name a digest, or a version of at least two numbers"


def _mirrored(image: str, graph: Graph) -> bool:
    """Whether it is what a build of this stack pushed to a repository whose tags never move."""
    return any(image == built.inputs.get("imageName") for built in graph.of("Image"))

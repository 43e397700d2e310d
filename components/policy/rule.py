"""A rule over a stack's recorded resources, what it is told of the stack, and what it finds."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from stargate.components.bedrock_access import InferenceProfile
from stargate.components.machine import SSM_POLICY
from stargate.components.testing import Graph

# What a rule finds: the resource's name, and a sentence that says what is wrong and what to do.
Found = Iterator[tuple[str, str]]
# Stands for the resource where the fault is that there is none.
STACK: Final = "the stack"


@dataclass(frozen=True, kw_only=True)
class Surface:
    """What the public may reach of the gateway and what it may not, and how the edge's functions are run."""

    admin: Sequence[str]
    """Paths that nobody may reach from outside, whatever the method."""
    public: Sequence[tuple[str, str]]
    """Method and path of what everyone may call."""
    run: Callable[[str], Callable[[str, str], bool]]
    """Takes a CloudFront Function's code; the answer takes method and path, and says whether the request passes."""


@dataclass(frozen=True, kw_only=True)
class Expectations:
    """What a stack is meant to be, where a rule cannot know; the exceptions are by name, with the reason."""

    open_to_everyone: Mapping[str, str] = field(default_factory=dict)
    """Ingress rules that may admit every address."""
    writable: Mapping[str, str] = field(default_factory=dict)
    """Containers that write to their root file system."""
    managed_policies: Mapping[str, str] = field(
        default_factory=lambda: {SSM_POLICY: "what the SSM agent asks for, kept up to date by AWS"}
    )
    """AWS's own policies that a role may have."""
    deletion_protection: bool = False
    """Whether what holds data or serves users must survive a mistake."""
    flow_logs: bool = True
    """Whether every VPC keeps its flows."""
    profiles: Sequence[InferenceProfile] | None = None
    """The models on offer; with them Bedrock's permissions must be exactly theirs."""
    surface: Surface | None = None
    """With it, the edge and the load balancer are tried with real requests."""


@dataclass(frozen=True, kw_only=True)
class Violation:
    """A rule that a resource breaks."""

    rule: str
    resource: str
    sentence: str
    """What is wrong, and the way out."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """An invariant of every stack."""

    key: str
    statement: str
    judge: Callable[[Graph, Expectations], Found]

    def violations(self, graph: Graph, expected: Expectations) -> tuple[Violation, ...]:
        """What breaks it, by resource; a resource that breaks it in several ways is named for each."""
        found = sorted(set(self.judge(graph, expected)))
        return tuple(Violation(rule=self.key, resource=name, sentence=sentence) for name, sentence in found)

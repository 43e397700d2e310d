"""What a listener lets through: a rule for each public route, and one for each whole application."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from zlib import crc32

import pulumi
import pulumi_aws as aws

from stargate.errors import StargateError

# Each audience of routes has its own thousand of priorities, so that a rule added for one never renumbers another's.
BANDS: Final[Mapping[str, int]] = {"client": 1000, "probe": 2000, "operator": 3000}
BAND: Final = 1000
# Whole applications, told apart by a header that only their edge knows, come before every path: what comes from such
# an edge never meets the gateway, whose guard it has not passed.
APPLICATIONS: Final = 100
APPLICATION_BAND: Final = 900
# An application load balancer counts paths, methods and headers of one rule together.
MOST_VALUES: Final = 5


class PublicRoute(Protocol):
    """A route that the public may call, as a balancer sees it."""

    @property
    def key(self) -> str:
        """Its name, which stays when the path changes."""
        ...

    @property
    def wildcard(self) -> str:
        """Its path, with `*` for whatever varies."""
        ...

    @property
    def methods(self) -> frozenset[str]:
        """The methods that it takes."""
        ...

    @property
    def audience(self) -> str:
        """Who it is for: one of `BANDS`."""
        ...


@dataclass(frozen=True, kw_only=True)
class Header:
    """A header that a request must carry: an edge's proof of itself."""

    name: str
    value: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a listener lets through to a target; a condition that is absent does not ask."""

    target: str
    priority: int
    path: str | None = None
    methods: frozenset[str] = frozenset()
    header: Header | None = None

    def __post_init__(self) -> None:
        """Refuse more conditions than a balancer counts, and none at all."""
        values = bool(self.path) + len(self.methods) + bool(self.header)
        if not 1 <= values <= MOST_VALUES:
            raise StargateError(
                f"a rule to {self.target} has {values} conditions: a load balancer takes 1 to {MOST_VALUES}"
            )

    def conditions(self) -> list[aws.lb.ListenerRuleConditionArgsDict]:
        """The conditions as a listener's rule takes them."""
        made: list[aws.lb.ListenerRuleConditionArgsDict] = []
        if self.path:
            made.append({"path_pattern": {"values": [self.path]}})
        if self.methods:
            made.append({"http_request_method": {"values": sorted(self.methods)}})
        if self.header:
            made.append({"http_header": {"http_header_name": self.header.name, "values": [self.header.value]}})
        return made


def route_rules(routes: Sequence[PublicRoute], target: str, header: Header | None = None) -> dict[str, Rule]:
    """A rule for each public route; its priority comes from the route's name, so that adding one moves no other.

    Raises `StargateError` for a route with more methods than a rule takes or for nobody that is known, and for two
    names with one priority.
    """
    if astray := {route.audience for route in routes} - set(BANDS):
        raise StargateError(f"a route is for {min(astray)}: choose from {', '.join(BANDS)}")
    made: dict[str, Rule] = {}
    for audience, first in BANDS.items():
        of_it = {route.key: route for route in routes if route.audience == audience}
        for key, priority in _priorities(of_it, first, BAND).items():
            route = of_it[key]
            made[key.replace("_", "-")] = Rule(
                target=target, priority=priority, path=route.wildcard, methods=route.methods, header=header
            )
    return made


def application_rules(headers: Mapping[str, Header]) -> dict[str, Rule]:
    """A rule for each whole application, by its target: only its own edge knows the header's value."""
    return {
        target: Rule(target=target, priority=priority, header=headers[target])
        for target, priority in _priorities(headers, APPLICATIONS, APPLICATION_BAND).items()
    }


def _priorities(names: Iterable[str], first: int, band: int) -> dict[str, int]:
    """A priority for each name, from the name alone.

    Two names with one priority are refused: to move either would move it on a listener that serves, where AWS refuses
    a priority that is taken.
    """
    taken: dict[int, str] = {}
    for name in sorted(names):
        priority = first + crc32(name.encode()) % band
        if priority in taken:
            raise StargateError(f"{taken[priority]} and {name} have the same priority: name one of them otherwise")
        taken[priority] = name
    return {name: priority for priority, name in taken.items()}

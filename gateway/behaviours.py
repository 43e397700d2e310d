"""CloudFront's behaviours: which pattern a path matches, and how a match is handled; in order, the default last.

The guard stands on every one of them and refuses by itself what is not public. The administrative families stand as
patterns of their own all the same, so that a reader of the distribution sees them refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from stargate.errors import StargateError
from stargate.gateway.routes import Policy
from stargate.path_patterns import matches, normalised

# CloudFront's quota for one distribution, the default among them.
MOST_BEHAVIOURS: Final = 75
DEFAULT_PATTERN: Final = "*"

# CloudFront offers three sets of methods; a model's call is a POST, so every behaviour that forwards takes all.
ALL_METHODS: Final = ("GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE")
READING_METHODS: Final = ("GET", "HEAD")


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """How requests to a pattern are handled: never cached, never compressed, over HTTPS alone, behind the guard."""

    pattern: str
    refused: bool
    """Whether nothing of it may reach the origin, whatever the guard would say."""
    methods: tuple[str, ...]
    why: str


def behaviours(policy: Policy) -> tuple[Behaviour, ...]:
    """The behaviours of a policy, in CloudFront's order. Raises `StargateError` beyond CloudFront's quota."""
    refusing = tuple(
        Behaviour(pattern=pattern, refused=True, methods=READING_METHODS, why=family.why)
        for family in policy.families
        for pattern in family.patterns
    )
    default = Behaviour(
        pattern=DEFAULT_PATTERN, refused=False, methods=ALL_METHODS, why="the public paths; the guard refuses the rest"
    )
    made = (*refusing, default)
    if len(made) > MOST_BEHAVIOURS:
        raise StargateError(f"{len(made)} behaviours are more than CloudFront's {MOST_BEHAVIOURS}: name fewer families")
    return made


def match(ordered: Sequence[Behaviour], path: str) -> Behaviour:
    """The behaviour of a raw path: CloudFront normalises a path to choose, and forwards it as it came."""
    plain = normalised(path)
    for behaviour in ordered:
        if behaviour.pattern == DEFAULT_PATTERN or matches(behaviour.pattern, plain):
            return behaviour
    raise StargateError("the behaviours have no default: end them with the pattern *")

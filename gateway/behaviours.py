"""CloudFront's behaviours: which pattern a path matches, and how a match is handled; in order, the default last.

The guard stands on every one of them and refuses by itself what is not public. The administrative families stand as
patterns of their own all the same, so that a reader of the distribution sees them refused.
"""

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from stargate.errors import StargateError
from stargate.gateway.routes import Policy

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
    """The behaviour of a raw path: CloudFront normalises a path to choose, and forwards it as it came.

    Source: AWS, "DownloadDistValuesCacheBehavior": `*` stands for any characters, `?` for one, case counts.
    """
    plain = normalised(path)
    for behaviour in ordered:
        if behaviour.pattern == DEFAULT_PATTERN or _regex(behaviour.pattern).fullmatch(plain):
            return behaviour
    raise StargateError("the behaviours have no default: end them with the pattern *")


def normalised(path: str) -> str:
    """A path as CloudFront compares it (RFC 3986): escapes decoded, slashes single, dot segments resolved."""
    plain = re.sub(r"/{2,}", "/", unquote(path, errors="replace"))
    resolved = posixpath.normpath(plain) if plain else "/"
    return f"{resolved}/" if plain.endswith("/") and resolved != "/" else resolved


def _regex(pattern: str) -> re.Pattern[str]:
    parts = (".*" if sign == "*" else "." if sign == "?" else re.escape(sign) for sign in pattern)
    return re.compile("".join(parts), re.DOTALL)

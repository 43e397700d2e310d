"""How AWS reads a path: patterns, normalisation, and the ways in which one path can be written."""

import posixpath
import re
from collections.abc import Iterator
from functools import cache
from typing import Final
from urllib.parse import unquote

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def matches(pattern: str, path: str) -> bool:
    """Whether a pattern of CloudFront or of a load balancer matches: `*` any characters, `?` one, case counts."""
    return _regex(pattern).fullmatch(path) is not None


@cache
def _regex(pattern: str) -> re.Pattern[str]:
    parts = (".*" if sign == "*" else "." if sign == "?" else re.escape(sign) for sign in pattern)
    return re.compile("".join(parts), re.DOTALL)


def normalised(path: str) -> str:
    """A path as CloudFront compares it (RFC 3986): escapes decoded, slashes single, dot segments resolved."""
    plain = re.sub(r"/{2,}", "/", unquote(path, errors="replace"))
    resolved = posixpath.normpath(plain) if plain else "/"
    return f"{resolved}/" if plain.endswith("/") and resolved != "/" else resolved


def decoded(path: str) -> str:
    """A path as the gateway reads it: escapes decoded, and nothing else."""
    return unquote(path, errors="replace")


def same(path: str) -> Iterator[str]:
    """The writings of a path that lead the gateway, which decodes escapes and redirects a slash, to one route."""
    head, *rest = path.strip("/").split("/")
    yield path
    yield f"{path}/"
    yield f"/%{ord(head[0]):02x}{path[2:]}"
    yield "/" + "".join(f"%{ord(sign):02X}" for sign in head) + "".join(f"/{part}" for part in rest)
    if rest:
        yield f"/{'%2F'.join([head, *rest])}"
        yield f"/{'%2f'.join([head, *rest])}"


def disguised(path: str, public: str) -> Iterator[str]:
    """Writings that some server between here and there might read as the path: none of them may pass."""
    yield from same(path)
    yield f"/{path}"
    yield f"/.{path}"
    yield f"/%25{ord(path[1]):02x}{path[2:]}"
    yield f"{path};a=b"
    yield f"{path}%00"
    yield f"{path}%20"
    yield path.replace("/", "\\")
    yield path.upper()
    for up in ("..", "%2e%2e", "%2E.", "..%2f.."):
        yield f"{public}/{up}{path}"
    yield f"/{public.strip('/').partition('/')[0]}/..{path}"

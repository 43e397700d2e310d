"""How AWS reads a path: CloudFront's and the load balancer's patterns, and the path that CloudFront compares."""

import posixpath
import re
from functools import cache
from urllib.parse import unquote


def matches(pattern: str, path: str) -> bool:
    """Whether a pattern matches: `*` stands for any characters, `?` for one, case counts.

    Source: AWS, "DownloadDistValuesCacheBehavior", and the load balancers' user guide, "Condition types".
    """
    return _regex(pattern).fullmatch(path) is not None


def normalised(path: str) -> str:
    """A path as CloudFront compares it (RFC 3986): escapes decoded, slashes single, dot segments resolved."""
    plain = re.sub(r"/{2,}", "/", unquote(path, errors="replace"))
    resolved = posixpath.normpath(plain) if plain else "/"
    return f"{resolved}/" if plain.endswith("/") and resolved != "/" else resolved


@cache
def _regex(pattern: str) -> re.Pattern[str]:
    parts = (".*" if sign == "*" else "." if sign == "?" else re.escape(sign) for sign in pattern)
    return re.compile("".join(parts), re.DOTALL)

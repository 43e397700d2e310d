"""The ways in which one path can be written."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


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

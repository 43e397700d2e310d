"""The shape of a body: lists where lists belong, objects where objects belong, refused in Bedrock's words otherwise."""

from collections.abc import Mapping
from typing import Any

from stargate.gateway.local.bedrock.errors import invalid


def mapping(value: Any, place: str) -> dict[str, Any]:
    """An object, or none. Raises Bedrock's ValidationException for anything else."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise invalid(f"{place}: Input should be a valid dictionary")
    return value


def mappings(value: Any, place: str) -> list[dict[str, Any]]:
    """A list of objects, or none. Raises Bedrock's ValidationException for anything else."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise invalid(f"{place}: Input should be a valid list")
    for position, one in enumerate(value):
        if not isinstance(one, dict):
            raise invalid(f"{place}.{position}: Input should be a valid dictionary")
    return value


def strings(value: Any, place: str) -> tuple[str, ...]:
    """A list of strings, or none. Raises Bedrock's ValidationException for anything else."""
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise invalid(f"{place}: Input should be a valid list of strings")
    return tuple(value)


def string(fields: Mapping[str, Any], key: str, place: str) -> str:
    """A field that must be there and be a string. Raises Bedrock's ValidationException otherwise."""
    if key not in fields:
        raise invalid(f"{place}.{key}: Field required")
    value = fields[key]
    if not isinstance(value, str):
        raise invalid(f"{place}.{key}: Input should be a valid string")
    return value


def only(fields: Mapping[str, Any], known: frozenset[str], place: str = "") -> None:
    """Refuse a field that is not known. Raises Bedrock's ValidationException."""
    for name in fields:
        if name not in known:
            raise invalid(f"{place}{'.' if place else ''}{name}: Extra inputs are not permitted")

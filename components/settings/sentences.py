"""What is wrong with a setting, as one sentence."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

UNKNOWN = {"extra_forbidden", "unexpected_keyword_argument"}


def sentence(error: ValidationError, settings: type[BaseModel]) -> str:
    """The first fault: the setting by its path, its value, and the way out."""
    fault = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in fault["loc"])
    if fault["type"] in UNKNOWN:
        return f"{where} is no setting: choose from {', '.join(_siblings(settings, fault['loc']))}"
    if fault["type"] in {"enum", "literal_error"}:
        return f"{where} is {fault['input']}: choose {fault['ctx']['expected'].replace(chr(39), '')}"
    if fault["type"] in {"missing", "missing_argument"}:
        return f"{where} is missing: set it"
    return f"{where} is {_shown(fault)}: {fault['msg'].removeprefix('Input should be ').removeprefix('Value error, ')}"


def _shown(fault: ErrorDetails) -> str:
    text = str(fault["input"])
    return text if len(text) <= 60 else f"{text[:57]}..."  # noqa: PLR2004 - a sentence's room for a value


def _siblings(settings: type[BaseModel], path: Sequence[int | str]) -> list[str]:
    """The keys that stand where an unknown one was found."""
    schema: dict[str, Any] = TypeAdapter(settings).json_schema()
    node = schema
    for part in path[:-1]:
        node = _resolved(node.get("properties", {}).get(part, {}), schema)
    return list(node.get("properties", {}))


def _resolved(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    for choice in (node, *node.get("anyOf", ())):
        if "$ref" in choice:
            found: dict[str, Any] = schema["$defs"][choice["$ref"].rsplit("/", 1)[-1]]
            return found
    return node

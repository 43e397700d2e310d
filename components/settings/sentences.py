"""What is wrong with a setting, as one sentence."""

import json
from collections.abc import Sequence
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

UNKNOWN: Final = {"extra_forbidden", "unexpected_keyword_argument"}
# What is asked for, by the first part of pydantic's name of the fault.
KINDS: Final = {
    "bool": "true or false",
    "dict": "an object",
    "float": "a number",
    "int": "a whole number",
    "model": "an object",
    "dataclass": "an object",
    "string": "a text",
    "tuple": "a list",
    "finite": "a number that is one",
}
# By pydantic's name of the fault.
BOUNDS: Final = {
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "{ge} or more",
    "less_than_equal": "at most {le}",
}
LONGEST_VALUE: Final = 60


def sentence(error: ValidationError, settings: type[BaseModel]) -> str:
    """The first fault: the setting by its path, its value, and the way out."""
    fault = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in fault["loc"])
    if fault["input"] == "" and fault["type"] not in UNKNOWN:
        return f"{where} is empty: set it, or leave it out"
    if fault["type"] in UNKNOWN:
        return f"{where} is no setting: choose from {', '.join(_siblings(settings, fault['loc']))}"
    if fault["type"] in {"enum", "literal_error"}:
        return f"{where} is {_shown(fault)}: choose {fault['ctx']['expected'].replace(chr(39), '')}"
    if fault["type"] in {"missing", "missing_argument"}:
        return f"{where} is missing: set it"
    if (bound := BOUNDS.get(fault["type"])) is not None:
        return f"{where} is {_shown(fault)}: choose {bound.format(**fault['ctx'])}"
    kind = KINDS.get(fault["type"].partition("_")[0])
    return f"{where} is {_shown(fault)}: {f'choose {kind}' if kind else fault['msg']}"


def _shown(fault: ErrorDetails) -> str:
    given = fault["input"]
    text = given if isinstance(given, str) else json.dumps(given, default=str)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."


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

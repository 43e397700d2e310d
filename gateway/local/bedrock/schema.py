"""A value that fits a JSON schema: what a tool is called with, and what a structured answer says."""

from collections.abc import Mapping
from typing import Any, Final

from stargate.gateway.local.bedrock.errors import BedrockError, invalid

# A schema may refer to itself.
DEEPEST: Final = 8
# Longer than any tool's name or list; a client must not make the emulator write more.
LONGEST: Final = 1000


def fitting(schema: Any, root: Mapping[str, Any], depth: int = 0) -> Any:
    """The first choice, the least number, the required properties alone; `root` is what references start from.

    Raises Bedrock's ValidationException for a schema that is none.
    """
    if not isinstance(schema, Mapping) or depth > DEEPEST:
        return None
    if "$ref" in schema:
        return fitting(_resolved(schema["$ref"], root), root, depth + 1)
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    if choices := _list(schema, "enum"):
        return choices[0]
    for key in ("anyOf", "oneOf"):
        if choices := _list(schema, key):
            return fitting(choices[0], root, depth + 1)
    if _list(schema, "allOf"):
        return fitting(_merged(schema, root), root, depth + 1)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    return _of_type(next(iter(kind), "null") if isinstance(kind, list) else kind, schema, root, depth)


def _of_type(kind: Any, schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Any:
    match kind:
        case "object":
            known = _object(schema, "properties")
            names = _list(schema, "required")
            if not all(isinstance(name, str) for name in names):
                raise _wrong()
            return {name: fitting(known.get(name, {}), root, depth + 1) for name in names}
        case "array":
            count = min(int(_number(schema, "minItems", 0)), LONGEST)
            return [fitting(schema.get("items", {}), root, depth + 1) for _ in range(count)]
        case "integer" | "number":
            least = _number(schema, "minimum", min(1, _number(schema, "maximum", 1)))
            return max(least, _number(schema, "exclusiveMinimum", least - 1) + 1)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            count = min(int(_number(schema, "minLength", 0)), LONGEST)
            return "example".ljust(count, "x")[: int(_number(schema, "maxLength", LONGEST))]


def _merged(schema: Mapping[str, Any], root: Mapping[str, Any]) -> dict[str, Any]:
    """A schema with the properties and the requirements of all its parts."""
    merged = {key: value for key, value in schema.items() if key != "allOf"}
    for part in _list(schema, "allOf"):
        if not isinstance(part, Mapping):
            raise _wrong()
        whole = _resolved(part["$ref"], root) if "$ref" in part else part
        properties = {**_object(merged, "properties"), **_object(whole, "properties")}
        required = [*_list(merged, "required"), *_list(whole, "required")]
        merged = {**merged, **whole, "properties": properties, "required": required}
    return merged


def _resolved(reference: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Any = root
    for step in str(reference).removeprefix("#").split("/")[1:]:
        found = found.get(step) if isinstance(found, Mapping) else None
    if not isinstance(found, Mapping):
        raise _wrong()
    return found


def _list(schema: Mapping[str, Any], key: str) -> list[Any]:
    found = schema.get(key, [])
    if not isinstance(found, list):
        raise _wrong()
    return found


def _object(schema: Mapping[str, Any], key: str) -> Mapping[Any, Any]:
    found = schema.get(key, {})
    if not isinstance(found, Mapping):
        raise _wrong()
    return found


def _number(schema: Mapping[str, Any], key: str, default: float) -> float:
    found = schema.get(key, default)
    if not isinstance(found, int | float) or isinstance(found, bool):
        raise _wrong()
    return found


def _wrong() -> BedrockError:
    return invalid("input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12.")

"""The generated blocks about the deployment: settings, resources, outputs, costs, alarms."""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

from stargate.components.alarm_events import DATABASE_EVENT, DATABASE_EVENTS, EVENTS
from stargate.components.alarm_rules import Thresholds, condition
from stargate.components.alarm_table import ALARMS
from stargate.components.costs import estimate
from stargate.components.policy import RULES
from stargate.components.preview import preview, short
from stargate.components.settings import Settings
from stargate.components.testing import Graph, Resource
from stargate.docs.markdown import table

STACKS: Final = ("dev", "prod")
RUNBOOK: Final = "runbooks/aws.md"


@cache
def _graph(stack: str) -> Graph:
    return preview(Path.cwd(), stack)


def settings() -> str:
    """Every key of every area, with its type, its default and its meaning."""
    schema = Settings.model_json_schema()
    parts = []
    for area, node in schema["properties"].items():
        rows = list(_rows(_resolved(node, schema), schema, ""))
        parts.append(f"### {area}\n\n{node['description']}\n\n{table(('key', 'type', 'default', 'meaning'), rows)}")
    return "\n".join(parts)


def _rows(node: dict[str, Any], schema: dict[str, Any], above: str) -> Iterator[tuple[str, str, str, str]]:
    for key, field in node.get("properties", {}).items():
        inner = _resolved(field, schema)
        path = f"{above}{key}"
        # pydantic leaves a description out that its type's own says already.
        meaning = " ".join(str(field.get("description", "")).split()) or _first(inner)
        if inner.get("properties"):
            absent = " none without" if "default" in field and field["default"] is None else ""
            yield f"`{path}`", f"object{',' + absent if absent else ''}", "", meaning
            yield from _rows(inner, schema, f"{path}.")
        else:
            yield f"`{path}`", _kind(field, schema), f"`{_default(field)}`", meaning
    if not node.get("properties"):
        yield "any key", "string", "", "the value of the tag"


def _first(node: dict[str, Any]) -> str:
    return str(node.get("description", "")).split("\n", maxsplit=1)[0]


def _resolved(node: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    for choice in (node, *node.get("anyOf", ())):
        if "$ref" in choice:
            found: dict[str, Any] = schema["$defs"][choice["$ref"].rsplit("/", 1)[-1]]
            return found
    return node


def _kind(field: dict[str, Any], schema: dict[str, Any]) -> str:
    node = _resolved(field, schema)
    if "enum" in node:
        return " or ".join(f"`{value}`" for value in node["enum"])
    kinds = [choice.get("type", "") for choice in field.get("anyOf", [node])]
    return " or ".join(kind for kind in kinds if kind and kind != "null")


def _default(field: dict[str, Any]) -> str:
    value = field.get("default")
    if value is None:
        return "none"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return str(value).lower()
    return "none" if value == {} else str(value)


def costs() -> str:
    """What each component of both stacks costs a month, and what was taken for granted."""
    estimates = {stack: estimate(_graph(stack)) for stack in STACKS}
    by_component = {stack: found.by_component() for stack, found in estimates.items()}
    names = list(dict.fromkeys(name for found in by_component.values() for name in found))
    rows: list[tuple[str, ...]] = [
        (f"`{name}`", *(_usd(by_component[stack].get(name, 0)) for stack in STACKS)) for name in names
    ]
    rows.append(("**together**", *(f"**{_usd(estimates[stack].total_usd)}**" for stack in STACKS)))
    first = next(iter(estimates.values()))
    said = "".join(f"- {sentence}\n" for sentence in first.assumptions)
    return (
        f"Dollars a month at {first.region}'s list prices of {first.as_of}:\n\n"
        f"{table(('component', *STACKS), rows)}\n{said}"
    )


def price() -> str:
    """The two totals, for the README."""
    shown = " and ".join(f"about ${estimate(_graph(stack)).total_usd:.0f} a month for `{stack}`" for stack in STACKS)
    return f"AWS charges {shown}, the models' tokens aside ([docs/costs.md](docs/costs.md)).\n"


def _usd(value: float) -> str:
    return f"{value:.2f}" if value else ""


def resources() -> str:
    """The components of both stacks, and of how many resources of which types each is made."""
    parts = []
    for stack in STACKS:
        graph = _graph(stack)
        rows = [
            (f"`{top.name}`", f"`{short(top).rsplit(':', 1)[-1]}`", count, _types(graph, top))
            for top in sorted(graph.children(""), key=lambda r: r.name)
            for count in [graph.counts()[top.name]]
        ]
        head = ("name", "component", "resources", "made of")
        parts.append(f"### {stack}: {len(graph.resources)} resources\n\n{table(head, rows)}")
    return "\n".join(parts)


def _types(graph: Graph, top: Resource) -> str:
    kinds = Counter(short(resource).partition(":")[2].replace(":", ".") for resource in _within(graph, top))
    return ", ".join(f"{count} {kind}" if count > 1 else kind for kind, count in sorted(kinds.items()))


def _within(graph: Graph, top: Resource) -> Iterable[Resource]:
    for child in graph.children(top.urn):
        if child.custom:
            yield child
        yield from _within(graph, child)


def outputs() -> str:
    """What a stack tells whoever deployed it, and the keys of each answer."""
    found = _graph(STACKS[-1]).outputs
    rows = [
        (f"`{name}`", ", ".join(f"`{key}`" for key in value) if isinstance(value, dict) else "text")
        for name, value in found.items()
    ]
    return table(("output", "holds"), rows)


def alarms() -> str:
    """CloudWatch's alarms and the events that no metric keeps."""
    thresholds = Thresholds()
    rows = [
        (f"[{alarm.key}]({RUNBOOK}#{alarm.key})", alarm.severity.value, condition(alarm, thresholds), alarm.summary)
        for alarm in ALARMS
    ]
    rows += [(f"[{event.key}]({RUNBOOK}#{event.key})", "ticket", "the event itself", event.summary) for event in EVENTS]
    told = f"RDS tells of the database: {', '.join(DATABASE_EVENTS)}."
    rows.append((f"[{DATABASE_EVENT}]({RUNBOOK}#{DATABASE_EVENT})", "ticket", "the event itself", told))
    return table(("alarm", "severity", "when", "meaning"), rows)


def policy() -> str:
    """Every rule of the policy."""
    return table(
        ("rule", "statement"), [(f"`{rule.key}`", " ".join(rule.statement.split("\n\n")[0].split())) for rule in RULES]
    )


BLOCKS: Final = {
    "alarms-aws": alarms,
    "costs": costs,
    "outputs": outputs,
    "policy": policy,
    "price": price,
    "resources": resources,
    "settings": settings,
}

"""`stargate preview`: what `pulumi up` would make, in seconds and without an account."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stargate.errors import StargateError

if TYPE_CHECKING:
    from stargate.components.costs import Estimate
    from stargate.components.testing import Graph


def show(
    stack: Annotated[str, typer.Option("--stack", "-s", help="The stack: its settings are Pulumi.STACK.yaml.")],
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="A setting as if it were so, repeatable: cache.enabled=true, or a whole area as JSON.",
        ),
    ] = None,
    program: Annotated[Path, typer.Option("--program", help="The folder of the Pulumi program.")] = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="For scripts, with every input but secrets.")] = False,
) -> None:
    """Show the tree of resources, how many each component has, what a month costs, and the outputs."""
    from stargate.components.configuration import configuration
    from stargate.components.costs import partial_estimate
    from stargate.components.preview import run

    if not as_json:
        print(f"Previewing {stack}, without an engine ...", file=sys.stderr)
    folder = program.absolute()
    found = configuration(folder, stack, dict(_change(text) for text in set_ or ()))
    graph = run(folder, stack, found)
    costs = partial_estimate(graph)
    if as_json:
        print(json.dumps(_plain(graph, costs, stack, found.region), indent=2))
        return
    _print(graph, costs, stack, found.region)
    if costs.unpriced:
        named = ", ".join(f"{missing.resource} ({missing.what})" for missing in costs.unpriced)
        print(f"not counted: {named}: no price is known here", file=sys.stderr)


def _change(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise StargateError(f"--set is {text}: write KEY=VALUE, such as 'cache={{\"enabled\": true}}'")
    return key, value


def _print(graph: "Graph", costs: "Estimate", stack: str, region: str) -> None:
    from stargate.components.preview import lines
    from stargate.gateway.cli.tables import table

    rows = list(lines(graph, stack))
    width = max(len(type_) for type_, _ in rows)
    for type_, name in rows:
        print(f" +  {type_:<{width}}  {name}")
    print()
    by_component = costs.by_component()
    table(
        ("component", "resources", "dollars a month"),
        [
            *((name, str(count), f"{by_component.get(name, 0):.2f}") for name, count in graph.counts().items()),
            ("all", str(len(graph.resources)), f"{costs.total_usd:.2f}"),
        ],
    )
    print(f"\n{_prices(costs, region)}\n\nOutputs:")
    for line in _outputs(graph.shown_outputs(), "  "):
        print(line)


def _prices(costs: "Estimate", region: str) -> str:
    """What the dollars are, and what they are not."""
    aside = "Bedrock's tokens" + (" and what has no price here" if costs.unpriced else "")
    elsewhere = "" if region == costs.region else f" This stack is in {region}."
    return f"{costs.region}'s list prices of {costs.as_of}, {aside} aside.{elsewhere}"


def _outputs(values: Mapping[str, Any], indent: str) -> Iterator[str]:
    """A line for each, its value in a column; an object's own below it, further lines of a text below its first."""
    width = max((len(name) for name in values), default=0)
    for name, value in values.items():
        if isinstance(value, dict):
            yield f"{indent}{name}"
            yield from _outputs(value, f"{indent}  ")
        else:
            first, *more = str(value).splitlines() or [""]
            yield f"{indent}{name:<{width}}  {first}"
            yield from (f"{indent}{'':<{width}}  {line}" for line in more)


def _plain(graph: "Graph", costs: "Estimate", stack: str, region: str) -> dict[str, object]:
    from stargate.components.preview import short

    return {
        "stack": stack,
        "region": region,
        "resources": [
            {
                "type": short(resource),
                "name": resource.name,
                "urn": resource.urn,
                "parent": resource.parent,
                "protect": resource.protect,
                "inputs": resource.shown(),
            }
            for resource in graph.resources
        ],
        "counts": graph.counts(),
        "monthly_usd": {name: round(float(value), 2) for name, value in costs.by_component().items()},
        "total_monthly_usd": round(float(costs.total_usd), 2),
        "unpriced": [
            {"component": missing.component, "resource": missing.resource, "what": missing.what}
            for missing in costs.unpriced
        ],
        "prices_region": costs.region,
        "prices_as_of": str(costs.as_of),
        "outputs": graph.shown_outputs(),
    }

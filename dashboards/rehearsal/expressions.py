"""What a PromQL expression reads: its metrics, with the labels that it asks of each, and what it takes rates of."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import promql_parser

from stargate.dashboards.rehearsal import macros
from stargate.dashboards.rehearsal.macros import Range

# Any range will do for reading an expression.
RANGE = Range(begin=0, end=3600)
RATES = frozenset({"rate", "irate", "increase"})


@dataclass(frozen=True, kw_only=True)
class Selector:
    """One metric of an expression, the labels that are matched or kept, and the function that is around it."""

    metric: str
    labels: frozenset[str]
    function: str | None
    window: str | None


def parsed(expression: str, names: Sequence[str]) -> Any:
    """An expression's tree, with `.+` for every variable. Raises ValueError for one that is not PromQL."""
    values: Mapping[str, Sequence[str]] = {name: ["x"] for name in names}
    return promql_parser.parse(macros.promql(expression, values, RANGE))


def selectors(
    node: Any, kept: frozenset[str] = frozenset(), function: str | None = None, window: str | None = None
) -> Iterator[Selector]:
    """Every metric below a node of the tree."""
    match type(node).__name__:
        case "VectorSelector":
            labels = {matcher.name for matcher in node.matchers.matchers}
            yield Selector(metric=node.name, labels=frozenset(labels) | kept, function=function, window=window)
        case "MatrixSelector":
            yield from selectors(node.vector_selector, kept, function, str(node.range))
        case "Call":
            for argument in node.args:
                yield from selectors(argument, kept, node.func.name, window)
        case "AggregateExpr":
            by = (
                frozenset(node.modifier.labels)
                if node.modifier and str(node.modifier).startswith("by")
                else frozenset()
            )
            # `le` is every bucket's and no histogram's.
            yield from selectors(node.expr, kept | (by - {"le"}), function, window)
        case "BinaryExpr":
            for side in (node.lhs, node.rhs):
                yield from selectors(side, kept, function, window)
        case "ParenExpr" | "UnaryExpr" | "SubqueryExpr":
            yield from selectors(node.expr, kept, function, window)
        case "NumberLiteral" | "StringLiteral":
            return
        case other:
            raise ValueError(f"an expression of the kind {other} is not read here")

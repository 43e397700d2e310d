"""The kinds of panel that the dashboards are made of, each with what no panel goes without.

A title, a sentence that says what it answers and what to do about it, a unit, and a legend that can be read. Colours
mean the same everywhere: green is well, yellow is to be watched, red is where an alert fires.
"""

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from stargate.dashboards import sdk
from stargate.dashboards.sdk import bargauge, common, kinds, models, stat, table, timeseries

# Grafana's grid is 24 wide.
GRID: Final = 24
GREEN, YELLOW, ORANGE, RED, BLUE, GREY = "green", "yellow", "orange", "red", "blue", "text"


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A panel and how much of the grid it takes."""

    builder: Any
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Column:
    """How a table shows one of its columns."""

    unit: str | None = None
    gauge: bool = False
    """Shown as a bar from 0 to 1."""
    link: str | None = None
    """Where a click leads, with `${__value.raw}` for the value."""
    link_title: str = ""
    hidden: bool = False


def number(
    title: str,
    why: str,
    query: Any,
    *,
    unit: str,
    steps: Mapping[float, str] | None = None,
    width: int = 4,
    decimals: int | None = None,
    series: bool = False,
) -> Panel:
    """One number, coloured by its thresholds; with `series` one a series, each under its name."""
    built = (
        stat.Panel()
        .unit(unit)
        .color_mode(kinds.BigValueColorMode.VALUE)
        .graph_mode(kinds.BigValueGraphMode.NONE if series else kinds.BigValueGraphMode.AREA)
        .text_mode(kinds.BigValueTextMode.VALUE_AND_NAME if series else kinds.BigValueTextMode.VALUE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        # Without requests nothing takes long and no share is known; a count of nothing is 0.
        .no_value("no request" if unit in {"s", "percentunit"} else "0")
    )
    return _finished(built, title, why, [query], steps, width=width, height=4, decimals=decimals)


def lines(
    title: str,
    why: str,
    *queries: Any,
    unit: str,
    steps: Mapping[float, str] | None = None,
    width: int = 12,
    stacked: bool = False,
    bars: bool = False,
    colours: Mapping[str, str] | None = None,
    decimals: int | None = None,
) -> Panel:
    """Series over time, with each one's last and greatest value in the legend; stacked, or as bars a day."""
    built = (
        timeseries.Panel()
        .unit(unit)
        .min(0)
        .line_width(1 if stacked or bars else 2)
        .fill_opacity(60 if bars else 25 if stacked else 5)
        .show_points(kinds.VisibilityMode.AUTO)
        .legend(_legend("sum" if bars else "lastNotNull", "max"))
        .tooltip(common.VizTooltipOptions().mode(kinds.TooltipDisplayMode.MULTI).sort(kinds.SortOrder.DESCENDING))
    )
    if bars:
        built = built.draw_style(kinds.GraphDrawStyle.BARS).bar_alignment(kinds.BarAlignment.AFTER)
    if stacked or bars:
        built = built.stacking(common.StackingConfig().mode(kinds.StackingMode.NORMAL))
    if steps:
        built = built.thresholds_style(common.GraphThresholdsStyleConfig().mode(kinds.GraphThresholdsStyleMode.DASHED))
    for pattern, colour in (colours or {}).items():
        fixed = models.DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": colour})
        built = built.override_by_regexp(pattern, [fixed])
    return _finished(built, title, why, queries, steps, width=width, height=8, decimals=decimals)


def shares(
    title: str,
    why: str,
    query: Any,
    *,
    unit: str,
    steps: Mapping[float, str],
    width: int = 12,
    most: float | None = None,
) -> Panel:
    """A bar a series, longest first as its query sorts them."""
    built = (
        bargauge.Panel()
        .unit(unit)
        .min(0)
        .display_mode(kinds.BarGaugeDisplayMode.BASIC)
        .orientation(kinds.VizOrientation.HORIZONTAL)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    )
    if most is not None:
        built = built.max(most)
    return _finished(built, title, why, [query], steps, width=width, height=8)


def rows(
    title: str,
    why: str,
    query: Any,
    columns: Mapping[str, Column],
    *,
    steps: Mapping[float, str] | None = None,
    width: int = GRID,
    height: int = 9,
) -> Panel:
    """A table in the order of its query; the thresholds colour the columns that are gauges."""
    built = table.Panel().show_header(show_header=True).filterable(filterable=True).unit("short")
    for name, column in columns.items():
        built = built.override_by_name(name, _properties(column))
    return _finished(built, title, why, [query], steps, width=width, height=height)


def _finished(
    built: Any,
    title: str,
    why: str,
    queries: Sequence[Any],
    steps: Mapping[float, str] | None,
    *,
    width: int,
    height: int,
    decimals: int | None = None,
) -> Panel:
    built = built.title(title).description(why).thresholds(_thresholds(steps or {}))
    if decimals is not None:
        built = built.decimals(decimals)
    for letter, query in zip(string.ascii_uppercase, queries, strict=False):
        if hasattr(query, "ref_id"):
            query.ref_id(letter)
        built = built.with_target(query)
    built = built.datasource(queries[0].build().to_json()["datasource"])
    return Panel(builder=built, width=width, height=height)


def _legend(*calculations: str) -> Any:
    return (
        common.VizLegendOptions()
        .show_legend(show_legend=True)
        .display_mode(kinds.LegendDisplayMode.TABLE)
        .placement(kinds.LegendPlacement.BOTTOM)
        .calcs(list(calculations))
    )


def _thresholds(steps: Mapping[float, str]) -> Any:
    """Green, or blue where nothing is good or bad, up to the first step."""
    every = [models.Threshold(value=None, color=GREEN if steps else BLUE)]
    every += [models.Threshold(value=value, color=colour) for value, colour in steps.items() if value > float("-inf")]
    if steps and float("-inf") in steps:
        every[0] = models.Threshold(value=None, color=steps[float("-inf")])
    return sdk.dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(every)


def _properties(column: Column) -> list[Any]:
    found: list[tuple[str, Any]] = []
    if column.unit:
        found.append(("unit", column.unit))
    if column.gauge:
        found += [("custom.cellOptions", {"type": "gauge", "mode": "basic"}), ("min", 0), ("max", 1)]
    if column.link:
        # Another dashboard opens in place, other pages beside.
        elsewhere = not column.link.startswith("/d/")
        found.append(("links", [{"title": column.link_title, "url": column.link, "targetBlank": elsewhere}]))
    if column.hidden:
        found.append(("custom.hidden", True))
    return [models.DynamicConfigValue(id_val=name, value=value) for name, value in found]

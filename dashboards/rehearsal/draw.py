"""The kinds of panel, drawn into a frame that has its title already."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, DateFormatter, date2num
from matplotlib.ticker import MaxNLocator

from stargate.dashboards.rehearsal.stores import Answer, Series
from stargate.dashboards.rehearsal.units import shown

# Grafana's dark theme, and the colours that it gives to series in turn.
GROUND, PAPER, PLAIN, QUIET, LINE = "#111217", "#181b1f", "#d8d9da", "#8e8e99", "#2c3235"
PALETTE: Final = (
    *("#73bf69", "#f2cc0c", "#5794f2", "#ff9830", "#b877d9", "#8ab8ff", "#f2495c", "#96d98d", "#ffb357", "#ca95e5"),
)
NAMED: Final = {
    "green": "#73bf69",
    "yellow": "#f2cc0c",
    "orange": "#ff9830",
    "red": "#f2495c",
    "blue": "#5794f2",
    "text": PLAIN,
}
LEGEND_LINES: Final = 4
ROW_INCHES: Final = 0.25
TITLE_INCHES: Final = 0.34
DAY: Final = 86_400
WIDEST_CELL: Final = 30


def number(frame: Axes, panel: Mapping[str, Any], answers: Sequence[Answer]) -> None:
    """One number, or one a series, with a line of its past below it."""
    found = _series(answers)
    defaults = panel["fieldConfig"]["defaults"]
    for index, one in enumerate(found):
        value = _last(one)
        text, colour = shown(value, defaults["unit"]), _threshold(defaults, value)
        middle = (index + 0.5) / len(found)
        frame.text(middle, 0.46, text, color=colour, fontsize=19, ha="center", va="center", weight="bold")
        if len(found) > 1:
            frame.text(middle, 0.16, one.name, color=QUIET, fontsize=8, ha="center", va="center")
    if not found:
        frame.text(0.5, 0.46, defaults.get("noValue", "0"), color=QUIET, fontsize=16, ha="center", va="center")
    if len(found) == 1 and len(found[0].times) > 1:
        below = frame.inset_axes((0.0, 0.0, 1.0, 0.24))
        colour = _threshold(defaults, _last(found[0]))
        below.fill_between(found[0].times, found[0].values, color=colour, alpha=0.25, linewidth=0)
        below.plot(found[0].times, found[0].values, color=colour, linewidth=1)
        below.set_axis_off()


def lines(frame: Axes, panel: Mapping[str, Any], answers: Sequence[Answer]) -> None:
    """Lines, areas upon each other, or bars a day, with a legend below."""
    found = sorted(_series(answers), key=lambda one: -float(np.nansum(one.values)))
    custom, unit = panel["fieldConfig"]["defaults"]["custom"], panel["fieldConfig"]["defaults"]["unit"]
    width, height = _inches(frame)
    left, below = 0.75 / width, (0.42 + 0.17 * min(len(found), LEGEND_LINES)) / height
    axes = frame.inset_axes((left, below, 1 - left - 0.12 / width, 1 - below - TITLE_INCHES / height))
    axes.set_facecolor(PAPER)
    colours = _colours(panel, found)
    if custom.get("drawStyle") == "bars":
        _bars(axes, found, colours)
    elif custom.get("stacking", {}).get("mode") == "normal":
        _stack(axes, found, colours)
    else:
        for one, colour in zip(found, colours, strict=True):
            axes.plot(_times(one.times), one.values, color=colour, linewidth=1.5, marker="o", markersize=1.8)
    if "thresholdsStyle" in custom:
        _thresholds(axes, panel)
    _style(axes, unit)
    calculation = np.nansum if "sum" in panel["options"]["legend"]["calcs"] else None
    for index, (one, colour) in enumerate(zip(found[:LEGEND_LINES], colours, strict=False)):
        value = float(calculation(one.values)) if calculation else _last(one)
        more = (
            f"  and {len(found) - LEGEND_LINES} more" if index == LEGEND_LINES - 1 and len(found) > LEGEND_LINES else ""
        )
        y = (0.1 + 0.17 * (min(len(found), LEGEND_LINES) - 1 - index)) / height
        frame.plot([0.15 / width, 0.3 / width], [y, y], color=colour, linewidth=3, transform=frame.transAxes)
        frame.text(0.38 / width, y, f"{one.name}{more}", color=PLAIN, fontsize=7.5, va="center")
        frame.text(1 - 0.15 / width, y, shown(value, unit), color=PLAIN, fontsize=7.5, va="center", ha="right")
    frame.set_xlim(0, 1)
    frame.set_ylim(0, 1)


def shares(frame: Axes, panel: Mapping[str, Any], answers: Sequence[Answer]) -> None:
    """A horizontal bar a series."""
    found, defaults = _series(answers), panel["fieldConfig"]["defaults"]
    _, height = _inches(frame)
    values = [_last(one) for one in found]
    most = defaults.get("max") or max(values, default=1) or 1
    step = (1 - (TITLE_INCHES + 0.15) / height) / max(len(found), 4)
    left = 0.36
    for index, (one, value) in enumerate(zip(found, values, strict=True)):
        y = 1 - TITLE_INCHES / height - (index + 0.5) * step
        frame.text(left - 0.02, y, _short(one.name), color=PLAIN, fontsize=8.5, va="center", ha="right")
        frame.barh(y, 0.48, step * 0.6, left=left, color=LINE)
        frame.barh(y, 0.48 * min(value / most, 1), step * 0.6, left=left, color=_threshold(defaults, value))
        frame.text(left + 0.5, y, shown(value, defaults["unit"]), color=PLAIN, fontsize=8.5, va="center")
    frame.set_xlim(0, 1)
    frame.set_ylim(0, 1)


def rows(frame: Axes, panel: Mapping[str, Any], answers: Sequence[Answer]) -> None:
    """A table's first rows."""
    (found,) = answers
    units = {
        one["matcher"]["options"]: {each["id"]: each["value"] for each in one["properties"]}
        for one in panel["fieldConfig"]["overrides"]
    }
    width, height = _inches(frame)
    fitting = int((height - TITLE_INCHES - 0.1) / ROW_INCHES) - 1
    texts = [
        [
            _short("open" if _is_address(value) else shown(value, _unit(units, name)))
            for name, value in zip(found.columns, row, strict=True)
        ]
        for row in found.rows[:fitting]
    ]
    wanted = [max(len(line[index]) for line in [found.columns, *texts]) + 2 for index in range(len(found.columns))]
    edges = np.concatenate([[0], np.cumsum(wanted)]) / sum(wanted)
    y = 1 - (TITLE_INCHES + ROW_INCHES / 2) / height
    for index, name in enumerate(found.columns):
        frame.text(edges[index] + 0.1 / width, y, name, color=NAMED["blue"], fontsize=8, va="center")
    for line, row in zip(texts, found.rows, strict=False):
        y -= ROW_INCHES / height
        frame.axhline(y + ROW_INCHES / 2 / height, color=LINE, linewidth=0.6)
        for index, text in enumerate(line):
            if units.get(found.columns[index], {}).get("max") == 1 and row[index] is not None:
                room = edges[index + 1] - edges[index] - 0.2 / width
                colour = _threshold(panel["fieldConfig"]["defaults"], float(row[index]))
                bar = (room * min(float(row[index]), 1), 0.17 / height)
                frame.barh(y, bar[0], bar[1], left=edges[index] + 0.06 / width, color=colour, alpha=0.45)
            colour = NAMED["blue"] if "links" in units.get(found.columns[index], {}) else PLAIN
            frame.text(edges[index] + 0.1 / width, y, text, color=colour, fontsize=8, va="center")
    frame.set_xlim(0, 1)
    frame.set_ylim(0, 1)


def _unit(units: Mapping[str, Mapping[str, Any]], name: str) -> str:
    return str(units.get(name, {}).get("unit", "short"))


def _is_address(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("https://")


def _short(text: str) -> str:
    return text if len(text) <= WIDEST_CELL else f"{text[: WIDEST_CELL - 1]}…"


def _series(answers: Sequence[Answer]) -> list[Series]:
    """All series of a panel; a table's single number as one."""
    return [one for answer in answers for one in answer.series] + [
        Series(name=answer.columns[0], times=[0.0], values=[float(answer.rows[0][0])])
        for answer in answers
        if answer.columns and answer.rows and answer.rows[0][0] is not None
    ]


def _last(one: Series) -> float:
    known = [value for value in one.values if not np.isnan(value)]
    return known[-1] if known else float("nan")


def _threshold(defaults: Mapping[str, Any], value: float) -> str:
    steps = defaults["thresholds"]["steps"]
    reached = [step for step in steps if step["value"] is None or value >= step["value"]]
    return NAMED[reached[-1]["color"]]


def _colours(panel: Mapping[str, Any], found: Sequence[Series]) -> list[str]:
    """Each series' colour: the one that the panel fixes by its name, else the next of the palette."""
    fixed = {
        one["matcher"]["options"].strip("/"): NAMED[one["properties"][0]["value"]["fixedColor"]]
        for one in panel["fieldConfig"]["overrides"]
    }
    spare = iter(PALETTE * 10)
    return [
        next((colour for pattern, colour in reversed(fixed.items()) if re.search(pattern, one.name)), None)
        or next(spare)
        for one in found
    ]


def _bars(axes: Axes, found: Sequence[Series], colours: Sequence[str]) -> None:
    """Bars a day, upon each other."""
    days = sorted({time for one in found for time in one.times})
    height = np.zeros(len(days))
    axes.set_xlim(*_times([days[-1] - 6.2 * DAY, days[-1] + DAY]))
    for one, colour in zip(found, colours, strict=True):
        values = dict(zip(one.times, one.values, strict=True))
        tall = np.array([values.get(day, 0.0) for day in days])
        axes.bar(_times(days), tall, 0.7, bottom=height, color=colour, alpha=0.85, align="edge")
        height += tall


def _stack(axes: Axes, found: Sequence[Series], colours: Sequence[str]) -> None:
    times = sorted({time for one in found for time in one.times})
    height = np.zeros(len(times))
    for one, colour in zip(found, colours, strict=True):
        values = dict(zip(one.times, one.values, strict=True))
        tall = height + np.nan_to_num(np.array([values.get(time, 0.0) for time in times]))
        axes.fill_between(_times(times), height, tall, color=colour, alpha=0.3, linewidth=0)
        axes.plot(_times(times), tall, color=colour, linewidth=1)
        height = tall


def _thresholds(axes: Axes, panel: Mapping[str, Any]) -> None:
    """The dashed lines, where they lie in sight."""
    top = axes.get_ylim()[1]
    for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]:
        if step["value"] is not None and step["value"] <= top:
            axes.axhline(step["value"], color=NAMED[step["color"]], linewidth=1, linestyle="--")


def _style(axes: Axes, unit: str) -> None:
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(AutoDateLocator(minticks=3, maxticks=7))  # type: ignore[no-untyped-call] # matplotlib types it partly
    axes.xaxis_date(tz=UTC)
    low, high = axes.get_xlim()
    form = "%m-%d" if high - low > 1 else "%H:%M"
    axes.xaxis.set_major_formatter(DateFormatter(form, tz=UTC))  # type: ignore[no-untyped-call] # as above
    axes.yaxis.set_major_formatter(lambda value, _position: shown(value, unit))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.tick_params(colors=QUIET, labelsize=7, length=0)
    axes.grid(color=LINE, linewidth=0.6)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _times(seconds: Sequence[float]) -> list[float]:
    return [float(date2num(datetime.fromtimestamp(one, UTC))) for one in seconds]  # type: ignore[no-untyped-call] # as above


def _inches(frame: Axes) -> tuple[float, float]:
    box = frame.get_window_extent()
    dots = frame.figure.dpi
    return box.width / dots, box.height / dots

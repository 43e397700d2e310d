"""A dashboard drawn from its panels' own queries: one PNG with every panel where Grafana would place it.

It is no screenshot: what is checked by looking at it are the queries, the legends, the units and the thresholds.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from stargate.dashboards.panels import GRID
from stargate.dashboards.rehearsal import draw
from stargate.dashboards.rehearsal.draw import GROUND, PAPER, PLAIN, QUIET
from stargate.dashboards.rehearsal.macros import Range
from stargate.dashboards.rehearsal.stores import Answer, Stores, of_cloudwatch

WIDTH_INCHES: Final = 15.0
UNIT_INCHES: Final = 0.34
DPI: Final = 96
# A palette makes the file less than half as large, and holds every colour that is used.
COLOURS: Final = 224
GAP: Final = 0.12
HEAD_UNITS: Final = 2.2
AWS_UNITS: Final = 0.6

DRAWERS: Final[dict[str, Callable[[Axes, Mapping[str, Any], Sequence[Answer]], None]]] = {
    "stat": draw.number,
    "timeseries": draw.lines,
    "bargauge": draw.shares,
    "table": draw.rows,
}


@dataclass(frozen=True, kw_only=True)
class Band:
    """A row of a dashboard, with its panels; one of AWS's metrics alone is a list of them."""

    title: str
    top: int
    panels: Sequence[Mapping[str, Any]]

    @property
    def aws(self) -> bool:
        """Whether nothing of it can be asked here."""
        return all(of_cloudwatch(target) for panel in self.panels for target in panel["targets"])

    @property
    def height(self) -> float:
        """How much of the grid it takes."""
        if self.aws:
            return 1.4 + AWS_UNITS * len(self.panels)
        return float(max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in self.panels) - self.top)


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What a picture is drawn from."""

    dashboard: Mapping[str, Any]
    stores: Stores
    over: Range
    """What metrics are shown of."""
    days: Range
    """What the daily tables are shown of."""
    note: str

    def save(self, path: Path) -> None:
        """Draw it into a PNG."""
        with mpl.rc_context({"font.family": "DejaVu Sans", "text.parse_math": False}):
            figure = self._figure()
            buffer = BytesIO()
            figure.savefig(buffer, format="png", dpi=DPI, facecolor=GROUND)
        Image.open(buffer).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)

    def _figure(self) -> Figure:
        bands = list(_bands(self.dashboard["panels"]))
        units = HEAD_UNITS + sum(band.height for band in bands)
        figure = Figure(figsize=(WIDTH_INCHES, units * UNIT_INCHES))
        top = 1 - 0.9 / units
        figure.text(0.008, top, self.dashboard["title"], color=PLAIN, fontsize=17, weight="bold", va="center")
        figure.text(0.992, top, self.note, color=QUIET, fontsize=9, va="center", ha="right")
        values = self.stores.variables(self.dashboard, self.over)
        above = HEAD_UNITS
        for band in bands:
            y = 1 - (above + 0.5) / units
            figure.text(0.008, y, band.title, color=PLAIN, fontsize=11, va="center", weight="bold")
            for number, panel in enumerate(band.panels):
                if band.aws:
                    text = f"{panel['title']}: {', '.join(_asked(panel))}"
                    figure.text(
                        0.012, y - (number + 1) * AWS_UNITS / units, text, color=QUIET, fontsize=8.5, va="center"
                    )
                    continue
                place = panel["gridPos"]
                bottom = 1 - (above + place["y"] - band.top + place["h"]) / units
                self._panel(figure, panel, values, (bottom, units))
            above += band.height
        return figure

    def _panel(
        self, figure: Figure, panel: Mapping[str, Any], values: Mapping[str, Sequence[str]], below: tuple[float, float]
    ) -> None:
        bottom, units = below
        place = panel["gridPos"]
        box = (
            (place["x"] + GAP / 2) / GRID,
            bottom + GAP / 2 / units,
            (place["w"] - GAP) / GRID,
            (place["h"] - GAP) / units,
        )
        frame = figure.add_axes(box, facecolor=PAPER, xticks=(), yticks=())
        for spine in frame.spines.values():
            spine.set_visible(False)
        inches = (box[2] * WIDTH_INCHES, box[3] * units * UNIT_INCHES)
        frame.text(0.1 / inches[0], 1 - 0.17 / inches[1], panel["title"], color=PLAIN, fontsize=9.5, va="center")
        answers = [
            self.stores.answer(target, values, self.days if "rawSql" in target else self.over)
            for target in panel["targets"]
        ]
        DRAWERS[panel["type"]](frame, panel, answers)


def _bands(panels: Sequence[Mapping[str, Any]]) -> Iterator[Band]:
    starts = [number for number, panel in enumerate(panels) if panel["type"] == "row"]
    for start, end in zip(starts, [*starts[1:], len(panels)], strict=True):
        row, needs = panels[start], panels[start + 1 : end]
        band = Band(title=row["title"], top=row["gridPos"]["y"], panels=needs)
        yield replace(band, title=f"{band.title} (needs AWS)") if band.aws else band


def _asked(panel: Mapping[str, Any]) -> list[str]:
    return sorted({f"{target['namespace']} {target['metricName']}" for target in panel["targets"]})

"""A dashboard drawn from its panels' own queries: one PNG with every panel where Grafana would place it.

It is no screenshot: what is checked by looking at it are the queries, the legends, the units and the thresholds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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
# Few colours are used: a palette makes the file a third as large.
COLOURS: Final = 96
GAP: Final = 0.12
HEAD_UNITS: Final = 2.2

DRAWERS: Final[dict[str, Callable[[Axes, Mapping[str, Any], Sequence[Answer]], None]]] = {
    "stat": draw.number,
    "timeseries": draw.lines,
    "bargauge": draw.shares,
    "table": draw.rows,
}


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
        panels = self.dashboard["panels"]
        units = HEAD_UNITS + max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in panels)
        figure = Figure(figsize=(WIDTH_INCHES, units * UNIT_INCHES))
        top = 1 - 0.9 / units
        figure.text(0.008, top, self.dashboard["title"], color=PLAIN, fontsize=17, weight="bold", va="center")
        figure.text(0.992, top, self.note, color=QUIET, fontsize=9, va="center", ha="right")
        values = self.stores.variables(self.dashboard, self.over)
        for panel in panels:
            place = panel["gridPos"]
            bottom = 1 - (HEAD_UNITS + place["y"] + place["h"]) / units
            if panel["type"] == "row":
                middle = bottom + place["h"] / units / 2
                figure.text(0.008, middle, panel["title"], color=PLAIN, fontsize=11, va="center", weight="bold")
                continue
            self._panel(figure, panel, values, (bottom, units))
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
        aws = [target for target in panel["targets"] if of_cloudwatch(target)]
        if aws:
            asked = "\n".join(sorted({f"{target['namespace']} {target['metricName']}" for target in aws}))
            frame.text(0.5, 0.45, f"needs AWS\n{asked}", color=QUIET, fontsize=8.5, ha="center", va="center")
            return
        answers = [
            self.stores.answer(target, values, self.days if "rawSql" in target else self.over)
            for target in panel["targets"]
        ]
        DRAWERS[panel["type"]](frame, panel, answers)

"""The stores behind the dashboards of a local gateway, asked as Grafana asks them."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx
import psycopg

from stargate.dashboards.frame import TRACING_PLACEHOLDER
from stargate.dashboards.rehearsal import macros
from stargate.dashboards.rehearsal.macros import Range
from stargate.gateway import spend_reader
from stargate.gateway.local import postgres
from stargate.gateway.local.state import address, folder

SECONDS = 30.0
# How many points a panel has at most.
POINTS = 120


@dataclass(frozen=True, kw_only=True)
class Series:
    """One series of a panel: its name in the legend, and its times and values."""

    name: str
    times: Sequence[float]
    values: Sequence[float]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a query answered: series, or a table."""

    series: Sequence[Series] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = ()

    @property
    def empty(self) -> bool:
        """Whether a panel would show nothing."""
        if self.columns:
            return not any(value is not None for row in self.rows for value in row)
        return all(math.isnan(value) for one in self.series for value in one.values)


class Stores:
    """The metrics store, and LiteLLM's database as the spend reader."""

    def __init__(self, state_folder: Path | None = None, traces_url: str = "") -> None:
        """Take the folder of a running gateway, and where its traces would be shown."""
        state = folder(state_folder).load()
        self._metrics = httpx.Client(base_url=address(state.ports.inner["metrics"]), timeout=SECONDS)
        self._database = psycopg.connect(
            postgres.url(state.ports.inner["postgres"], state.secrets.reader_password, user=spend_reader.ROLE),
            autocommit=True,
        )
        self._traces_url = traces_url

    def close(self) -> None:
        """Close the connections."""
        self._metrics.close()
        self._database.close()

    def __enter__(self) -> Self:
        """Use it in a `with` statement, which closes its connections."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close the connections."""
        self.close()

    def variables(self, dashboard: Mapping[str, Any], over: Range) -> dict[str, list[str]]:
        """The values of every variable that can be asked for here: those of CloudWatch cannot."""
        found: dict[str, list[str]] = {}
        for variable in dashboard["templating"]["list"]:
            kind = variable.get("datasource", {}).get("type")
            if variable["type"] == "constant":
                found[variable["name"]] = [variable["query"].replace(TRACING_PLACEHOLDER, self._traces_url)]
            elif kind == "prometheus":
                found[variable["name"]] = self._label_values(variable["query"]["query"], over)
            elif kind == "grafana-postgresql-datasource":
                found[variable["name"]] = [str(row[0]) for row in self.table(variable["query"]).rows]
        return found

    def answer(self, target: Mapping[str, Any], values: Mapping[str, Sequence[str]], over: Range) -> Answer:
        """What a panel's target answers; raises what the store refuses it with."""
        if "rawSql" in target:
            found = self.table(macros.sql(target["rawSql"], values, over))
            return _as_series(found) if target["format"] == "time_series" else found
        expression = macros.promql(target["expr"], values, over)
        legend = target.get("legendFormat", "")
        return (
            self.instant(expression, over.end, legend)
            if target.get("instant")
            else self.range(expression, over, legend)
        )

    def instant(self, expression: str, at: float, legend: str = "") -> Answer:
        """An expression's value at one time."""
        found = self._get("query", query=expression, time=at)
        return Answer(
            series=[
                Series(name=_named(one["metric"], legend), times=[one["value"][0]], values=[float(one["value"][1])])
                for one in found
            ]
        )

    def range(self, expression: str, over: Range, legend: str = "") -> Answer:
        """An expression's values over a range; the last is of its end, whenever it began."""
        step = max(over.scrape_seconds, over.seconds // POINTS)
        start = over.end - step * math.ceil((over.end - over.begin) / step)
        found = self._get("query_range", query=expression, start=start, end=over.end, step=step)
        return Answer(
            series=[
                Series(
                    name=_named(one["metric"], legend),
                    times=[float(point[0]) for point in one["values"]],
                    values=[float(point[1]) for point in one["values"]],
                )
                for one in found
            ]
        )

    def table(self, statement: str) -> Answer:
        """A statement's rows, as the spend reader."""
        # Without parameters a percent sign and a question mark stay what they are.
        cursor = self._database.execute(statement.encode())
        return Answer(columns=[column.name for column in cursor.description or ()], rows=cursor.fetchall())

    def labels(self, metric: str, over: Range) -> set[str]:
        """Every label of a metric's series; none if there is no such series."""
        found = self._get("series", **{"match[]": metric, "start": over.begin, "end": over.end})
        return {name for one in found for name in one}

    def _label_values(self, query: str, over: Range) -> list[str]:
        found = re.fullmatch(r"label_values\((.+), (\w+)\)", query)
        if found is None:
            raise ValueError(f"{query} is no label_values(metric, label)")
        series = self._get("series", **{"match[]": found[1], "start": over.begin, "end": over.end})
        return sorted({one[found[2]] for one in series if found[2] in one})

    def _get(self, path: str, **parameters: Any) -> list[Any]:
        answer = self._metrics.get(f"/api/v1/{path}", params={**parameters, "nocache": "1"})
        answer.raise_for_status()
        data = answer.json()["data"]
        found: list[Any] = data if isinstance(data, list) else data["result"]
        return found


def targets(dashboard: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Every panel with each of its targets."""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            yield panel, target


def of_cloudwatch(target: Mapping[str, Any]) -> bool:
    """Whether a target asks AWS."""
    return str(target["datasource"]["type"]) == "cloudwatch"


def _as_series(found: Answer) -> Answer:
    """Rows of time, metric and value as series, as Grafana's `time_series` format makes them."""
    named: dict[str, list[tuple[float, float]]] = {}
    at = {name: index for index, name in enumerate(found.columns)}
    for row in found.rows:
        if row[at["value"]] is not None:
            point = (row[at["time"]].timestamp(), float(row[at["value"]]))
            named.setdefault(str(row[at["metric"]]), []).append(point)
    return Answer(
        series=[
            Series(name=name, times=[time for time, _ in points], values=[value for _, value in points])
            for name, points in named.items()
        ]
    )


def _named(labels: Mapping[str, str], legend: str) -> str:
    if not legend:
        return labels.get("__name__", "") or "value"
    return re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda found: labels.get(found[1], ""), legend)

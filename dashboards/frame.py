"""What all dashboards have in common: their place among each other, their variables, and what is marked on their times.

They are written as Grafana's classic JSON, which file provisioning takes in every version from 10 to 13.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from stargate.dashboards.panels import GRID, Panel
from stargate.dashboards.queries import CLOUDWATCH, METRICS, SPEND
from stargate.dashboards.sdk import JSONEncoder, kinds, models
from stargate.dashboards.sdk import dashboard as builders

TAG: Final = "stargate"
# Grafana's image writes the address of the traces' pages in its place when it starts; empty where there are none.
TRACING_PLACEHOLDER: Final = "@TRACING_URL@"
REFRESH: Final = "1m"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A question, and the panels that answer it, from left to right."""

    title: str
    panels: Sequence[Panel]


def metrics_source() -> Any:
    """The variable that chooses the metrics store."""
    return _source("datasource", "Data Source", "prometheus", "metrics", "Metrics")


def spend_source() -> Any:
    """The variable that chooses LiteLLM's database."""
    return _source("spend", "Spend", str(SPEND.type_val), "spend", "Spend")


def cloudwatch_source() -> Any:
    """The variable that chooses CloudWatch."""
    return _source("cloudwatch", "CloudWatch", str(CLOUDWATCH.type_val), "cloudwatch", "CloudWatch")


def label(name: str, title: str, of: str, metric: str) -> Any:
    """A choice among the values of a metric's label, all of them at first."""
    query = {"query": f"label_values({metric}, {of})", "refId": name}
    return _choice(name, title, METRICS, query, str(query["query"]))


def column(name: str, title: str, statement: str) -> Any:
    """A choice among the rows of a statement, all of them at first."""
    return _choice(name, title, SPEND, statement, statement)


def dimension(name: str, title: str, namespace: str, metric: str, key: str) -> Any:
    """A choice among the values of a dimension of CloudWatch's, all of them at first."""
    query = {
        "queryType": "dimensionValues",
        "namespace": namespace,
        "metricName": metric,
        "dimensionKey": key,
        "region": "$region",
        "refId": name,
    }
    return _choice(name, title, CLOUDWATCH, query, f"{namespace} {key}").all_value("*")


def regions(names: Sequence[str]) -> Any:
    """A choice among AWS regions; `default` is the data source's own."""
    every = ["default", *names]
    options = [models.VariableOption(text=name, value=name, selected=name == "default") for name in every]
    return (
        builders.CustomVariable("region").label("Region").values(",".join(every)).options(options).current(options[0])
    )


def leading_to(uid: str, variable: str) -> str:
    """A link from a cell to another dashboard, which shows the cell's value alone, in the same time."""
    return f"/d/{uid}?var-{variable}=${{__value.raw:percentencode}}&${{__url_time_range}}"


def traces() -> Any:
    """The address of the traces' pages, for links; nobody chooses it."""
    return builders.ConstantVariable("traces").value(TRACING_PLACEHOLDER)


def dashboard(
    uid: str,
    title: str,
    what: str,
    variables: Sequence[Any],
    rows: Sequence[Row],
    *,
    since: str = "now-6h",
    timezone: str = "browser",
) -> dict[str, Any]:
    """A dashboard as Grafana stores it; panels are numbered in order of reading.

    One whose bars are days of UTC has that as its time zone, else each would stand on two of the browser's days.
    """
    built = (
        builders.Dashboard(title)
        .uid(uid)
        .description(what)
        .tags([TAG])
        .readonly()
        .timezone(timezone)
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .time(since, "now")
        .refresh(REFRESH)
        .variables(list(variables))
        .annotations([_starts(), _alerts()])
        .link(
            builders.DashboardLink("Stargate")
            .type(models.DashboardLinkType.DASHBOARDS)
            .tags([TAG])
            .keep_time(keep_time=True)
        )
    )
    number, top = 0, 0
    for row in rows:
        number += 1
        band = models.GridPos(x=0, y=top, w=GRID, h=1)
        built = built.with_row(builders.Row(row.title).id(number).grid_pos(band))
        top += 1
        left, height = 0, 0
        for panel in row.panels:
            if left + panel.width > GRID:
                left, top, height = 0, top + height, 0
            number += 1
            place = models.GridPos(x=left, y=top, w=panel.width, h=panel.height)
            built = built.with_panel(panel.builder.id(number).grid_pos(place))
            left, height = left + panel.width, max(height, panel.height)
        top += height
    plain: dict[str, Any] = json.loads(JSONEncoder().encode(built.build()))
    # The SDK would hide links and marks in a menu.
    for shown in (*plain["links"], *plain["annotations"]["list"]):
        del shown["placement"]
    return {"id": None, **plain}


def text(found: Mapping[str, Any]) -> str:
    """The JSON as it is committed."""
    return json.dumps(found, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _source(name: str, title: str, kind: str, uid: str, shown: str) -> Any:
    chosen = models.VariableOption(text=shown, value=uid, selected=True)
    return builders.DatasourceVariable(name).label(title).type(kind).current(chosen)


def _choice(name: str, title: str, source: kinds.DataSourceRef, query: Any, definition: str) -> Any:
    everything = models.VariableOption(text="All", value="$__all", selected=True)
    return (
        builders.QueryVariable(name)
        .label(title)
        .datasource(source)
        .query(query)
        .definition(definition)
        .multi(multi=True)
        .include_all(include_all=True)
        .current(everything)
        # A new team or model is there as soon as the time range changes.
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
    )


def _starts() -> Any:
    """A LiteLLM that started: a deploy, a scaling step or a restart.

    A new task is a new instance, so that nothing of it changes: it is one that was not there, or not since then, five
    minutes ago. Its value, in milliseconds, is where the mark stands, so that all points of one start are one mark.
    """
    started = 'process_start_time_seconds{job="litellm"}'
    expression = f"1000 * ({started} unless ({started} == {started} offset 5m))"
    marked = _marked("Starts of LiteLLM", expression, "blue", "LiteLLM started", "{{instance}}")
    return marked.use_value_for_time(use_value_for_time=True)


def _alerts() -> Any:
    return _marked(
        "Firing alerts",
        'ALERTS{alertstate="firing"}',
        "red",
        "{{alertname}}",
        "{{severity}} {{team_alias}} {{requested_model}}",
    )


def _marked(name: str, expression: str, colour: str, title: str, shown: str) -> Any:
    return (
        builders.AnnotationQuery()
        .name(name)
        .datasource(METRICS)
        .enable(enable=True)
        .icon_color(colour)
        .expr(expression)
        .title_format(title)
        .text_format(shown)
        .step("60s")
    )

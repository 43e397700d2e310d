"""What a panel asks: PromQL of the metrics store, SQL of LiteLLM's daily tables, or a metric of CloudWatch."""

from typing import Any, Final

from stargate.dashboards import sdk
from stargate.dashboards.sdk import PromQueryFormat, cloudwatch_kinds, kinds, prometheus

# The variables by which a dashboard chooses its data sources; in each, the provisioned one is chosen.
METRICS: Final = kinds.DataSourceRef(type_val="prometheus", uid="${datasource}")
SPEND: Final = kinds.DataSourceRef(type_val="grafana-postgresql-datasource", uid="${spend}")
CLOUDWATCH: Final = kinds.DataSourceRef(type_val="cloudwatch", uid="${cloudwatch}")


class Sql:
    """A query of PostgreSQL's data source, for which the SDK has no type."""

    def __init__(self, statement: str, *, over_time: bool = False) -> None:
        """Take a statement; `over_time` makes its columns `time`, `metric` and `value` series, else a table."""
        self.statement = statement
        self.over_time = over_time
        self.letter = "A"

    def ref_id(self, letter: str) -> None:
        """Take the letter that the panel gives it."""
        self.letter = letter

    def build(self) -> "Sql":
        """Itself: the SDK takes builders."""
        return self

    def to_json(self) -> dict[str, Any]:
        """As Grafana stores it."""
        return {
            "datasource": SPEND,
            "editorMode": "code",
            "format": "time_series" if self.over_time else "table",
            "rawQuery": True,
            "rawSql": self.statement,
            "refId": self.letter,
        }


def promql(expression: str, legend: str = "") -> Any:
    """Series over the dashboard's time range; the legend's `{{label}}` is replaced."""
    return prometheus.Dataquery().datasource(METRICS).expr(expression).legend_format(legend).range()


def instant(expression: str, legend: str = "") -> Any:
    """One value a series, at the end of the time range."""
    query = prometheus.Dataquery().datasource(METRICS).expr(expression).legend_format(legend)
    return query.instant().format(PromQueryFormat.TIME_SERIES)


def cloudwatch(namespace: str, metric: str, statistic: str, legend: str, **dimensions: str) -> Any:
    """One metric of CloudWatch, a series for every value of a dimension that is `*` or a variable."""
    return (
        sdk.cloudwatch.MetricsQuery()
        .datasource(CLOUDWATCH)
        .query_mode("Metrics")
        .metric_query_type(cloudwatch_kinds.MetricQueryType.SEARCH)
        .metric_editor_mode(cloudwatch_kinds.MetricEditorMode.BUILDER)
        .region("$region")
        .namespace(namespace)
        .metric_name(metric)
        .statistic(statistic)
        .dimensions({name: [value] for name, value in dimensions.items()})
        .match_exact(match_exact=True)
        .label(legend)
        .period("")
        .expression("")
        .id("")
    )

"""What stands in for Grafana in the rehearsal: its variables and macros, and its units."""

from datetime import UTC, datetime

import pytest

from stargate.dashboards.rehearsal import expressions, macros
from stargate.dashboards.rehearsal.macros import Range
from stargate.dashboards.rehearsal.units import shown

BEGIN = datetime(2026, 11, 24, 12, 0, tzinfo=UTC).timestamp()
HOUR = Range(begin=BEGIN, end=BEGIN + 3600)


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ("rate(x_total[$__rate_interval])", "rate(x_total[60s])"),
        ("increase(x_total[$__range])", "increase(x_total[3600s])"),
        ("x * $__range_s", "x * 3600"),
        ('x{team=~"$team"}', 'x{team=~"(a|b\\\\.c)"}'),
        ('x{team=~"${team}"}', 'x{team=~"(a|b\\\\.c)"}'),
        ('x{teams=~"$teams"}', 'x{teams=~"$teams"}'),
    ],
)
def test_an_expression_is_sent_as_grafana_sends_it(asked, sent):
    assert macros.promql(asked, {"team": ["a", "b.c"]}, HOUR) == sent


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        ("team IN ($team)", "team IN ('a', 'O''Brien')"),
        ("left($__timeFrom(), 10)", "left('2026-11-24T12:00:00Z', 10)"),
        ('$__timeFilter(l."startTime")', "l.\"startTime\" BETWEEN '2026-11-24T12:00:00Z' AND '2026-11-24T13:00:00Z'"),
        ("'$traces/users/'", "'https://traces.example.com/users/'"),
    ],
)
def test_a_statement_is_sent_as_grafana_sends_it(asked, sent):
    values = {"team": ["a", "O'Brien"], "traces": ["https://traces.example.com"]}
    assert macros.sql(asked, values, HOUR) == sent


def test_an_expression_tells_what_it_reads():
    tree = expressions.parsed('sum by (team) (rate(x_total{a="b"}[$__rate_interval])) / on (team) (y < +Inf)', [])
    found = {(one.metric, one.labels, one.function) for one in expressions.selectors(tree)}
    assert found == {("x_total", frozenset({"a", "team"}), "rate"), ("y", frozenset(), None)}


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0525, "percentunit", "5.25 %"),
        (25.804, "currencyUSD", "$25.80"),
        (0.00031, "currencyUSD", "$0.0003"),
        (0.0475, "s", "47.5 ms"),
        (90, "s", "1.5 min"),
        (0.25, "d", "6 h"),
        (43.387, "d", "43.4 days"),
        (704_643_072, "bytes", "672 MiB"),
        (11_000_000, "short", "11 M"),
        (float("nan"), "reqps", "-"),
        (None, "short", ""),
    ],
)
def test_a_value_is_shown_as_a_person_reads_it(value, unit, text):
    assert shown(value, unit) == text

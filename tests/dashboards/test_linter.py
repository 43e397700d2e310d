"""The rules of Grafana's dashboard-linter, written anew, with the places that do not follow them and why."""

import copy

import pytest
from committed import DASHBOARDS, every_dashboard, panels, targets, variables
from grafana_foundation_sdk.models import units

from stargate.dashboards.rehearsal import expressions

UNITS = {value for name, value in vars(units).items() if not name.startswith("_") and isinstance(value, str)}
PROMETHEUS = "prometheus"

# Rule -> where it does not hold -> why.
EXCLUSIONS = {
    "template-job": {
        "*": "one stack has one gateway: its job is `litellm` in the scrape configuration, and nobody's choice",
    },
    "template-instance": {
        "*": "a task's address lives as long as the task; Gateway alone offers it, to find the one that differs",
    },
    "target-rate-interval": {
        "Failing calls, by model": "five minutes, as in its alert",
        "An hour, now": "an hour is what it answers",
        "Budget lasts, at this hour's pace": "an hour is what it answers",
    },
}


def excluded(rule, where):
    return where in EXCLUSIONS.get(rule, {}) or "*" in EXCLUSIONS.get(rule, {})


def template_datasource(dashboard):
    found = variables(dashboard)["datasource"]
    return [] if (found["type"], found["label"], found["query"]) == ("datasource", "Data Source", PROMETHEUS) else ["*"]


def template_on_time_change_reload(dashboard):
    return [name for name, one in variables(dashboard).items() if one["type"] == "query" and one["refresh"] != 2]


def template_job(dashboard):
    return [] if "job" in variables(dashboard) else ["*"]


def template_instance(dashboard):
    return [] if "instance" in variables(dashboard) else ["*"]


def panel_datasource(dashboard):
    chosen = {f"${{{name}}}" for name, one in variables(dashboard).items() if one["type"] == "datasource"}
    return [panel["title"] for panel in panels(dashboard) if panel["datasource"]["uid"] not in chosen]


def panel_title_description(dashboard):
    return [panel["title"] for panel in panels(dashboard) if not panel["title"] or len(panel["description"]) < 20]


def panel_units(dashboard):
    return [panel["title"] for panel in panels(dashboard) if panel["fieldConfig"]["defaults"]["unit"] not in UNITS]


def panel_no_targets(dashboard):
    return [panel["title"] for panel in panels(dashboard) if not panel["targets"]]


def uneditable_dashboard(dashboard):
    return ["*"] if dashboard["editable"] else []


def selectors(dashboard):
    names = list(variables(dashboard))
    return [
        (title, one)
        for title, target in targets(dashboard, PROMETHEUS)
        for one in expressions.selectors(expressions.parsed(target["expr"], names))
    ]


def target_promql(dashboard):
    names, wrong = list(variables(dashboard)), []
    for title, target in targets(dashboard, PROMETHEUS):
        try:
            expressions.parsed(target["expr"], names)
        except ValueError:
            wrong.append(title)
    return wrong


def target_rate_interval(dashboard):
    return [
        title
        for title, target in targets(dashboard, PROMETHEUS)
        if any(f"{name}(" in target["expr"] for name in expressions.RATES)
        and "[$__rate_interval]" not in target["expr"]
    ]


def target_counter_agg(dashboard):
    return [
        title
        for title, one in selectors(dashboard)
        if one.metric.endswith(("_total", "_bucket")) and one.function not in expressions.RATES
    ]


RULES = {
    name.replace("_", "-"): rule
    for name, rule in list(globals().items())
    if name.startswith(("template_", "panel_", "target_", "uneditable_"))
}


@pytest.mark.parametrize("rule", RULES)
@every_dashboard
def test_the_dashboards_follow_the_rule(dashboard, rule):
    assert [where for where in RULES[rule](dashboard) if not excluded(rule, where)] == []


def test_every_exclusion_is_needed():
    for rule, places in EXCLUSIONS.items():
        found = {where for dashboard in DASHBOARDS.values() for where in RULES[rule](dashboard)}
        assert set(places) <= found, f"{rule}: {set(places) - found} follow it now"


BREAKS = {
    "template-datasource": lambda one: variables(one)["datasource"].update(label="Where"),
    "template-on-time-change-reload": lambda one: variables(one)["model"].update(refresh=1),
    "panel-datasource": lambda one: panels(one)[0]["datasource"].update(uid="metrics"),
    "panel-title-description": lambda one: panels(one)[0].update(description=""),
    "panel-units": lambda one: panels(one)[0]["fieldConfig"]["defaults"].update(unit="parsecs"),
    "panel-no-targets": lambda one: panels(one)[0].update(targets=[]),
    "uneditable-dashboard": lambda one: one.update(editable=True),
    "target-promql": lambda one: panels(one)[0]["targets"][0].update(expr="sum(rate(x_total[5m])"),
    "target-rate-interval": lambda one: panels(one)[0]["targets"][0].update(expr="rate(x_total[5m])"),
    "target-counter-agg": lambda one: panels(one)[0]["targets"][0].update(expr="sum(x_total)"),
}


@pytest.mark.parametrize("rule", BREAKS)
def test_a_break_of_the_rule_is_seen(rule):
    broken = copy.deepcopy(DASHBOARDS["stargate-gateway"])
    BREAKS[rule](broken)
    assert RULES[rule](broken)


def test_every_rule_can_be_broken():
    assert set(RULES) - set(BREAKS) == {"template-job", "template-instance"}, "those two hold nowhere"

"""The committed JSON agrees with its source, and Grafana can lay it out."""

import copy
import itertools
import json
import re

import pytest
from committed import DASHBOARDS, FOLDER, every_dashboard, panels, variables
from grafana_foundation_sdk.cog import plugins

from stargate.dashboards import __main__ as generator
from stargate.dashboards.sdk import JSONEncoder, models

# Of Grafana's classic schema, what a dashboard and a panel cannot do without, and of which type.
DASHBOARD_FIELDS = {
    "uid": str,
    "title": str,
    "description": str,
    "tags": list,
    "schemaVersion": int,
    "panels": list,
    "templating": dict,
    "annotations": dict,
    "links": list,
    "time": dict,
    "refresh": str,
    "editable": bool,
}
PANEL_FIELDS = {
    "id": int,
    "type": str,
    "title": str,
    "description": str,
    "gridPos": dict,
    "datasource": dict,
    "targets": list,
    "fieldConfig": dict,
    "options": dict,
}
KINDS = {"stat", "timeseries", "table", "bargauge"}
SOURCES = {"prometheus", "grafana-postgresql-datasource", "cloudwatch"}


def overlapping(placed):
    def apart(one, other):
        return (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        )

    return [
        (one["title"], other["title"])
        for one, other in itertools.combinations(placed, 2)
        if not apart(one["gridPos"], other["gridPos"])
    ]


def test_the_committed_files_are_what_the_source_makes():
    committed = {path.name: path.read_text() for path in (FOLDER / "json").glob("*.json")}
    assert committed == generator.files(), "run `make docs`"


def test_a_stale_file_is_an_error_and_is_written_anew(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(generator, "FOLDER", tmp_path)
    monkeypatch.setattr("sys.argv", ["dashboards"])
    assert generator.main() == 0
    (tmp_path / "stargate-cost.json").write_text("{}")
    (tmp_path / "of-yesterday.json").write_text("{}")
    monkeypatch.setattr("sys.argv", ["dashboards", "--check"])
    assert generator.main() == 1
    assert "stargate-cost.json, of-yesterday.json" in capsys.readouterr().err
    monkeypatch.setattr("sys.argv", ["dashboards"])
    generator.main()
    monkeypatch.setattr("sys.argv", ["dashboards", "--check"])
    assert generator.main() == 0


def test_the_five_dashboards_have_the_addresses_that_alerts_link_to():
    assert set(DASHBOARDS) == {
        "stargate-claude-code",
        "stargate-cost",
        "stargate-gateway",
        "stargate-models",
        "stargate-platform",
    }
    assert [one["uid"] for one in DASHBOARDS.values()] == list(DASHBOARDS)


@every_dashboard
def test_a_dashboard_has_the_fields_of_grafanas_classic_schema(dashboard):
    wrong = [name for name, kind in DASHBOARD_FIELDS.items() if not isinstance(dashboard.get(name), kind)]
    assert not wrong
    # A number would be another installation's; the newer schema is refused by provisioning from files.
    assert dashboard["id"] is None
    assert not {"__inputs", "__requires", "apiVersion", "spec"} & set(dashboard)
    assert dashboard["schemaVersion"] >= 36


def reread(dashboard):
    """The dashboard through Grafana's own types, which keep what they know and lose what they do not."""
    plugins.register_default_plugins()
    found = json.loads(JSONEncoder().encode(models.Dashboard.from_json(copy.deepcopy(dashboard))))
    # Theirs would hide the links and the marks in a menu.
    for one in (*found["links"], *found["annotations"]["list"]):
        del one["placement"]
    return {"id": None, **found}


@every_dashboard
def test_grafanas_types_know_every_field(dashboard):
    assert reread(dashboard) == dashboard


@pytest.mark.parametrize("where", ["dashboard", "panel", "options", "target"])
def test_a_misspelt_field_would_be_seen(where):
    broken = copy.deepcopy(DASHBOARDS["stargate-gateway"])
    panel = panels(broken)[0]
    {"dashboard": broken, "panel": panel, "options": panel["options"], "target": panel["targets"][0]}[where]["mode"] = 1
    assert reread(broken) != broken


@every_dashboard
def test_every_panel_has_the_fields_of_grafanas_classic_schema(dashboard):
    for panel in panels(dashboard):
        wrong = [name for name, kind in PANEL_FIELDS.items() if not isinstance(panel.get(name), kind)]
        assert not wrong, panel["title"]
        assert panel["type"] in KINDS
        assert panel["datasource"]["type"] in SOURCES
        letters = [target["refId"] for target in panel["targets"]]
        assert letters == list("ABCDEFGH"[: len(letters)]), panel["title"]


@every_dashboard
def test_panels_are_numbered_and_no_two_lie_upon_each_other(dashboard):
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert ids == list(range(1, len(ids) + 1))
    assert not overlapping(dashboard["panels"])
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in dashboard["panels"])


@every_dashboard
def test_a_panel_that_lies_upon_another_would_be_seen(dashboard):
    moved = copy.deepcopy(dashboard["panels"])
    moved[2]["gridPos"]["x"] -= 1
    assert overlapping(moved)


@every_dashboard
def test_rows_leave_no_gap_on_their_right(dashboard):
    lines = {}
    for panel in dashboard["panels"]:
        lines.setdefault(panel["gridPos"]["y"], []).append(panel["gridPos"]["w"])
    assert {y: sum(widths) for y, widths in lines.items()} == dict.fromkeys(lines, 24)


@every_dashboard
def test_titles_are_not_used_twice(dashboard):
    titles = [panel["title"] for panel in panels(dashboard)]
    same = {title for title in titles if titles.count(title) > 1}
    assert not same


@every_dashboard
def test_every_variable_in_a_query_or_link_is_defined(dashboard):
    known = set(variables(dashboard))
    text = (FOLDER / "json" / f"{dashboard['uid']}.json").read_text()
    used = set(re.findall(r"\$\{?([a-z]\w*)(?=\W)", text)) | set(re.findall(r"\$([a-z]\w*)\b", text))
    assert used <= known, used - known
    assert known <= used | {"traces"}, f"chosen and not used: {known - used}"


@every_dashboard
def test_dashboards_lead_to_each_other_and_keep_the_time(dashboard):
    (link,) = dashboard["links"]
    assert (link["type"], link["tags"], link["keepTime"]) == ("dashboards", ["stargate"], True)
    assert dashboard["tags"] == ["stargate"]


@every_dashboard
def test_starts_and_firing_alerts_are_marked(dashboard):
    marks = {one["name"]: one["expr"] for one in dashboard["annotations"]["list"]}
    assert set(marks) == {"Starts of LiteLLM", "Firing alerts"}
    assert marks["Firing alerts"] == 'ALERTS{alertstate="firing"}'


@every_dashboard
def test_a_start_is_marked_where_its_value_says_in_milliseconds(dashboard):
    marks = {one["name"]: one for one in dashboard["annotations"]["list"]}
    assert marks["Starts of LiteLLM"]["useValueForTime"] is True
    assert marks["Starts of LiteLLM"]["expr"].startswith("1000 * ")
    assert not marks["Firing alerts"].get("useValueForTime"), "theirs is 1"


@every_dashboard
def test_days_of_utc_are_shown_in_utc(dashboard):
    lines = [one["fieldConfig"]["defaults"]["custom"] for one in panels(dashboard) if one["type"] == "timeseries"]
    bars = [one for one in lines if one.get("drawStyle") == "bars"]
    assert dashboard["timezone"] == ("utc" if bars else "browser")


def test_a_cell_leads_to_a_dashboard_that_has_the_variable():
    found = [
        re.match(r"/d/([a-z-]+)\?var-(\w+)=", link["url"])
        for dashboard in DASHBOARDS.values()
        for panel in panels(dashboard)
        for override in panel["fieldConfig"]["overrides"]
        for one in override["properties"]
        if one["id"] == "links"
        for link in one["value"]
    ]
    inside = [one.groups() for one in found if one]
    assert len(inside) == 2
    assert all(name in variables(DASHBOARDS[uid]) for uid, name in inside)


@pytest.mark.parametrize(
    ("uid", "title"),
    [("stargate-cost", "Users"), ("stargate-cost", "Keys"), ("stargate-claude-code", "Each developer")],
)
def test_a_row_leads_where_its_own_cell_says(uid, title):
    panel = next(one for one in panels(DASHBOARDS[uid]) if one["title"] == title and one["type"] == "table")
    (override,) = [one for one in panel["fieldConfig"]["overrides"] if one["matcher"]["options"] == "Traces"]
    (links,) = [one["value"] for one in override["properties"] if one["id"] == "links"]
    assert links[0]["url"] == "${__value.raw}"

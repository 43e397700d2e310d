"""The committed dashboards, and the panels and queries in them."""

import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "dashboards"
DASHBOARDS = {path.stem: json.loads(path.read_text()) for path in sorted((FOLDER / "json").glob("*.json"))}
# A conftest.py would stand in the way of another folder's, which tests import by that name.
every_dashboard = pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=DASHBOARDS.keys())


def panels(dashboard):
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def variables(dashboard):
    return {variable["name"]: variable for variable in dashboard["templating"]["list"]}


def targets(dashboard, kind):
    """Every panel's title with each target of a kind of data source."""
    return [
        (panel["title"], target)
        for panel in panels(dashboard)
        for target in panel["targets"]
        if target["datasource"]["type"] == kind
    ]

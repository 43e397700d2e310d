"""Every alert has a section in its runbook and a case in the rule tests, and there is neither without an alert."""

import json
import re
from pathlib import Path

import pytest
import yaml
from alert_cases import CASES

from stargate.dashboards.alerts.rules import alerts, render

ROOT = Path(__file__).parents[2]
GROUPS = {group: [alert.name for alert in every] for group, every in alerts().items()}


def sections(group):
    """A runbook's sections and what stands in each."""
    text = (ROOT / "docs" / "runbooks" / f"{group}.md").read_text()
    parts = re.split(r"^## (\w+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


@pytest.mark.parametrize("group", GROUPS)
def test_alerts_sections_and_cases_are_the_same(group):
    assert list(sections(group)) == GROUPS[group], "in one order, too"
    assert set(CASES[group]) == set(GROUPS[group])


@pytest.mark.parametrize("group", GROUPS)
def test_a_section_says_what_it_means_how_to_look_and_what_to_do(group):
    for name, text in sections(group).items():
        assert re.findall(r"^\*\*(Means|Look|Do)\*\* \S", text, re.MULTILINE) == ["Means", "Look", "Do"], name


def test_every_link_from_an_alert_leads_to_a_section():
    for group in GROUPS:
        for rule in yaml.safe_load(render(stack="dev")[f"{group}.yaml"])["groups"][0]["rules"]:
            if "alert" in rule:
                page, _, anchor = rule["annotations"]["runbook"].partition("#")
                assert (ROOT / page).exists()
                assert anchor in {name.lower() for name in sections(group)}


def test_links_between_the_runbooks_lead_somewhere():
    links = [
        (group, page or f"{group}.md", anchor)
        for group in GROUPS
        for page, anchor in re.findall(r"\]\(([a-z]*(?:\.md)?)#(\w+)\)", "\n".join(sections(group).values()))
    ]
    assert len(links) > 10
    for group, page, anchor in links:
        assert anchor in {name.lower() for name in sections(page.removesuffix(".md"))}, f"{group}: {page}#{anchor}"


def panels(text):
    """Every panel that a text sends its reader to."""
    return re.findall(r"\bpanel \*([^*]+)\*", text, re.IGNORECASE)


@pytest.mark.parametrize("group", GROUPS)
def test_every_panel_that_a_runbook_names_is_on_a_dashboard(group):
    boards = [json.loads(path.read_text()) for path in (ROOT / "dashboards" / "json").glob("*.json")]
    titles = {panel["title"] for board in boards for panel in board["panels"] if panel["type"] != "row"}
    named = panels((ROOT / "docs" / "runbooks" / f"{group}.md").read_text())
    assert named, "at least one in each"
    assert set(named) <= titles
    assert not set(panels("**Look** Panel *Errors by model*.")) <= titles, "one that is not there would be seen"

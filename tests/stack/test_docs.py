"""The pages about the deployment say what is so."""

import re
import runpy
from pathlib import Path

import pytest
from typer.main import get_command

from stargate.components.policy import check
from stargate.components.preview import preview
from stargate.components.testing import record
from stargate.docs import gateway, on_aws
from stargate.gateway.cli.app import app

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
# What stands in code: between backticks, or on a line of a block.
CODE = re.compile(r"```.*?```|`[^`]+`", re.DOTALL)


@pytest.fixture(scope="module")
def prod() -> set[str]:
    return {resource.name for resource in preview(ROOT, "prod").resources}


def named() -> list[str]:
    page = (ROOT / "docs" / "architecture.md").read_text()
    table = page[page.index("| arrow |") : page.index("## What it is made of")]
    return re.findall(r"`([a-z0-9-]+)`", table)


def test_every_resource_that_carries_an_arrow_exists(prod):
    assert len(named()) > 30
    assert [name for name in named() if name not in prod] == []
    assert "front-lb-edge-from-everywhere" not in prod, "a name that is made up must be missed"


def test_every_arrow_of_the_seed_design_is_walked():
    page = (ROOT / "docs" / "architecture.md").read_text()
    arrows = re.findall(r"^\| (.+? -> .+?) \|", page, re.MULTILINE)
    for start, end in [
        ("client", "CloudFront"),
        ("CloudFront", "load balancer"),
        ("load balancer", "LiteLLM"),
        ("load balancer", "Grafana"),
        ("load balancer", "Langfuse"),
        ("LiteLLM", "Bedrock"),
        ("LiteLLM", "PostgreSQL"),
        ("LiteLLM", "Langfuse"),
        ("Langfuse", "PostgreSQL"),
        ("VictoriaMetrics", "LiteLLM"),
        ("Grafana", "VictoriaMetrics"),
        ("tasks", "Secrets Manager"),
    ]:
        assert any(start in arrow.split(" -> ")[0] and end in arrow.split(" -> ")[1] for arrow in arrows), (start, end)


def test_the_example_program_holds_the_policy_and_asks_nothing_of_the_gateway():
    program = ROOT / "examples" / "own_program"
    graph = preview(program, "dev")
    assert graph.outputs["address"] == "wiki.wiki-dev.internal"
    assert check(graph) == (), "the page of the components recommends this very check"
    assert "stargate.gateway" not in (program / "__main__.py").read_text()
    rule = graph.one("SecurityGroupIngressRule", "db-from-wiki")
    assert rule.inputs["referencedSecurityGroupId"] == "wiki-group-id"


def test_every_page_that_another_names_is_there():
    gone = [
        (page.name, target)
        for page in PAGES
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert gone == []


def told(text: str, program: str) -> list[list[str]]:
    """The words that follow a program's name wherever a text shows it being run."""
    code = " \n ".join(CODE.findall(text))
    found = re.findall(rf"(?:^|[\s`(]|\.venv/bin/){program}((?: [a-z|]+)+)", code, re.MULTILINE)
    return [words.split() for words in found]


def unknown_targets(text: str) -> list[str]:
    known = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    return [target for words in told(text, "make") for target in words if target not in known]


def unknown_commands(text: str) -> list[list[str]]:
    def known(words: list[str], group: object) -> bool:
        commands = getattr(group, "commands", {})
        return (
            not words
            or not commands
            or all(name in commands and known(words[1:], commands[name]) for name in words[0].split("|"))
        )

    return [words for words in told(text, "stargate") if not known(words, get_command(app))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_a_page_shows_exists(page):
    assert unknown_targets(page.read_text()) == []
    assert unknown_commands(page.read_text()) == []


def test_a_command_that_does_not_exist_is_missed():
    every = "\n".join(page.read_text() for page in PAGES)
    assert len(told(every, "make")) > 10
    assert len(told(every, "stargate")) > 10
    assert unknown_targets("`make check teleport`") == ["teleport"]
    assert unknown_commands("```\n$ .venv/bin/stargate teleport --stack dev\n```") == [["teleport"]]
    assert unknown_commands("`stargate local up|teleport`") == [["local", "up|teleport"]]


def test_every_section_of_the_alarms_runbook_is_a_row_of_their_table():
    sections = re.findall(r"^## (\S+)$", (ROOT / "docs" / "runbooks" / "aws.md").read_text(), re.MULTILINE)
    rows = re.findall(r"^\| \[(\S+)\]\(runbooks/aws\.md#(\S+)\)", on_aws.alarms(), re.MULTILINE)
    assert all(name == anchor for name, anchor in rows)
    assert sorted(name for name, _ in rows) == sorted(sections)


def test_no_template_of_an_alert_shows_in_its_table():
    table = gateway.alerts()
    assert "it spends $… until then" in table, "the figure is known when the alert fires"
    assert "{{" not in table


def test_the_programs_of_the_components_page_run(tmp_path, monkeypatch):
    page = (ROOT / "docs" / "components.md").read_text()
    program, test = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    made = tmp_path / "__main__.py"
    made.write_text(program)
    assert record(made, config={"aws:region": "us-west-1"}).one("aws:ec2/vpc:Vpc").inputs["cidrBlock"] == "10.20.0.0/16"
    tested = tmp_path / "tested.py"
    tested.write_text(test)
    monkeypatch.chdir(ROOT / "examples" / "own_program")
    assert runpy.run_path(str(tested))["graph"].one("aws:rds/instance:Instance")

"""The pages about the deployment say what is so."""

import re
from pathlib import Path

import pytest

from stargate.components.preview import preview

ROOT = Path(__file__).parents[2]


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


def test_the_example_program_runs_and_asks_nothing_of_the_gateway():
    program = ROOT / "examples" / "own_program"
    graph = preview(program, "dev")
    assert graph.outputs["address"] == "wiki.wiki.internal"
    assert "stargate.gateway" not in (program / "__main__.py").read_text()
    rule = graph.one("SecurityGroupIngressRule", "db-from-wiki")
    assert rule.inputs["referencedSecurityGroupId"] == "wiki-group-id"


def test_every_page_that_another_names_is_there():
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    gone = [
        (page.name, target)
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert gone == []

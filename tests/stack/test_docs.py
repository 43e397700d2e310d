"""The pages about the deployment say what is so."""

import re
import runpy
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.exceptions import TyperException
from typer.main import get_command

from stargate.components.policy import check
from stargate.components.preview import preview
from stargate.components.testing import record
from stargate.docs import gateway, on_aws
from stargate.gateway.cli.app import app

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
# What stands in code: in a block of some language, or between backticks.
CODE = re.compile(r"```(?P<language>\w*)\n(?P<block>.*?)```|`(?P<words>[^`]+)`", re.DOTALL)
LINK = re.compile(r"\]\(([^)#:\s]*)(?:#([^)\s]*))?\)")
# The command being run, and its arguments up to whatever ends it in a shell.
RUN = re.compile(r"(?:^|[\s(]|\.venv/bin/)stargate((?:[ \n]+-{0,2}[A-Za-z][\w.,:=/|-]*(?<!\.))+)", re.MULTILINE)


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


def test_every_value_that_may_or_may_not_be_replaced_exists(prod):
    page = (ROOT / "docs" / "aws.md").read_text()
    change = page[page.index("## Change") : page.index("## A domain")]
    values = re.findall(r"\b([a-z-]+-(?:value|key))\b['`]", change)
    assert len(values) > 5
    assert [name for name in values if name not in prod] == []


def test_every_arrow_of_the_first_design_is_walked():
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


def anchors(text: str) -> set[str]:
    """What a link can name in a page, as GitHub makes it of the headings; the second of one name gets a number."""
    found: Counter[str] = Counter()
    made = set()
    for heading in re.findall(
        r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE
    ):
        slug = re.sub(r"[^\w -]", "", re.sub(r"\[(.*?)\]\(.*?\)", r"\1", heading).strip().lower()).replace(" ", "-")
        made.add(f"{slug}-{found[slug]}" if found[slug] else slug)
        found[slug] += 1
    return made


def broken(page: Path, text: str) -> list[str]:
    """The links of a page that lead to no file, or to no heading of it."""
    return [
        f"{name}#{anchor}"
        for name, anchor in LINK.findall(text)
        for target in [page.parent / name if name else page]
        if not target.exists() or (anchor and anchor not in anchors(text if target == page else target.read_text()))
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page):
    assert broken(page, page.read_text()) == []


def test_a_link_that_leads_nowhere_is_missed():
    text = "# What it *is*: `a_b`\n## Twice\n## Twice\n```\n# none\n```\n"
    assert anchors(text) == {"what-it-is-a_b", "twice", "twice-1"}
    links = "[a](#twice-1) [b](#none) [c](docs/aws.md#deploy) [d](docs/aws.md#teleport) [e](docs/gone.md) [f](LICENSE)"
    page = ROOT / "README.md"
    assert broken(page, text + links) == ["#none", "docs/aws.md#teleport", "docs/gone.md#"]
    assert sum(len(LINK.findall(page.read_text())) for page in PAGES) > 50


def told(text: str) -> list[list[str]]:
    """The targets that follow `make` wherever a text shows it being run."""
    code = " \n ".join(found.group() for found in CODE.finditer(text))
    return [words.split() for words in re.findall(r"(?:^|[\s`(])make((?: [a-z|]+)+)", code, re.MULTILINE)]


def unknown_targets(text: str) -> list[str]:
    known = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    return [target for words in told(text) for target in words if target not in known]


def commands(text: str) -> Iterator[tuple[list[str], bool]]:
    """Every run of the command that a text shows, and whether it stands in a block that a reader may copy."""
    for found in CODE.finditer(text):
        if found["language"] not in {None, "", "console"}:
            continue
        copied = found["language"] == "console"
        # A line ends a command, but one between backticks may be wrapped.
        for line in [found["words"]] if found["words"] else found["block"].splitlines():
            for arguments in RUN.findall(line):
                yield arguments.split(), copied


def refused(text: str) -> list[str]:
    """What the command itself has against the runs that a text shows: unknown words, and options that are missing.

    Outside a block a command may be named without arguments, and an option without its value.
    """
    return [
        f"{' '.join(words)}: {fault}"
        for words, copied in commands(text)
        for each in words[-1].split("|")
        for fault in faults([*words[:-1], each], get_command(app), whole=copied)
    ]


def faults(words: list[str], command: object, *, whole: bool) -> list[str]:
    while below := getattr(command, "commands", None):
        if not words or words[0].startswith("-"):
            return []
        if words[0] not in below:
            return [f"no command {words[0]}"]
        command, words = below[words[0]], words[1:]
    try:
        if words or whole:
            command.make_context("stargate", words)
    except TyperException as error:
        fault = error.format_message()
        return [fault] if whole or not fault.endswith("requires an argument.") else []
    return []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_a_page_shows_is_one_that_runs(page):
    assert unknown_targets(page.read_text()) == []
    assert refused(page.read_text()) == []


@pytest.mark.parametrize(
    "text",
    [
        "```\n$ .venv/bin/stargate teleport --stack dev\n```",
        "`stargate local up|teleport`",
        "```console\n$ stargate tunnel\n```",
        "`stargate tunnel grafana`",
        "`stargate tunnel --stack dev moon`",
        "`stargate local up --teleport`",
        "```console\n$ KEY=$(.venv/bin/stargate local env --yaml | python3)\n```",
    ],
)
def test_a_command_that_would_be_refused_is_missed(text):
    assert len(refused(text)) == 1


def test_a_command_is_found_wherever_a_page_shows_it():
    every = "\n".join(page.read_text() for page in PAGES)
    assert len(told(every)) > 10
    assert sum(copied for _, copied in commands(every)) >= 3
    assert len(list(commands(every))) > 15
    assert unknown_targets("`make check teleport`") == ["teleport"]
    assert (
        refused(
            "`stargate tunnel` and `stargate tunnel --stack` are named; `stargate tunnel --stack\ndev traces` is run"
        )
        == []
    )


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

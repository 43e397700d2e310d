"""`stargate preview`: what `pulumi up` would make, in seconds, without an account, a network or an engine."""

import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from recorded_stack import ROOT, STACKS, recorded

from stargate.components.configuration import PLACEHOLDER, configuration
from stargate.components.costs import estimate
from stargate.components.preview import lines, preview, short
from stargate.errors import StargateError
from stargate.gateway.cli import main

STARGATE = str(Path(sys.executable).with_name("stargate"))
# A port that nothing listens on: whoever asks the network for anything fails.
NOWHERE = "http://127.0.0.1:9"
ALONE = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PULUMI_"))} | {
    **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), NOWHERE),
    "AWS_EC2_METADATA_DISABLED": "true",
}
HIDDEN = "hidden-value-of-this-test"
PROGRAM = """
import pulumi
import pulumi_random as random

from stargate import components as on_aws

with on_aws.in_sentences():
    on_aws.Secret("given", on_aws.SecretArgs(description="a test's", value=pulumi.Config().get_secret("given")))
    made = random.RandomPassword("made", length=20)
pulumi.export("password", made.result)
pulumi.export("lines", "first\\nsecond")
pulumi.export("where", {"address": "one", "port": 4000})
"""


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def stargate(monkeypatch, capsys):
    """The command in this process: starting another costs seconds of imports."""

    def run(*words: str, cwd: Path = ROOT) -> Done:
        monkeypatch.chdir(cwd)
        monkeypatch.setattr(sys, "argv", ["stargate", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return Done(ended.value.code, told.out, told.err)

    return run


@pytest.fixture
def project(tmp_path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: mine\nruntime: python\nconfig: {}\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    return tmp_path


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_is_previewed_in_seconds_without_an_account_or_a_network(stack):
    started = time.perf_counter()
    # The sources of this tree, wherever the command was installed from.
    env = {**ALONE, "PYTHONPATH": str(ROOT / "src")}
    words = [STARGATE, "preview", "--stack", stack]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT, env=env)
    assert done.returncode == 0, done.stderr
    assert time.perf_counter() - started < 10 * max(1, os.getloadavg()[0] / (os.cpu_count() or 1))
    assert f"Previewing {stack}" in done.stderr, "words are no data"
    shown = done.stdout.splitlines()
    assert shown[0].split() == ["+", "pulumi:pulumi:Stack", stack]
    assert sum(line.startswith(" +  ") for line in shown) == len(recorded(stack).resources) + 1


def test_no_socket_leaves_the_machine(monkeypatch):
    def refuse(*_):
        raise AssertionError("a preview asked the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    assert preview(ROOT, "dev").tree() == recorded("dev").tree()
    with pytest.raises(AssertionError, match="asked the network"):
        socket.create_connection(("127.0.0.1", 9))


def test_the_text_is_for_reading(stargate):
    shown = stargate("preview", "-s", "dev").stdout
    tree, table, outputs = shown.split("\n\n", 2)
    names = [line[4:].rstrip().rindex(" ") for line in tree.splitlines()]
    assert len(set(names)) == 1, "names stand in one column"
    head, *rows = [line.split() for line in table.splitlines()]
    assert head == ["component", "resources", "dollars", "a", "month"]
    assert sum(int(row[1]) for row in rows[:-1]) == int(rows[-1][1]) == len(recorded("dev").resources)
    assert sum(float(row[2]) for row in rows[:-1]) == pytest.approx(float(rows[-1][2]), abs=0.06)
    assert outputs.startswith("us-west-1's list prices of 20")
    assert "This stack is in" not in outputs, "it is where the prices are"
    exports = [line for line in outputs.splitlines() if "export " in line]
    assert len({line.index("export ") for line in exports}) == 1, "the lines of one value stand below each other"


def test_scripts_get_the_same_schema_for_every_stack(stargate):
    found = {stack: json.loads(stargate("preview", "--stack", stack, "--json").stdout) for stack in STACKS}
    for stack, shown in found.items():
        assert list(shown) == [
            "stack",
            "region",
            "resources",
            "counts",
            "monthly_usd",
            "total_monthly_usd",
            "unpriced",
            "prices_region",
            "prices_as_of",
            "outputs",
        ]
        assert (shown["stack"], shown["region"], shown["prices_region"]) == (stack, "us-west-1", "us-west-1")
        assert shown["unpriced"] == []
        assert {tuple(r) for r in shown["resources"]} == {("type", "name", "urn", "parent", "protect", "inputs")}
        assert sum(shown["counts"].values()) == len(shown["resources"])
        assert sum(shown["monthly_usd"].values()) == pytest.approx(shown["total_monthly_usd"], abs=0.1)


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_shows_a_value_that_was_made_up_or_is_derived_from_one(stack):
    graph = recorded(stack)
    passwords = [f"{r.name}-result" for r in graph.of("RandomPassword")]
    held, shown = json.dumps([r.inputs for r in graph.resources]), json.dumps([r.shown() for r in graph.resources])
    assert any(password in held for password in passwords), "they are in the inputs, so that a leak could be seen"
    assert [password for password in passwords if password in shown] == []


def test_a_secret_setting_is_shown_nowhere(stargate, project):
    for words in ((), ("--json",)):
        done = stargate("preview", "-s", "dev", "--set", f"given={HIDDEN}", *words, cwd=project)
        assert done.returncode == 0, done.stderr
        assert HIDDEN not in done.stdout + done.stderr
        assert "[secret]" in done.stdout, "it was there to be hidden"


def test_a_secret_output_is_shown_nowhere_and_others_as_they_are(stargate, project):
    shown = json.loads(stargate("preview", "-s", "dev", "--json", cwd=project).stdout)["outputs"]
    assert shown == {
        "password": "[secret]",
        "lines": "first\nsecond",
        "where": {"address": "one", "port": 4000},
    }
    text = stargate("preview", "-s", "dev", cwd=project).stdout
    assert "made-result" not in text
    assert "  lines     first\n            second\n  where\n    address  one\n    port     4000\n" in text


def test_what_only_pulumi_can_decrypt_is_a_placeholder(project):
    (project / "Pulumi.dev.yaml").write_text("config:\n  mine:given: { secure: AAABAGxvbmc= }\n")
    found = configuration(project, "dev")
    assert found.values["mine:given"] == PLACEHOLDER
    assert found.secret_keys == ("mine:given",)
    version = preview(project, "dev").one("SecretVersion")
    assert version.inputs["secretString"] == PLACEHOLDER
    assert version.secrets == {"secretString"}


def test_a_change_is_as_if_it_stood_in_the_stacks_file(stargate):
    shown = json.loads(
        stargate("preview", "-s", "dev", "--json", "--set", 'cache={"enabled": true}', "--set", "tags={}").stdout
    )
    assert "cache" in shown["counts"]
    assert shown["total_monthly_usd"] > estimate(recorded("dev")).total_usd


def test_what_has_no_price_is_named_and_the_total_said_to_be_without_it(stargate):
    words = ("preview", "-s", "dev", "--set", "database.instance_class=db.m7g.large")
    done = stargate(*words)
    assert done.returncode == 0, "a stack that can be deployed can be previewed"
    assert done.stderr.splitlines()[1:] == ["not counted: db-postgres (db.m7g.large): no price is known here"]
    assert ", Bedrock's tokens and what has no price here aside." in done.stdout
    shown = json.loads(stargate(*words, "--json").stdout)
    assert shown["unpriced"] == [{"component": "db", "resource": "db-postgres", "what": "db.m7g.large"}]
    assert 0 < shown["total_monthly_usd"] < estimate(recorded("dev")).total_usd


def test_a_resource_of_a_type_that_nobody_has_priced_is_named(stargate, project):
    (project / "__main__.py").write_text(f"{PROGRAM}\nimport pulumi_aws as aws\n\naws.sqs.Queue('jobs')\n")
    done = stargate("preview", "-s", "dev", "--set", f"given={HIDDEN}", cwd=project)
    assert done.returncode == 0
    assert "not counted: jobs (aws:sqs/queue:Queue): no price is known here" in done.stderr


def test_prices_of_another_region_are_said_to_be_such(stargate):
    words = ("preview", "-s", "dev", "--set", "aws:region=us-east-1")
    assert "us-west-1's list prices of 20" in (text := stargate(*words).stdout)
    assert "This stack is in us-east-1.\n" in text
    shown = json.loads(stargate(*words, "--json").stdout)
    assert (shown["region"], shown["prices_region"]) == ("us-east-1", "us-west-1")


@pytest.mark.parametrize(
    ("words", "files", "said"),
    [
        (("-s", "staging"), {}, "the stack staging has no Pulumi.staging.yaml: choose from dev"),
        (
            ("-s", "dev", "--program", "nowhere"),
            {},
            "nowhere holds no Pulumi.yaml: name the folder of a Pulumi program",
        ),
        (("-s", "dev"), {"Pulumi.dev.yaml": "config: {"}, "Pulumi.dev.yaml is no YAML: while parsing a flow node"),
        (("-s", "dev"), {"Pulumi.dev.yaml": "- config"}, "Pulumi.dev.yaml holds list: write keys, such as config:"),
        (("-s", "dev"), {"Pulumi.dev.yaml": "config: 5"}, "config in Pulumi.dev.yaml is 5: write one key a line"),
        (("-s", "dev"), {"Pulumi.yaml": "runtime: python"}, "Pulumi.yaml has no name: add one"),
        (("-s", "dev"), {"Pulumi.yaml": "name: [1]"}, "Pulumi.yaml has no name: add one"),
        (("-s", ""), {}, "the stack's name is '': choose 1 to 100 letters, digits and any of _ - ."),
        (("-s", "../dev"), {}, "the stack's name is '../dev': choose 1 to 100 letters"),
        (("-s", "x" * 300), {}, f"the stack's name is '{'x' * 60}...': choose 1 to 100 letters"),
        (("-s", "dev", "--program", "x" * 300), {}, "x holds no Pulumi.yaml: name the folder of a Pulumi program"),
        (("-s", "dev"), {"Pulumi.dev.yaml": "a: 2026-13-45"}, "Pulumi.dev.yaml is no YAML: month must be in 1..12"),
        (("-s", "dev", "--set", "mein:given=x"), {}, "mein:given is no setting: write mine: or aws: in front"),
        (("-s", "dev", "--set", "cache"), {}, "--set is cache: write KEY=VALUE"),
        (("-s", "dev", "--set", "=x"), {}, "--set is =x: write KEY=VALUE"),
        (("--json",), {}, "Missing option '--stack'"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_status_1(stargate, project, words, files, said):
    for name, text in files.items():
        (project / name).write_text(text)
    done = stargate("preview", *words, cwd=project)
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stdout == ""
    told = [line for line in done.stderr.splitlines() if not line.startswith("Previewing ")]
    assert len(told) == 1, done.stderr


def test_a_refused_setting_ends_the_command_in_one_line(stargate):
    done = stargate("preview", "-s", "dev", "--set", 'edge={"origin": "public"}')
    assert done.returncode == 1
    (told,) = done.stderr.splitlines()[1:]
    assert told.startswith("stargate: edge.origin is public and edge.domain is absent: ")
    assert told.endswith("; set edge.domain, or choose edge.origin vpc")


def test_a_program_without_a_file_is_refused(project):
    (project / "__main__.py").unlink()
    with pytest.raises(StargateError, match=r"holds no __main__\.py"):
        preview(project, "dev")


def test_the_tree_is_drawn_as_pulumi_draws_it(project):
    drawn = list(lines(preview(project, "dev", {"given": HIDDEN}), "dev"))
    assert drawn == [
        ("pulumi:pulumi:Stack", "dev"),
        ("├─ stargate:index:Secret", "given"),
        ("│  ├─ aws:secretsmanager:Secret", "given-secret"),
        ("│  └─ aws:secretsmanager:SecretVersion", "given-version"),
        ("└─ random:index:RandomPassword", "made"),
    ]
    assert short(recorded("dev").one("aws:ec2/vpc:Vpc")) == "aws:ec2:Vpc"

"""The commands of the README and of docs/local.md, run as they stand in a folder like a checkout.

Two things alone are put in: the folder's `.stargate` is the state of the tests' gateway, and where a page has the
ports that a gateway takes by default, its ports stand.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import run, wait_for

from stargate.gateway.local.state import ADMIN_PORT, PUBLIC_PORT, address

ROOT = Path(__file__).parents[2]
README, LOCAL = ROOT / "README.md", ROOT / "docs" / "local.md"
BLOCK = re.compile(r"^```(console|python)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SECONDS = 120
# What a reader has run before the snippets, as the README says in them.
ENVIRONMENT = 'eval "$(.venv/bin/stargate local env)"'
NOT_RUN = {
    "make up": "the gateway that is asked here was started by the command that it runs",
    "make test": "it runs this test",
    "make preview": "it installs into the checkout; test_preview.py runs the command that it runs",
    "make deploy": "it changes an AWS account, and asks for Docker",
}


def scripts(text: str) -> Iterator[str]:
    """What a page has a reader run, a shell's script a block; commands that cannot run here are left out."""
    for language, block in BLOCK.findall(text):
        if language == "python":
            yield f"{ENVIRONMENT}\n.venv/bin/python - <<'END'\n{block}END\n"
            continue
        commands = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
        if kept := [command for command in commands if not command.startswith(tuple(NOT_RUN))]:
            yield "".join(kept)


@pytest.fixture
def checkout(gateway, tmp_path):
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / ".stargate").symlink_to(gateway.state)
    return tmp_path


def answer(gateway, checkout: Path, script: str) -> str:
    """What a script prints. A command that fails ends it, and the test."""
    for default, url in ((address(PUBLIC_PORT), gateway.public_url), (address(ADMIN_PORT), gateway.admin_url)):
        script = script.replace(default, url)
    environment = {
        "PATH": os.pathsep.join((str(ROOT / "node_modules" / ".bin"), "/usr/bin", "/bin")),
        "HOME": str(checkout),
        **{name: value for name, value in os.environ.items() if name == "PYTHONPATH"},
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env=environment,
        cwd=checkout,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def repeats(_, said: str) -> None:
    assert said == "You said: Hello\n", "the emulator repeats what it was told"


def repeats_at_length(_, said: str) -> None:
    assert said.startswith("You said: "), "the emulator repeats what it was told, Claude Code's reminders first"


def makes_a_key(gateway, said: str) -> None:
    made = json.loads(said)
    assert (made["key_alias"], made["max_budget"], made["budget_duration"]) == ("ada", 20, "30d")

    def status(key: str, model: str) -> int:
        body = {"model": model, "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]}
        return gateway.post("/v1/messages", key, **body).status_code

    assert status(made["key"], "claude-haiku-4-5") == 200
    assert status(made["key"], "claude-sonnet-4-5") == 403, "as the README says of a foreign model"
    assert status(f"{made['key']}-not", "claude-haiku-4-5") == 401, "as it says of a wrong key"


def lists_requests(_, said: str) -> None:
    head, *rows = said.splitlines()
    assert head.split()[:4] == ["time", "user", "key", "model"]
    assert any("claude-" in row for row in rows)


# By words of the script: what is asked of what it prints.
ASKED = {
    'claude -p "say hi"': repeats_at_length,
    "from openai import OpenAI": repeats,
    "from anthropic import Anthropic": repeats,
    "/key/generate": makes_a_key,
    "local traces": lists_requests,
}


def asked(script: str) -> list[str]:
    return [words for words in ASKED if words in script]


def of(page: Path) -> pytest.MarkDecorator:
    found = list(scripts(page.read_text()))
    return pytest.mark.parametrize("script", found, ids=[" ".join(asked(script)) for script in found])


@of(README)
def test_what_the_readme_shows_answers_as_it_stands(gateway, checkout, script):
    (words,) = asked(script)
    ASKED[words](gateway, answer(gateway, checkout, script))


@of(LOCAL)
def test_what_the_page_of_local_mode_shows_answers_as_it_stands(gateway, checkout, script):
    # Traces are sent every few seconds.
    wait_for(lambda: run("traces", state=gateway.state).stdout, lambda listed: "claude-" in listed, SECONDS)
    (words,) = asked(script)
    ASKED[words](gateway, answer(gateway, checkout, script))


def test_nothing_that_a_page_shows_goes_unasked():
    every = [script for page in (README, LOCAL) for script in scripts(page.read_text())]
    assert [script for script in every if len(asked(script)) != 1] == []
    assert all(any(words in script for script in every) for words in ASKED), "a question that nothing is asked"
    assert ENVIRONMENT in README.read_text()
    shown = [command for _, block in BLOCK.findall(README.read_text()) for command in block.splitlines()]
    assert all(any(line.startswith(f"$ {name}") for line in shown) for name in NOT_RUN), "listed, and nowhere shown"


def test_a_block_that_is_neither_run_nor_listed_is_missed():
    (script,) = scripts("```console\n$ make up\n$ make teleport\n```\n```console\n$ make test\n```\n")
    assert script == "make teleport\n"
    assert asked(script) == []


def test_a_command_that_fails_ends_its_block(gateway, checkout):
    with pytest.raises(AssertionError, match="as far as this"):
        answer(gateway, checkout, "echo as far as this; false | cat; echo and yet on")

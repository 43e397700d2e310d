"""Claude Code itself, from npm, headless and with an empty home, through the edge."""

import json
import os
import subprocess
from decimal import Decimal
from pathlib import Path

import pytest

from stargate.gateway import clients
from stargate.gateway.local.node import node
from stargate.gateway.models import DEFAULT_NAMES, Profile, offered

PACKAGE = Path(__file__).parents[2] / "node_modules" / "@anthropic-ai" / "claude-code" / "cli-wrapper.cjs"
SECONDS = 120


def claude(gateway, key, home, *arguments):
    environment = {
        # It asks ten times again after a refusal, for minutes.
        "CLAUDE_CODE_MAX_RETRIES": "1",
        "PATH": f"{node().parent}{os.pathsep}/usr/bin{os.pathsep}/bin",
        "HOME": str(home),
        **clients.claude_code(gateway.public_url, key, offered(DEFAULT_NAMES, Profile.US, "us-west-1")),
    }
    return subprocess.run(
        [node(), PACKAGE, *arguments],
        env=environment,
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_claude_code_answers_with_a_virtual_key_and_its_spend_is_recorded(gateway, tmp_path):
    key, before = gateway.key(), len(gateway.metered())
    done = claude(gateway, key, tmp_path, "-p", "say hi", "--output-format", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    answer = json.loads(done.stdout)
    assert answer["is_error"] is False
    assert answer["result"].startswith("You said: "), "the emulator repeats what it was told, reminders first"
    metered = gateway.metered()[before:]
    assert {one["operation"] for one in metered} == {"invoke-with-response-stream"}
    rows = gateway.logged(key, len(metered))
    assert len(rows) == len(metered), "each of its requests is charged to the key"
    assert all(Decimal(str(row["spend"])) > 0 for row in rows)


def test_claude_code_says_so_when_the_key_is_wrong(gateway, tmp_path):
    done = claude(gateway, "sk-not-a-key-of-this-gateway", tmp_path, "-p", "say hi")
    assert done.returncode != 0
    assert "401" in done.stdout + done.stderr


def test_claude_code_cannot_use_a_model_outside_its_key(gateway, tmp_path):
    done = claude(gateway, gateway.key(models=["claude-haiku-4-5"]), tmp_path, "-p", "say hi")
    assert done.returncode != 0, "its default is a Sonnet"


@pytest.mark.parametrize("name", ["claude-haiku-4-5", "claude-opus-4-5"])
def test_claude_code_chooses_a_model_by_its_size(gateway, tmp_path, name):
    before = len(gateway.metered())
    size = name.split("-")[1]
    done = claude(gateway, gateway.key(), tmp_path, "-p", "say hi", "--model", size)
    assert done.returncode == 0, done.stdout + done.stderr
    assert name in {one["model"] for one in gateway.metered()[before:]}

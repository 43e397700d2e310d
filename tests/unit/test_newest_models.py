"""What a developer's client is pointed at."""

import re

import pytest

from stargate.gateway import clients
from stargate.gateway.models import MODELS, Profile, offered


def version(name: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", name))


@pytest.mark.parametrize("size", clients.CLAUDE_CODE_SIZES)
def test_of_each_size_the_newest_model_stands_last(size):
    versions = [version(model.name) for model in MODELS if size in model.name]
    assert len(versions) > 1
    assert versions == sorted(versions), "the last that is offered is what Claude Code is given"


def test_an_older_and_dearer_model_beside_the_newer_is_not_what_claude_code_is_given():
    models = offered(("claude-opus-4-5", "claude-opus-4-1"), Profile.US, "us-west-2")
    given = clients.claude_code("https://llm.example.com", "a key", models)
    assert given["ANTHROPIC_DEFAULT_OPUS_MODEL"] == given["ANTHROPIC_MODEL"] == "claude-opus-4-5"

"""A malformed body is refused as Bedrock refuses it, wherever it is malformed; the emulator never falls over."""

import asyncio
import copy

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from hypothesis import given, settings
from hypothesis import strategies as st

from stargate.gateway.local.bedrock import converse, messages
from stargate.gateway.local.bedrock.answer import Answer, answer
from stargate.gateway.local.bedrock.cache import PromptCache
from stargate.gateway.local.bedrock.errors import BedrockError
from stargate.gateway.local.bedrock.server import REQUESTS_PATH, Emulator
from stargate.gateway.models import BY_NAME, Profile

MODEL = BY_NAME["claude-sonnet-4-6"]
SCHEMA = {
    "type": "object",
    "properties": {"a": {"type": "array", "items": {"allOf": [{"$ref": "#/$defs/b"}]}, "minItems": 1}},
    "required": ["a"],
    "$defs": {"b": {"anyOf": [{"type": ["integer", "null"], "minimum": 2}]}},
}
INVOKE = {
    "anthropic_version": "bedrock-2023-05-31",
    "anthropic_beta": ["context-management-2025-06-27"],
    "max_tokens": 4000,
    "system": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "[[bedrock: tokens=5]]"}]},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text"}]}]},
    ],
    "tools": [{"name": "f", "input_schema": SCHEMA}],
    "tool_choice": {"type": "tool", "name": "f"},
    "metadata": {"user_id": "u"},
    "context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]},
    "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": SCHEMA}},
    "stop_sequences": ["x"],
    "temperature": 1,
    "thinking": {"type": "disabled"},
}
CONVERSE = {
    "system": [{"text": "x"}, {"cachePoint": {"type": "default", "ttl": "1h"}}],
    "messages": [
        {"role": "user", "content": [{"text": "[[bedrock: tokens=5]]"}]},
        {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t", "name": "f", "input": {}}}]},
        {"role": "user", "content": [{"toolResult": {"toolUseId": "t", "content": [{"text": "x"}]}}]},
    ],
    "inferenceConfig": {"maxTokens": 4000, "temperature": 1, "stopSequences": ["x"]},
    "toolConfig": {
        "tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": SCHEMA}}}],
        "toolChoice": {"tool": {"name": "f"}},
    },
    "additionalModelRequestFields": {
        "anthropic_beta": ["context-management-2025-06-27"],
        "thinking": {"type": "disabled"},
    },
    "outputConfig": {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": "{}"}}}},
}
READERS = {"invoke": (messages.question, INVOKE), "converse": (converse.question, CONVERSE)}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 10**6) | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["type", "text", "name"]), inner),
    max_leaves=4,
)


def places(value, found=()):
    """Every way into a JSON value."""
    yield found
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*found, key))


def changed(value, place, to):
    made = copy.deepcopy(value)
    inner = made
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = to
    return made


@pytest.mark.parametrize("name", READERS)
def test_the_whole_body_is_taken_before_anything_in_it_is_changed(name):
    read, body = READERS[name]
    assert answer(read(body, MODEL, MODEL.profile_id(Profile.US))).blocks


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_body_with_anything_anywhere_is_answered_or_refused(name, data):
    read, body = READERS[name]
    place = data.draw(st.sampled_from([place for place in places(body) if place]))
    broken = changed(body, place, data.draw(ANYTHING))
    try:
        question = read(broken, MODEL, MODEL.profile_id(Profile.US))
        said = answer(question)
        PromptCache().usage(MODEL, question.segments, said.tokens)
    except BedrockError as refused:
        said = refused
    # Anything else that is raised fails the test.
    assert isinstance(said, Answer) or said.status == 400


@pytest.mark.parametrize("remote", ["127.0.0.1", "::1"])
def test_what_was_metered_is_read_from_the_same_machine(remote):
    assert figures(remote).body == b"[]"


@pytest.mark.parametrize("remote", ["10.10.0.5", "::ffff:10.10.0.5"])
def test_what_was_metered_is_read_from_no_other_machine(remote):
    with pytest.raises(web.HTTPForbidden):
        figures(remote)


def figures(remote: str) -> web.StreamResponse:
    request = make_mocked_request("GET", REQUESTS_PATH).clone(remote=remote)
    return asyncio.run(Emulator("us-west-1")._figures(request))

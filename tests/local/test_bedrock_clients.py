"""The emulator under the clients that the gateway is made of: Anthropic's SDK for Bedrock, and LiteLLM."""

import asyncio
import json

import anthropic
import httpx
import pytest
from bedrock_process import running

from stargate.gateway.local.bedrock.server import REQUESTS_PATH
from stargate.gateway.models import BY_NAME, Profile

HAIKU = BY_NAME["claude-haiku-4-5"].profile_id(Profile.US)
SONNET_46 = BY_NAME["claude-sonnet-4-6"].profile_id(Profile.US)
SONNET_55 = BY_NAME["claude-sonnet-5-5"].profile_id(Profile.US)
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"type": "function", "function": {"name": "weather", "description": "The weather.", "parameters": SCHEMA}}
# What Claude Code sends with each request, those that Bedrock refuses among them.
CLAUDE_CODE_BETAS = (
    "claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,"
    "prompt-caching-scope-2026-01-05,effort-2025-11-24,advanced-tool-use-2025-11-20"
)


@pytest.fixture(scope="module")
def url():
    with running() as found:
        yield found


@pytest.fixture(scope="module")
def litellm(url):
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION_NAME": "us-west-1",
            "AWS_BEDROCK_RUNTIME_ENDPOINT": url,
        }.items():
            patch.setenv(name, value)
        import litellm as module

        patch.setattr(module, "drop_params", True)
        yield module


def counted(url: str, after: int = 0) -> list[dict]:
    return httpx.get(url + REQUESTS_PATH, params={"after": after}).json()


def claude_code(model: str, thinking: dict, **more) -> dict:
    """A request like Claude Code's: cached system blocks, many betas, tools with fields that Bedrock refuses."""
    hour = {"type": "ephemeral", "ttl": "1h"}
    return {
        "model": f"bedrock/{model}",
        "max_tokens": 32_000,
        "system": [
            {"type": "text", "text": "You are a command line.", "cache_control": hour | {"scope": "global"}},
            {"type": "text", "text": f"Rules for {more}. " + "Be brief. " * 2000, "cache_control": hour},
        ],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "<system-reminder>It is Tuesday.</system-reminder>"},
                    {"type": "text", "text": "Say hi.", "cache_control": {"type": "ephemeral"}},
                ],
            }
        ],
        "tools": [
            {"name": "Bash", "description": "Run.", "input_schema": SCHEMA, "eager_input_streaming": True},
            {"name": "Find", "description": "Find.", "input_schema": SCHEMA, "custom": {"defer_loading": True}},
        ],
        "thinking": thinking,
        "metadata": {"user_id": "someone"},
        "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        "extra_headers": {"anthropic-beta": CLAUDE_CODE_BETAS},
        **more,
    }


@pytest.fixture(scope="module")
def sdk(url):
    return anthropic.AnthropicBedrock(
        aws_access_key="local", aws_secret_key="local", aws_region="us-west-1", base_url=url, max_retries=0
    )


def test_anthropics_sdk_reads_an_answer_and_a_stream(sdk):
    asked = {"model": HAIKU, "max_tokens": 100, "messages": [{"role": "user", "content": "Say hi."}]}
    whole = sdk.messages.create(**asked)
    assert whole.content[0].text == "You said: Say hi."
    with sdk.messages.stream(**asked) as stream:
        assert "".join(stream.text_stream) == "You said: Say hi."
        assert stream.get_final_message().usage.output_tokens == whole.usage.output_tokens


def test_anthropics_sdk_runs_a_tool(sdk):
    asked = {"model": HAIKU, "max_tokens": 100, "tools": [{"name": "weather", "input_schema": SCHEMA}]}
    messages = [{"role": "user", "content": "How is it? [[bedrock: tool=weather]]"}]
    call = sdk.messages.create(messages=messages, **asked)
    assert call.stop_reason == "tool_use"
    result = {"type": "tool_result", "tool_use_id": call.content[0].id, "content": "Sun."}
    messages += [{"role": "assistant", "content": call.content}, {"role": "user", "content": [result]}]
    assert sdk.messages.create(messages=messages, **asked).stop_reason == "end_turn"


@pytest.mark.parametrize(("status", "error"), [(429, anthropic.RateLimitError), (500, anthropic.InternalServerError)])
def test_anthropics_sdk_knows_the_errors(sdk, status, error):
    asked = {
        "model": HAIKU,
        "max_tokens": 100,
        "messages": [{"role": "user", "content": f"[[bedrock: error={status}]]"}],
    }
    with pytest.raises(error):
        sdk.messages.create(**asked)


@pytest.mark.parametrize("model", [HAIKU, SONNET_46, SONNET_55])
def test_litellm_chats_streams_and_counts_what_bedrock_counted(litellm, url, model):
    last = max((one["number"] for one in counted(url)), default=0)
    asked = {"model": f"bedrock/{model}", "messages": [{"role": "user", "content": "Say hi."}], "temperature": 0.5}
    whole = litellm.completion(**asked)
    assert whole.choices[0].message.content == "You said: Say hi."
    pieces = list(litellm.completion(stream=True, stream_options={"include_usage": True}, **asked))
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces) == "You said: Say hi."
    found = counted(url, last)
    assert [one["operation"] for one in found] == ["converse", "converse-stream"]
    for usage in (whole.usage, pieces[-1].usage):
        assert (usage.prompt_tokens, usage.completion_tokens) == (
            found[0]["usage"]["input"],
            found[0]["usage"]["output"],
        )


@pytest.mark.parametrize("model", [HAIKU, SONNET_46, SONNET_55])
def test_litellm_runs_a_tool(litellm, model):
    asked = {"model": f"bedrock/{model}", "tools": [TOOL]}
    messages = [{"role": "user", "content": "How is it? [[bedrock: tool=weather]]"}]
    message = litellm.completion(messages=messages, **asked).choices[0].message
    [call] = message.tool_calls
    assert json.loads(call.function.arguments) == {"city": "example"}
    messages += [message.model_dump(), {"role": "tool", "tool_call_id": call.id, "content": "Sun."}]
    assert litellm.completion(messages=messages, **asked).choices[0].finish_reason == "stop"


def test_litellm_passes_the_models_thought_on(litellm):
    asked = {"model": f"bedrock/{HAIKU}", "messages": [{"role": "user", "content": "Say hi."}], "max_tokens": 4000}
    message = litellm.completion(reasoning_effort="low", **asked).choices[0].message
    assert message.reasoning_content
    assert message.thinking_blocks[0]["signature"]
    assert not hasattr(litellm.completion(**asked).choices[0].message, "reasoning_content"), "unasked there is none"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("model", "thinking"),
    [
        (HAIKU, {"type": "enabled", "budget_tokens": 31_999}),
        (HAIKU, {"type": "adaptive"}),
        (SONNET_46, {"type": "adaptive"}),
        (SONNET_55, {"type": "adaptive"}),
    ],
)
def test_what_litellm_makes_of_claude_codes_request_is_taken_and_cached(litellm, url, model, thinking, stream):
    async def ask() -> None:
        answer = await litellm.anthropic_messages(**claude_code(model, thinking, stream=stream))
        if stream:
            assert b"message_stop" in b"".join([part async for part in answer])

    last = max((one["number"] for one in counted(url)), default=0)
    asyncio.run(ask())
    asyncio.run(ask())
    first, second = counted(url, last)
    assert first["operation"] == ("invoke-with-response-stream" if stream else "invoke")
    assert "claude-code-20250219" not in first["betas"]
    assert first["betas"], "those that Bedrock takes pass"
    assert first["usage"]["cache_write_1h"] + first["usage"]["cache_read"] > 5000
    assert second["usage"]["cache_read"] > 5000
    assert second["usage"]["cache_write_1h"] == second["usage"]["cache_write_5m"] == 0


@pytest.mark.parametrize(
    ("status", "error"),
    [(429, "RateLimitError"), (503, "ServiceUnavailableError"), (500, "ServiceUnavailableError"), (408, "Timeout")],
)
def test_litellm_knows_bedrocks_errors(litellm, status, error):
    messages = [{"role": "user", "content": f"[[bedrock: error={status}]]"}]
    with pytest.raises(getattr(litellm, error)):
        litellm.completion(model=f"bedrock/{HAIKU}", messages=messages, num_retries=0)


def test_litellm_knows_that_a_prompt_is_too_long(litellm):
    messages = [{"role": "user", "content": "a" * 900_000}]
    with pytest.raises(litellm.ContextWindowExceededError):
        litellm.completion(model=f"bedrock/{HAIKU}", messages=messages, num_retries=0)


def test_a_region_of_the_clients_choice_is_refused(litellm):
    messages = [{"role": "user", "content": "Say hi."}]
    with pytest.raises(litellm.PermissionDeniedError, match="valid region"):
        litellm.completion(model=f"bedrock/{HAIKU}", messages=messages, aws_region_name="eu-west-1", num_retries=0)

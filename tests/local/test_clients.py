"""The official SDKs against the edge: chat completions and messages, streamed and not, tools, counting, models."""

import json

import anthropic
import httpx
import openai
import pytest

MODEL = "claude-sonnet-4-5"
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
ASKED = [{"role": "user", "content": "How is the weather? [[bedrock: tool=weather]]"}]


@pytest.fixture(scope="module")
def of_openai(gateway):
    return openai.OpenAI(base_url=f"{gateway.public_url}/v1", api_key=gateway.key(), max_retries=0)


@pytest.fixture(scope="module")
def of_anthropic(gateway):
    return anthropic.Anthropic(base_url=gateway.public_url, api_key=gateway.key(), max_retries=0)


def test_a_chat_completion_is_answered(of_openai):
    answer = of_openai.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Hello there"}])
    assert answer.choices[0].message.content == "You said: Hello there"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.prompt_tokens == 3, "eleven bytes are three of the emulator's tokens"


def test_a_streamed_chat_completion_brings_the_same_words_and_its_usage(of_openai):
    stream = of_openai.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": "Hello there"}],
        stream=True,
        stream_options={"include_usage": True},
    )
    events = list(stream)
    words = "".join(choice.delta.content or "" for event in events for choice in event.choices)
    assert words == "You said: Hello there"
    assert [event.usage.prompt_tokens for event in events if event.usage] == [3]


def test_a_message_is_answered(of_anthropic):
    answer = of_anthropic.messages.create(
        model=MODEL, max_tokens=100, messages=[{"role": "user", "content": "Hello there"}]
    )
    assert answer.content[0].text == "You said: Hello there"
    assert answer.stop_reason == "end_turn"
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (3, 6)


def test_a_streamed_message_brings_the_same_words(of_anthropic):
    with of_anthropic.messages.stream(
        model=MODEL, max_tokens=100, messages=[{"role": "user", "content": "Hello there"}]
    ) as stream:
        words = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert words == "You said: Hello there"
    assert final.usage.output_tokens == 6


def test_a_tool_is_called_and_its_result_is_taken_by_chat_completions(of_openai):
    tools = [{"type": "function", "function": {"name": "weather", "description": "now", "parameters": WEATHER}}]
    asked = of_openai.chat.completions.create(model=MODEL, messages=ASKED, tools=tools)
    call = asked.choices[0].message.tool_calls[0]
    assert asked.choices[0].finish_reason == "tool_calls"
    assert (call.function.name, json.loads(call.function.arguments)) == ("weather", {"city": "example"})
    result = {"role": "tool", "tool_call_id": call.id, "content": "sunny"}
    ended = of_openai.chat.completions.create(
        model=MODEL, messages=[*ASKED, asked.choices[0].message.model_dump(exclude_none=True), result], tools=tools
    )
    assert "result was read" in ended.choices[0].message.content


def test_a_streamed_tool_call_is_put_together_by_the_sdk(of_anthropic):
    tools = [{"name": "weather", "description": "now", "input_schema": WEATHER}]
    with of_anthropic.messages.stream(model=MODEL, max_tokens=100, messages=ASKED, tools=tools) as stream:
        final = stream.get_final_message()
    assert final.stop_reason == "tool_use"
    used = next(block for block in final.content if block.type == "tool_use")
    assert (used.name, used.input) == ("weather", {"city": "example"})
    result = {"type": "tool_result", "tool_use_id": used.id, "content": "sunny"}
    ended = of_anthropic.messages.create(
        model=MODEL,
        max_tokens=100,
        tools=tools,
        messages=[*ASKED, {"role": "assistant", "content": final.content}, {"role": "user", "content": [result]}],
    )
    assert "result was read" in ended.content[0].text


def test_thinking_comes_before_the_words(of_anthropic):
    answer = of_anthropic.messages.create(
        model=MODEL,
        max_tokens=4000,
        thinking={"type": "enabled", "budget_tokens": 1024},
        messages=[{"role": "user", "content": "Hello there"}],
    )
    assert [block.type for block in answer.content] == ["thinking", "text"]


def test_the_responses_interface_is_answered(of_openai):
    answer = of_openai.responses.create(model=MODEL, input="Hello there")
    assert "Hello there" in answer.output_text


def test_tokens_are_counted_and_not_billed(gateway):
    key = gateway.key()
    client = anthropic.Anthropic(base_url=gateway.public_url, api_key=key, max_retries=0)
    counted = client.messages.count_tokens(model=MODEL, messages=[{"role": "user", "content": "Hello there"}])
    assert counted.input_tokens == 3
    client.messages.create(model=MODEL, max_tokens=10, messages=[{"role": "user", "content": "Hello there"}])
    assert len(gateway.logged(key, 1)) == 1, "the answer is billed, the counting is not"


def test_a_key_sees_only_the_models_that_it_may_use(gateway):
    key = gateway.key(models=["claude-haiku-4-5"])
    client = openai.OpenAI(base_url=f"{gateway.public_url}/v1", api_key=key, max_retries=0)
    assert [model.id for model in client.models.list()] == ["claude-haiku-4-5"]
    assert client.models.retrieve("claude-haiku-4-5").id == "claude-haiku-4-5"


def test_an_alias_of_a_model_is_answered(gateway):
    client = anthropic.Anthropic(base_url=gateway.public_url, api_key=gateway.key(models=["claude-haiku-4-5"]))
    answer = client.messages.create(
        model="claude-haiku-4-5-20251001", max_tokens=10, messages=[{"role": "user", "content": "Hello"}]
    )
    assert answer.content[0].text == "You said: Hello"


@pytest.mark.parametrize("header", ["Authorization", "x-api-key"])
def test_a_key_is_taken_from_either_header(gateway, header):
    key = gateway.key()
    headers = {header: f"Bearer {key}" if header == "Authorization" else key, "anthropic-version": "2023-06-01"}
    body = {"model": MODEL, "max_tokens": 10, "messages": [{"role": "user", "content": "Hello"}]}
    assert httpx.post(f"{gateway.public_url}/v1/messages", headers=headers, json=body).status_code == 200


def test_a_beta_reaches_bedrock_and_one_that_bedrock_refuses_does_not(gateway, of_anthropic):
    known, unknown = "fine-grained-tool-streaming-2025-05-14", "files-api-2025-04-14"
    answer = of_anthropic.messages.create(
        model=MODEL,
        max_tokens=10,
        messages=[{"role": "user", "content": "Hello"}],
        extra_headers={"anthropic-beta": f"{known},{unknown}"},
    )
    assert answer.content[0].text == "You said: Hello"
    assert gateway.metered()[-1]["betas"] == [known]


def test_a_model_that_takes_no_temperature_is_spared_it(of_openai):
    answer = of_openai.chat.completions.create(
        model="claude-opus-4-7", temperature=0.5, messages=[{"role": "user", "content": "Hello"}]
    )
    assert answer.choices[0].message.content == "You said: Hello"

"""What the emulator refuses, and that it refuses nothing else: each refusal beside the same request put right."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from stargate.gateway.local.bedrock import access, conversation, converse, messages, validation
from stargate.gateway.local.bedrock.errors import BedrockError
from stargate.gateway.models import BY_NAME, MODELS, Capability, Model, Profile

HAIKU = BY_NAME["claude-haiku-4-5"]
OPUS_45 = BY_NAME["claude-opus-4-5"]
SONNET_46 = BY_NAME["claude-sonnet-4-6"]
OPUS_47 = BY_NAME["claude-opus-4-7"]
SONNET_55 = BY_NAME["claude-sonnet-5-5"]
REGION = "us-west-1"
USER = {"role": "user", "content": "Say hi."}
CALL = {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "f", "input": {}}]}
RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "1"}]}
CACHED = {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}
CACHED_1H = {"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1h"}}
FUNCTION = {"name": "f", "input_schema": {"type": "object"}}


def body(**fields) -> dict:
    """A body that is taken, with fields changed; None takes one out."""
    made = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 4000, "messages": [USER]} | fields
    return {name: value for name, value in made.items() if value is not None}


def refusal(fields: dict, model: Model = HAIKU) -> str:
    with pytest.raises(BedrockError) as refused:
        messages.question(fields, model, model.profile_id(Profile.US))
    assert refused.value.name == "ValidationException"
    return refused.value.message


def taken(fields: dict, model: Model = HAIKU):
    return messages.question(fields, model, model.profile_id(Profile.US))


def user(*blocks: dict) -> list[dict]:
    return [{"role": "user", "content": list(blocks)}]


# What is wrong, the model, the body, words of the refusal, and the nearest body that is taken.
REFUSALS = {
    "no version": (HAIKU, {"anthropic_version": None}, "anthropic_version: Field required", {}),
    "another version": (HAIKU, {"anthropic_version": "claude-3"}, "Invalid API version: claude-3", {}),
    "no length": (HAIKU, {"max_tokens": None}, "max_tokens: Field required", {}),
    "no length at all": (HAIKU, {"max_tokens": 0}, "greater than or equal to 1", {"max_tokens": 1}),
    "a length in words": (HAIKU, {"max_tokens": "9"}, "max_tokens: Input should be a valid integer", {}),
    "too long an answer": (HAIKU, {"max_tokens": 64_001}, "64001 > 64000", {"max_tokens": 64_000}),
    "too long a prompt": (
        *(HAIKU, {"messages": user({"type": "text", "text": "a" * 800_004})}, "200001 tokens > 200000"),
        {"messages": user({"type": "text", "text": "a" * 800_000})},
    ),
    "the model in the body": (HAIKU, {"model": "x"}, "model: Extra inputs are not permitted", {}),
    "a stream in the body": (HAIKU, {"stream": True}, "stream: Extra inputs are not permitted", {}),
    "an unknown field": (HAIKU, {"guardrails": []}, "guardrails: Extra inputs are not permitted", {}),
    "metadata of another kind": (
        *(HAIKU, {"metadata": {"tag": "x"}}, "metadata.tag: Extra inputs are not permitted"),
        {"metadata": {"user_id": "x"}},
    ),
    "an unknown beta": (
        *(HAIKU, {"anthropic_beta": ["claude-code-20250219"]}, "invalid beta flag"),
        {"anthropic_beta": ["context-1m-2025-08-07"]},
    ),
    "betas in one string": (HAIKU, {"anthropic_beta": "context-1m-2025-08-07"}, "anthropic_beta", {}),
    "context management without its beta": (
        *(HAIKU, {"context_management": {"edits": []}}, "context_management: Extra inputs are not permitted"),
        {"context_management": {"edits": []}, "anthropic_beta": ["context-management-2025-06-27"]},
    ),
    "an edit that Bedrock does not know": (
        HAIKU,
        {
            "context_management": {"edits": [{"type": "clear_thinking_20251015"}]},
            "anthropic_beta": ["context-management-2025-06-27"],
        },
        "context_management: Extra inputs are not permitted",
        {
            "context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]},
            "anthropic_beta": ["context-management-2025-06-27"],
        },
    ),
    "no messages": (HAIKU, {"messages": []}, "at least one message is required", {}),
    "a message that is none": (HAIKU, {"messages": ["hi"]}, "messages.0: Input should be a valid dictionary", {}),
    "a message without a role": (HAIKU, {"messages": [{"content": "x"}]}, "messages.0.role: Field required", {}),
    "a message without content": (HAIKU, {"messages": [{"role": "user"}]}, "messages.0.content: Field required", {}),
    "an empty message": (HAIKU, {"messages": user()}, "must have non-empty content", {}),
    "a blank text": (HAIKU, {"messages": user({"type": "text", "text": " "})}, "non-whitespace text", {}),
    "an unknown role": (
        HAIKU,
        {"messages": [USER, {"role": "tool", "content": "x"}]},
        "messages.1.role: Input should be 'user' or 'assistant'",
        {},
    ),
    "the assistant first": (
        HAIKU,
        {"messages": [{"role": "assistant", "content": "x"}, USER]},
        'first message must use the "user" role',
        {},
    ),
    "an unknown block": (
        *(HAIKU, {"messages": user({"type": "video"})}, "messages.0.content.0: Input tag 'video'"),
        {"messages": user({"type": "image", "source": {"type": "base64", "data": "AAAA"}})},
    ),
    "a system message to an older model": (
        *(OPUS_47, {"messages": [USER, {"role": "system", "content": "x"}]}, "messages.1.role"),
        {},
    ),
    "the assistant last, from 4.6 on": (
        *(SONNET_46, {"messages": [USER, {"role": "assistant", "content": "I"}]}, "assistant message prefill"),
        {},
    ),
    "a call without its result": (
        *(HAIKU, {"messages": [USER, CALL, USER]}, "`tool_use` ids were found without `tool_result`"),
        {"messages": [USER, CALL, RESULT]},
    ),
    "a result without its call": (
        *(HAIKU, {"messages": [USER, {"role": "assistant", "content": "x"}, RESULT]}, "unexpected `tool_use_id`"),
        {"messages": [USER, CALL, RESULT]},
    ),
    "temperature, from 4.7 on": (
        *(OPUS_47, {"temperature": 0.5}, "`temperature` is deprecated for this model"),
        {"temperature": 1},
    ),
    "top_k, from 4.7 on": (OPUS_47, {"top_k": 5}, "`top_k` is deprecated for this model", {}),
    "both temperature and top_p": (
        *(HAIKU, {"temperature": 1, "top_p": 0.9}, "cannot both be specified"),
        {"top_p": 0.9},
    ),
    "too hot": (HAIKU, {"temperature": 1.5}, "temperature: range: 0..1", {"temperature": 0.5}),
    "thinking with another temperature": (
        *(HAIKU, {"thinking": {"type": "enabled", "budget_tokens": 1024}, "temperature": 0}, "only be set to 1"),
        {"thinking": {"type": "enabled", "budget_tokens": 1024}, "temperature": 1},
    ),
    "a small budget to think": (
        *(HAIKU, {"thinking": {"type": "enabled", "budget_tokens": 1023}}, "greater than or equal to 1024"),
        {"thinking": {"type": "enabled", "budget_tokens": 1024}},
    ),
    "a budget as long as the answer": (
        *(HAIKU, {"thinking": {"type": "enabled", "budget_tokens": 4000}}, "must be greater than"),
        {"thinking": {"type": "enabled", "budget_tokens": 3999}},
    ),
    "adaptive thinking before 4.6": (
        *(HAIKU, {"thinking": {"type": "adaptive"}}, "adaptive thinking is not supported"),
        {"thinking": {"type": "disabled"}},
    ),
    "a budget to think from 4.7 on": (
        *(OPUS_47, {"thinking": {"type": "enabled", "budget_tokens": 2000}}, "thinking.type.adaptive"),
        {"thinking": {"type": "adaptive"}},
    ),
    "thinking of another kind": (SONNET_46, {"thinking": {"type": "deep"}}, "Input tag 'deep'", {}),
    "thinking and a forced tool": (
        SONNET_46,
        {"thinking": {"type": "adaptive"}, "tools": [FUNCTION], "tool_choice": {"type": "any"}},
        "Thinking may not be enabled",
        {"thinking": {"type": "adaptive"}, "tools": [FUNCTION], "tool_choice": {"type": "auto"}},
    ),
    "a forced tool where thinking is always on": (
        *(SONNET_55, {"tools": [FUNCTION], "tool_choice": {"type": "tool", "name": "f"}}, "forced tool use"),
        {"tools": [FUNCTION], "tool_choice": {"type": "auto"}},
    ),
    "effort before 4.6": (
        *(HAIKU, {"output_config": {"effort": "low"}}, "output_config.effort: Extra inputs are not permitted"),
        {"output_config": {"format": {"type": "json_schema", "schema": {}}}},
    ),
    "effort on Opus 4.5 without its beta": (
        *(OPUS_45, {"output_config": {"effort": "low"}}, "output_config.effort: Extra inputs are not permitted"),
        {"output_config": {"effort": "low"}, "anthropic_beta": ["effort-2025-11-24"]},
    ),
    "an unknown effort": (
        *(SONNET_46, {"output_config": {"effort": "much"}}, "output_config.effort: Input should be"),
        {"output_config": {"effort": "max"}},
    ),
    "five cache points": (
        *(
            HAIKU,
            {"messages": user(*[CACHED] * 5)},
            "A maximum of 4 blocks with cache_control may be provided. Found 5",
        ),
        {"messages": user(*[CACHED] * 4)},
    ),
    "an hour after five minutes": (
        *(HAIKU, {"system": [CACHED], "messages": user(CACHED_1H)}, "must not come after"),
        {"system": [CACHED_1H], "messages": user(CACHED)},
    ),
    "a cache point's scope": (
        HAIKU,
        {"system": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "scope": "global"}}]},
        "system.0.cache_control.ephemeral.scope: Extra inputs are not permitted",
        {"system": [CACHED]},
    ),
    "another time to live": (
        HAIKU,
        {"system": [{"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1d"}}]},
        "system.0.cache_control.ephemeral.ttl: Input should be '5m' or '1h'",
        {"system": [CACHED_1H]},
    ),
    "a tool's unknown field": (
        *(HAIKU, {"tools": [FUNCTION | {"custom": {}}]}, "tools.0.custom.custom: Extra inputs are not permitted"),
        {"tools": [FUNCTION | {"defer_loading": True}]},
    ),
    "a tool's name with a blank": (HAIKU, {"tools": [FUNCTION | {"name": "a b"}]}, "should match pattern", {}),
    "a tool without a schema": (HAIKU, {"tools": [{"name": "f"}]}, "input_schema: Field required", {}),
    "two tools of one name": (
        *(HAIKU, {"tools": [FUNCTION, FUNCTION]}, "Tool names must be unique"),
        {"tools": [FUNCTION, FUNCTION | {"name": "g"}]},
    ),
    "a tool that runs at Anthropic's": (
        *(HAIKU, {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "'web_search_20250305'"),
        {"tools": [{"type": "bash_20250124", "name": "bash"}]},
    ),
}


@pytest.mark.parametrize(("model", "wrong", "words", "right"), REFUSALS.values(), ids=REFUSALS)
def test_a_body_is_refused_and_put_right_it_is_taken(model, wrong, words, right):
    assert words in refusal(body(**wrong), model)
    assert taken(body(**right), model)


def test_prefill_is_taken_where_the_model_has_it():
    assert taken(body(messages=[USER, {"role": "assistant", "content": "I"}])), "Haiku 4.5 takes prefill"


def test_a_system_message_in_mid_conversation_is_not_what_is_answered():
    found = taken(body(messages=[USER, {"role": "system", "content": "[[bedrock: error=500]]"}]), SONNET_55)
    assert found.last_text == "Say hi."
    assert found.wishes.error is None


def test_a_point_within_a_tools_result_counts_and_does_not_change_the_prefix():
    inner = [CALL | {}, {"role": "user", "content": [RESULT["content"][0] | {"content": [CACHED]}]}]
    plain = [
        CALL | {},
        {"role": "user", "content": [RESULT["content"][0] | {"content": [{"type": "text", "text": "a"}]}]},
    ]
    marked, unmarked = (taken(body(messages=[USER, *tail])).segments for tail in (inner, plain))
    assert [segment.ttl for segment in marked] == [None, None, "5m"]
    assert [segment.content for segment in marked] == [segment.content for segment in unmarked]


def test_a_million_tokens_need_their_beta_where_the_table_says_two_hundred_thousand():
    fields = body(messages=user({"type": "text", "text": "a" * 900_000}))
    sonnet = BY_NAME["claude-sonnet-4-5"]
    assert "prompt is too long" in refusal(fields, sonnet)
    assert taken(fields | {"anthropic_beta": ["context-1m-2025-08-07"]}, sonnet)
    assert "prompt is too long" in refusal(fields | {"anthropic_beta": ["context-1m-2025-08-07"]}, HAIKU)


CONVERSE_USER = {"role": "user", "content": [{"text": "Say hi."}]}
CONVERSE_CALL = {"role": "assistant", "content": [{"toolUse": {"toolUseId": "t1", "name": "f", "input": {}}}]}
CONVERSE_RESULT = {"role": "user", "content": [{"toolResult": {"toolUseId": "t1", "content": [{"text": "1"}]}}]}
BY_THE_MODEL = "The model returned the following errors: "
CONVERSE_REFUSALS = {
    "an unknown field": (HAIKU, {"max_tokens": 5}, "max_tokens: Extra inputs are not permitted"),
    "an unknown further field": (
        HAIKU,
        {"additionalModelRequestFields": {"reasoning": {}}},
        BY_THE_MODEL + "reasoning: Extra inputs are not permitted",
    ),
    "an unknown beta": (
        *(HAIKU, {"additionalModelRequestFields": {"anthropic_beta": ["x"]}}, BY_THE_MODEL + "invalid beta flag"),
    ),
    "an empty message": (HAIKU, {"messages": [{"role": "user", "content": []}]}, "The content field in the Message"),
    "a blank text": (HAIKU, {"messages": [{"role": "user", "content": [{"text": " "}]}]}, "is blank"),
    "an unknown block": (HAIKU, {"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "type: Extra inputs"),
    "the assistant first": (HAIKU, {"messages": [CONVERSE_CALL, CONVERSE_RESULT]}, "must start with a user message"),
    "the assistant last": (
        SONNET_46,
        {"messages": [CONVERSE_USER, {"role": "assistant", "content": [{"text": "I"}]}]},
        BY_THE_MODEL + "This model does not support assistant message prefill",
    ),
    "too long an answer": (HAIKU, {"inferenceConfig": {"maxTokens": 64_001}}, "exceeds the model limit of 64000"),
    "both temperature and top_p": (
        *(HAIKU, {"inferenceConfig": {"temperature": 0.5, "topP": 0.5}}, BY_THE_MODEL + "`temperature` and `top_p`"),
    ),
    "temperature, from 4.7 on": (
        *(OPUS_47, {"inferenceConfig": {"temperature": 0.5}}, BY_THE_MODEL + "`temperature` is deprecated"),
    ),
    "a call without its result": (
        HAIKU,
        {"messages": [CONVERSE_USER, CONVERSE_CALL, CONVERSE_USER]},
        "Expected toolResult blocks at messages.2.content for the following Ids: t1",
    ),
    "a result without its call": (
        HAIKU,
        {"messages": [CONVERSE_USER, {"role": "assistant", "content": [{"text": "x"}]}, CONVERSE_RESULT]},
        "toolResult blocks at messages.2.content exceeds",
    ),
}


@pytest.mark.parametrize(("model", "wrong", "words"), CONVERSE_REFUSALS.values(), ids=CONVERSE_REFUSALS)
def test_converse_refuses_in_its_own_words_or_hands_on_the_models(model, wrong, words):
    with pytest.raises(BedrockError) as refused:
        converse.question({"messages": [CONVERSE_USER]} | wrong, model, model.profile_id(Profile.US))
    assert refused.value.message.startswith(words) or not words.startswith(BY_THE_MODEL)
    assert words in refused.value.message
    right = {"messages": [CONVERSE_USER, CONVERSE_CALL, CONVERSE_RESULT]}
    assert converse.question(right, model, model.profile_id(Profile.US)).tool_answered


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_models_profiles_are_taken_and_its_bare_id_is_not(model):
    for profile in model.profiles:
        region = min(model.sources)
        assert access.model(model.profile_id(profile), region) == (model, profile)
        arn = f"arn:aws:bedrock:{region}:123456789012:inference-profile/{model.profile_id(profile)}"
        assert access.model(arn, region) == (model, profile)
        with pytest.raises(BedrockError, match="identifier is invalid"):
            access.model(arn, "eu-west-1")
    with pytest.raises(BedrockError, match="Retry your request with the ID or ARN of an inference profile"):
        access.model(model.bedrock, REGION)
    assert access.foundation(model.bedrock) == model
    with pytest.raises(BedrockError, match="doesn't support counting tokens"):
        access.foundation(model.profile_id(Profile.US))


def test_a_us_profile_is_unknown_where_its_model_cannot_be_called_from():
    opus = BY_NAME["claude-opus-4-1"]
    with pytest.raises(BedrockError, match="The provided model identifier is invalid"):
        access.model(opus.profile_id(Profile.US), REGION)
    assert access.model(opus.profile_id(Profile.US), "us-east-1")


SIGNED = (
    "AWS4-HMAC-SHA256 Credential=K/20261124/us-west-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date, Signature=0"
)
SIGNATURES = {
    "none": (None, "20261124T100000Z", "MissingAuthenticationTokenException"),
    "a basic one": ("Basic eDp5", "20261124T100000Z", "MissingAuthenticationTokenException"),
    "an empty key": ("Bearer ", None, "MissingAuthenticationTokenException"),
    "no date": (SIGNED, None, "IncompleteSignatureException"),
    "no signature": (SIGNED.replace("Signature=0", ""), "20261124T100000Z", "IncompleteSignatureException"),
    "no credential": (SIGNED.replace("Credential", "Other"), "20261124T100000Z", "IncompleteSignatureException"),
    "another region": (SIGNED.replace("us-west-1", "us-east-1"), "20261124T100000Z", "InvalidSignatureException"),
    "another service": (SIGNED.replace("/bedrock/", "/s3/"), "20261124T100000Z", "InvalidSignatureException"),
    "another day": (SIGNED, "20261125T100000Z", "InvalidSignatureException"),
}


@pytest.mark.parametrize(("authorization", "date", "name"), SIGNATURES.values(), ids=SIGNATURES)
def test_a_request_that_is_not_signed_for_here_is_refused(authorization, date, name):
    with pytest.raises(BedrockError) as refused:
        access.signature(authorization, date, REGION)
    assert (refused.value.name, refused.value.status) == (name, 403)


@pytest.mark.parametrize("authorization", [SIGNED, "Bearer some-key"])
def test_a_signed_request_and_an_api_key_are_taken(authorization):
    access.signature(authorization, "20261124T100000Z", REGION)


@pytest.fixture(scope="module")
def litellm_folder() -> Path:
    """LiteLLM's files, without importing it."""
    return Path(find_spec("litellm").origin).parent


@pytest.fixture(scope="module")
def price_map(litellm_folder) -> dict:
    return json.loads((litellm_folder / "model_prices_and_context_window_backup.json").read_text())


def test_every_beta_that_litellm_lets_through_to_bedrock_is_taken(litellm_folder):
    known = json.loads((litellm_folder / "anthropic_beta_headers_config.json").read_text())
    passed = {beta for name in ("bedrock", "bedrock_converse") for beta in known[name].values() if beta}
    assert passed <= validation.BETAS
    assert not {"claude-code-20250219", "files-api-2025-04-14", "web-search-2025-03-05"} & validation.BETAS


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_the_rules_by_model_are_those_of_the_price_map(price_map, model):
    listed = price_map[model.profile_id(Profile.US)]
    adaptive = Capability.PREFILL not in model.capabilities
    assert adaptive == bool(listed.get("supports_adaptive_thinking")), "thinking() derives one from the other"
    if adaptive:
        legacy = Capability.SAMPLING in model.capabilities
        assert legacy == bool(listed.get("supports_legacy_thinking"))
    effort = adaptive or model.name in validation.EFFORT_BEFORE_ADAPTIVE
    assert effort == bool(listed.get("supports_output_config"))
    assert (model.name in validation.NO_FORCED_TOOL) == (listed.get("supports_forced_tool_use") is False)
    assert (model.name in conversation.MID_SYSTEM) == bool(listed.get("supports_mid_conversation_system"))

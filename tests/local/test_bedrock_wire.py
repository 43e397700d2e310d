"""The emulator as AWS's own client sees it."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
import httpx
import pytest
from bedrock_process import running
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, EventStreamError
from urllib3.exceptions import ProtocolError

from stargate.gateway.local.bedrock.faults import ERRORS
from stargate.gateway.local.bedrock.server import REQUESTS_PATH
from stargate.gateway.models import BY_NAME, Profile

MODEL = BY_NAME["claude-sonnet-4-5"]
PROFILE = MODEL.profile_id(Profile.US)
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = {"tools": [{"toolSpec": {"name": "weather", "inputSchema": {"json": SCHEMA}}}]}
CONVERSE = "converse"
INVOKE = "invoke"


@pytest.fixture(scope="module")
def url():
    with running() as found:
        yield found


def connected(url: str, region: str = "us-west-1", attempts: int = 1, **more):
    config = Config(retries={"total_max_attempts": attempts, "mode": "standard"}, read_timeout=20)
    keys = {"aws_access_key_id": "local", "aws_secret_access_key": "local"} | more
    return boto3.client("bedrock-runtime", region_name=region, endpoint_url=url, config=config, **keys)


@pytest.fixture(scope="module")
def bedrock(url):
    return connected(url)


def said(text: str) -> list[dict]:
    return [{"role": "user", "content": [{"text": text}]}]


def body(text: str, **more) -> str:
    messages = [{"role": "user", "content": text}]
    return json.dumps({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 2000, "messages": messages} | more)


def invoked(bedrock, text: str, **more) -> dict:
    return json.loads(bedrock.invoke_model(modelId=PROFILE, body=body(text, **more))["body"].read())


def streamed(bedrock, text: str, **more) -> list[dict]:
    answer = bedrock.invoke_model_with_response_stream(modelId=PROFILE, body=body(text, **more))
    assert answer["contentType"] == "application/json"
    return [json.loads(event["chunk"]["bytes"]) for event in answer["body"]]


def asked(bedrock, interface: str, text: str):
    """The events of a stream of either interface."""
    if interface == CONVERSE:
        return iter(bedrock.converse_stream(modelId=PROFILE, messages=said(text))["stream"])
    return iter(bedrock.invoke_model_with_response_stream(modelId=PROFILE, body=body(text))["body"])


def refused(call, **arguments) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    answer = error.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]


def test_converse_answers_with_text_and_usage(bedrock):
    answer = bedrock.converse(modelId=PROFILE, messages=said("Say hi."), system=[{"text": "Be kind."}])
    assert answer["output"]["message"] == {"role": "assistant", "content": [{"text": "You said: Say hi."}]}
    assert answer["stopReason"] == "end_turn"
    assert answer["usage"] == {
        "inputTokens": 4,
        "outputTokens": 5,
        "totalTokens": 9,
        "cacheReadInputTokens": 0,
        "cacheWriteInputTokens": 0,
    }
    assert answer["ResponseMetadata"]["RequestId"]


def test_converse_streams_the_same_answer(bedrock):
    events = list(asked(bedrock, CONVERSE, "Say hi."))
    assert [next(iter(event)) for event in events] == [
        *("messageStart", "contentBlockDelta", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata")
    ]
    deltas = [event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event]
    assert "".join(deltas) == "You said: Say hi."
    whole = bedrock.converse(modelId=PROFILE, messages=said("Say hi."))
    assert events[-1]["metadata"]["usage"] == whole["usage"]


def test_invoke_answers_in_the_messages_apis_shape(bedrock):
    answer = invoked(bedrock, "Say hi.")
    assert answer["content"] == [{"type": "text", "text": "You said: Say hi."}]
    assert (answer["type"], answer["role"], answer["stop_reason"]) == ("message", "assistant", "end_turn")
    assert answer["model"] == "claude-sonnet-4-5-20250929", "Bedrock names the model as Anthropic does"
    assert answer["usage"]["input_tokens"] == 2
    assert answer["usage"]["output_tokens"] == 5


def test_invoke_streams_the_messages_apis_events(bedrock):
    events = streamed(bedrock, "Say hi.")
    assert [event["type"] for event in events] == [
        *("message_start", "content_block_start", "content_block_delta", "content_block_delta"),
        *("content_block_stop", "message_delta", "message_stop"),
    ]
    assert events[0]["message"]["usage"]["input_tokens"] == 2
    assert events[-2]["usage"] == {"output_tokens": 5}
    metrics = events[-1]["amazon-bedrock-invocationMetrics"]
    assert (metrics["inputTokenCount"], metrics["outputTokenCount"]) == (2, 5)


def test_a_tool_is_called_answered_and_streamed_by_converse(bedrock):
    question = said("How is it? [[bedrock: tool=weather]]")
    call = bedrock.converse(modelId=PROFILE, messages=question, toolConfig=TOOLS)
    assert call["stopReason"] == "tool_use"
    message = call["output"]["message"]
    use = message["content"][0]["toolUse"]
    assert (use["name"], use["input"]) == ("weather", {"city": "example"})
    result = {"toolResult": {"toolUseId": use["toolUseId"], "content": [{"text": "Sun."}]}}
    answer = bedrock.converse(
        modelId=PROFILE, messages=[*question, message, {"role": "user", "content": [result]}], toolConfig=TOOLS
    )
    assert answer["stopReason"] == "end_turn"

    events = list(bedrock.converse_stream(modelId=PROFILE, messages=question, toolConfig=TOOLS)["stream"])
    start = next(event["contentBlockStart"]["start"]["toolUse"] for event in events if "contentBlockStart" in event)
    pieces = [
        event["contentBlockDelta"]["delta"]["toolUse"]["input"] for event in events if "contentBlockDelta" in event
    ]
    assert start == {"toolUseId": use["toolUseId"], "name": "weather"}
    assert len(pieces) > 1, "the input comes in pieces"
    assert json.loads("".join(pieces)) == use["input"]


def test_a_forced_tool_is_called_and_streamed_by_invoke(bedrock):
    more = {"tools": [{"name": "weather", "input_schema": SCHEMA}], "tool_choice": {"type": "tool", "name": "weather"}}
    [use] = invoked(bedrock, "How is it?", **more)["content"]
    assert (use["type"], use["name"], use["input"]) == ("tool_use", "weather", {"city": "example"})
    events = streamed(bedrock, "How is it?", **more)
    pieces = [event["delta"]["partial_json"] for event in events if event["type"] == "content_block_delta"]
    assert json.loads("".join(pieces)) == use["input"]


@pytest.mark.parametrize(("choice", "reason"), [({"any": {}}, "tool_use"), ({"auto": {}}, "end_turn")])
def test_converse_calls_a_tool_when_it_must(bedrock, choice, reason):
    answer = bedrock.converse(modelId=PROFILE, messages=said("Hi"), toolConfig=TOOLS | {"toolChoice": choice})
    assert answer["stopReason"] == reason


def test_thought_is_signed_in_both_interfaces(bedrock):
    thinking = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
    by_invoke = invoked(bedrock, "Hi [[bedrock: think=50]]", **thinking)
    by_converse = bedrock.converse(
        modelId=PROFILE, messages=said("Hi [[bedrock: think=50]]"), additionalModelRequestFields=thinking
    )
    thought, text = by_invoke["content"]
    reasoning = by_converse["output"]["message"]["content"][0]["reasoningContent"]["reasoningText"]
    assert (thought["type"], text["type"]) == ("thinking", "text")
    assert reasoning == {"text": thought["thinking"], "signature": thought["signature"]}
    assert by_invoke["usage"]["output_tokens"] == by_converse["usage"]["outputTokens"] == 53
    deltas = [event["delta"] for event in streamed(bedrock, "Hi", **thinking) if event["type"] == "content_block_delta"]
    assert {delta["type"] for delta in deltas} == {"thinking_delta", "signature_delta", "text_delta"}


def test_the_second_request_reads_what_the_first_wrote_in_both_interfaces(bedrock):
    long = "long " * 2000
    system = [{"type": "text", "text": long + "by invoke", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]
    first, second = (invoked(bedrock, "Hi", system=system)["usage"] for _ in range(2))
    assert first["cache_creation"] == {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 2503}
    assert (first["cache_creation_input_tokens"], first["cache_read_input_tokens"]) == (2503, 0)
    assert (second["cache_creation_input_tokens"], second["cache_read_input_tokens"]) == (0, 2503)
    assert first["input_tokens"] == second["input_tokens"] == 1

    system = [{"text": long + "by converse"}, {"cachePoint": {"type": "default"}}]
    first, second = (bedrock.converse(modelId=PROFILE, messages=said("Hi"), system=system)["usage"] for _ in range(2))
    assert first["cacheDetails"] == [{"ttl": "5m", "inputTokens": 2503}]
    assert (first["cacheWriteInputTokens"], first["cacheReadInputTokens"]) == (2503, 0)
    assert (second["cacheWriteInputTokens"], second["cacheReadInputTokens"]) == (0, 2503)
    assert first["totalTokens"] == second["totalTokens"] == 2503 + 1 + first["outputTokens"]


def test_tokens_are_counted_as_they_are_charged(bedrock):
    text = "How many tokens is this?"
    by_converse = bedrock.count_tokens(modelId=MODEL.bedrock, input={"converse": {"messages": said(text)}})
    by_invoke = bedrock.count_tokens(modelId=MODEL.bedrock, input={"invokeModel": {"body": body(text)}})
    charged = bedrock.converse(modelId=PROFILE, messages=said(text))["usage"]["inputTokens"]
    assert by_converse["inputTokens"] == by_invoke["inputTokens"] == charged == 6


def test_counting_refuses_a_profile_and_an_unreadable_body(bedrock):
    name, status, message = refused(bedrock.count_tokens, modelId=PROFILE, input={"converse": {"messages": said("Hi")}})
    assert (name, status) == ("ValidationException", 400)
    assert "doesn't support counting tokens" in message
    assert (
        "valid JSON" in refused(bedrock.count_tokens, modelId=MODEL.bedrock, input={"invokeModel": {"body": b"{"}})[2]
    )


@pytest.mark.parametrize(
    ("identity", "words"),
    [
        (MODEL.bedrock, "on-demand throughput"),
        ("us.anthropic.claude-none", "The provided model identifier is invalid."),
        (BY_NAME["claude-opus-4-1"].profile_id(Profile.US), "The provided model identifier is invalid."),
    ],
)
def test_only_profiles_that_the_region_reaches_are_models(bedrock, identity, words):
    name, status, message = refused(bedrock.converse, modelId=identity, messages=said("Hi"))
    assert (name, status) == ("ValidationException", 400)
    assert words in message
    assert words in refused(bedrock.invoke_model, modelId=identity, body=body("Hi"))[2]


def test_a_profiles_arn_is_taken_like_its_id(bedrock):
    arn = f"arn:aws:bedrock:us-west-1:123456789012:inference-profile/{PROFILE}"
    assert bedrock.converse(modelId=arn, messages=said("Hi"))["stopReason"] == "end_turn"


def test_a_signature_for_another_region_is_refused(url):
    name, status, message = refused(connected(url, "us-east-1").converse, modelId=PROFILE, messages=said("Hi"))
    assert (name, status) == ("InvalidSignatureException", 403)
    assert "valid region" in message


def test_an_unsigned_request_is_refused(url):
    answer = httpx.post(f"{url}/model/{PROFILE}/converse", json={"messages": said("Hi")})
    assert answer.status_code == 403
    assert answer.headers["x-amzn-errortype"].startswith("MissingAuthenticationTokenException:")
    assert answer.json() == {"message": "Missing Authentication Token"}


def test_a_bedrock_api_key_is_taken_and_another_kind_of_key_is_not(url):
    # boto3 sends a key over TLS alone.
    for kind, status in (("Bearer", 200), ("Basic", 403)):
        headers = {"Authorization": f"{kind} a-key-of-bedrock"}
        answer = httpx.post(f"{url}/model/{PROFILE}/converse", json={"messages": said("Hi")}, headers=headers)
        assert answer.status_code == status


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"anthropic_version": "x"}, "Invalid API version: x"),
        ({"messages": []}, "at least one message"),
        ({"anthropic_beta": ["files-api-2025-04-14"]}, "invalid beta flag"),
        ({"stream": True}, "stream: Extra inputs are not permitted"),
        ({"max_tokens": 64_001}, "maximum allowed number of output tokens"),
        ({"temperature": 1, "top_p": 1}, "cannot both be specified"),
    ],
)
def test_a_refusal_reaches_the_client_by_name(bedrock, more, words):
    for call in (bedrock.invoke_model, bedrock.invoke_model_with_response_stream):
        name, status, message = refused(call, modelId=PROFILE, body=body("Hi", **more))
        assert (name, status) == ("ValidationException", 400)
        assert words in message


@pytest.mark.parametrize("given", [b"{", b"[]", b"", b'"text"', b'{"messages": 5}', b'{"messages": [[]]}'])
def test_a_body_that_is_none_is_refused_and_not_fallen_over(bedrock, given):
    assert refused(bedrock.invoke_model, modelId=PROFILE, body=given)[:2] == ("ValidationException", 400)


def test_an_unknown_operation_is_unknown(url):
    answer = httpx.post(f"{url}/model/{PROFILE}/converse-later", json={})
    assert answer.status_code == 404
    assert answer.headers["x-amzn-errortype"].startswith("UnknownOperationException")


@pytest.mark.parametrize(("status", "name"), ERRORS.items())
def test_an_asked_error_is_answered(bedrock, status, name):
    text = f"[[bedrock: error={status}]]"
    for call, arguments in (
        (bedrock.converse, {"messages": said(text)}),
        (bedrock.converse_stream, {"messages": said(text)}),
        (bedrock.invoke_model, {"body": body(text)}),
        (bedrock.invoke_model_with_response_stream, {"body": body(text)}),
    ):
        assert refused(call, modelId=PROFILE, **arguments)[:2] == (name, status)


def test_the_first_requests_are_throttled_and_the_next_is_answered(bedrock):
    arguments = {"modelId": PROFILE, "messages": said("Twice [[bedrock: throttle=2]]")}
    for _ in range(2):
        assert refused(bedrock.converse, **arguments)[0] == "ThrottlingException"
    assert bedrock.converse(**arguments)["stopReason"] == "end_turn"
    other = {"modelId": PROFILE, "messages": said("Another message [[bedrock: throttle=2]]")}
    assert refused(bedrock.converse, **other)[0] == "ThrottlingException", "each message is throttled for itself"


def test_a_throttled_request_is_answered_on_the_clients_next_attempt(url):
    patient = connected(url, attempts=3)
    answer = patient.converse(modelId=PROFILE, messages=said("Patience [[bedrock: throttle=1]]"))
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1


@pytest.mark.parametrize("interface", [CONVERSE, INVOKE])
@pytest.mark.parametrize(
    ("status", "name"),
    [
        (424, "modelStreamErrorException"),
        (429, "throttlingException"),
        (500, "internalServerException"),
        (503, "serviceUnavailableException"),
    ],
)
def test_a_stream_breaks_off_with_an_exception(bedrock, interface, status, name):
    events = asked(bedrock, interface, f"Say many words [[bedrock: break={status}]]")
    assert next(events), "it begins well"
    with pytest.raises(EventStreamError) as error:
        list(events)
    assert error.value.response["Error"]["Code"] == name


@pytest.mark.parametrize("interface", [CONVERSE, INVOKE])
def test_a_stream_is_cut_after_the_asked_number_of_events(bedrock, interface):
    events = asked(bedrock, interface, "[[bedrock: abort=3 tokens=100]]")
    assert [bool(next(events)) for _ in range(3)] == [True] * 3
    with pytest.raises(ProtocolError):
        next(events)


def test_an_answer_is_cut_before_its_first_byte(bedrock):
    with pytest.raises(ConnectionClosedError):
        bedrock.converse(modelId=PROFILE, messages=said("[[bedrock: abort=0]]"))


@pytest.mark.parametrize("interface", [CONVERSE, INVOKE])
def test_a_silent_model_sends_its_headers_at_once_and_its_words_later(bedrock, interface):
    started = time.monotonic()
    events = asked(bedrock, interface, "[[bedrock: silence=1.5]]")
    headers = time.monotonic() - started
    next(events)
    first = time.monotonic() - started
    assert headers < 1.0
    assert first >= 1.5


def test_a_slow_model_waits_between_its_pieces_and_pauses_in_the_middle(bedrock):
    started = time.monotonic()
    events = list(asked(bedrock, CONVERSE, "[[bedrock: slow=0.1 pause=0.5]]"))
    assert time.monotonic() - started >= 0.1 * (len(events) - 1) + 0.5


def test_a_misspelt_directive_is_refused_by_name(bedrock):
    assert "'silense'" in refused(bedrock.converse, modelId=PROFILE, messages=said("[[bedrock: silense=3]]"))[2]


def test_what_was_metered_can_be_read_and_holds_no_prompt(url, bedrock):
    before = httpx.get(url + REQUESTS_PATH).json()
    last = before[-1]["number"] if before else 0
    bedrock.converse(modelId=PROFILE, messages=said("A secret [[bedrock: tokens=9]]"))
    refused(bedrock.converse, modelId=PROFILE, messages=said("A secret [[bedrock: error=500]]"))
    invoked(bedrock, "A secret", anthropic_beta=["context-1m-2025-08-07"])
    answer = httpx.get(url + REQUESTS_PATH, params={"after": last})
    found = answer.json()
    assert [(one["operation"], one["model"], one["profile"]) for one in found] == [
        ("converse", MODEL.name, PROFILE),
        ("invoke", MODEL.name, PROFILE),
    ], "an error is not charged"
    assert found[0]["usage"]["output"] == 9
    assert found[1]["betas"] == ["context-1m-2025-08-07"]
    assert "secret" not in answer.text


def test_many_at_once_are_each_answered_and_each_counted(url, bedrock):
    last = max((one["number"] for one in httpx.get(url + REQUESTS_PATH).json()), default=0)
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda n: bedrock.converse(modelId=PROFILE, messages=said(f"Number {n:03}")), range(100))
        )
    texts = {answer["output"]["message"]["content"][0]["text"] for answer in answers}
    assert texts == {f"You said: Number {n:03}" for n in range(100)}
    counted = httpx.get(url + REQUESTS_PATH, params={"after": last}).json()
    assert len(counted) == 100
    charged = sum(answer["usage"]["inputTokens"] for answer in answers)
    assert sum(one["usage"]["input"] for one in counted) == charged

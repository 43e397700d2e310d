"""A stream arrives event by event, and what goes wrong in it is seen as such."""

import itertools
import time

import httpx
import pytest

MODEL = "claude-haiku-4-5"
SLOW_SECONDS = 0.25


def stream(gateway, path, content, key):
    body = {
        "model": MODEL,
        "max_tokens": 400,
        "stream": True,
        "messages": [{"role": "user", "content": content}],
    }
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.stream("POST", gateway.public_url + path, headers=headers, json=body, timeout=60)


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/chat/completions"])
def test_a_stream_arrives_event_by_event(gateway, path):
    with stream(
        gateway, path, f"[[bedrock: slow={SLOW_SECONDS}]] Tell me a story of a gateway", gateway.key()
    ) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        arrived = [time.monotonic() for line in answer.iter_lines() if line.startswith("data: ")]
    gaps = [later - earlier for earlier, later in itertools.pairwise(arrived)]
    pauses = [gap for gap in gaps if gap > SLOW_SECONDS / 2]
    assert len(pauses) >= 4, "the emulator pauses between its events, and each pause must be seen"
    assert max(gaps) < 4 * SLOW_SECONDS, "nothing was held back and sent in one piece"


def test_a_silent_model_is_bridged_by_pings(gateway):
    with stream(gateway, "/v1/messages", "[[bedrock: silence=17]]", gateway.key()) as answer:
        lines = [line for line in answer.iter_lines() if line]
    assert any("ping" in line for line in lines), "or the edge would close the stream of a model that thinks"
    assert any("message_stop" in line for line in lines)


def test_a_throttled_model_is_asked_again(gateway):
    body = {"model": MODEL, "messages": [{"role": "user", "content": "[[bedrock: throttle=1]] once"}]}
    assert gateway.post("/v1/chat/completions", gateway.key(), **body).status_code == 200


def test_a_model_that_stays_throttled_is_429(gateway):
    body = {"model": MODEL, "messages": [{"role": "user", "content": "[[bedrock: throttle=50]] for long"}]}
    assert gateway.post("/v1/chat/completions", gateway.key(), **body).status_code == 429


def test_a_stream_that_bedrock_cuts_does_not_look_whole(gateway):
    words = []
    with stream(gateway, "/v1/messages", "[[bedrock: abort=4 tokens=100]]", gateway.key()) as answer:
        try:
            words = [line for line in answer.iter_lines() if line]
        except httpx.RemoteProtocolError:
            words = []
    assert not any("message_stop" in line for line in words)

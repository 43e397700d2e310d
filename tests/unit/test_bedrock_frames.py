"""The emulator's frames, read by botocore's own decoder."""

import base64
import json

import pytest
from botocore.eventstream import ChecksumMismatch, EventStreamBuffer, InvalidPayloadLength

from stargate.gateway.local.bedrock import eventstream
from stargate.gateway.local.bedrock.errors import STATUS, STREAM_EVENT
from stargate.gateway.local.bedrock.faults import IN_STREAM, error


def decoded(data: bytes):
    buffer = EventStreamBuffer()
    buffer.add_data(data)
    return list(buffer)


def test_an_event_is_read_by_botocore_with_its_headers_and_its_payload():
    [message] = decoded(eventstream.event("messageStart", {"role": "assistant"}))
    assert message.headers == {
        ":event-type": "messageStart",
        ":content-type": "application/json",
        ":message-type": "event",
    }
    assert json.loads(message.payload) == {"role": "assistant"}


def test_several_frames_in_one_packet_stay_apart():
    found = decoded(eventstream.event("a", {"n": 1}) + eventstream.event("b", {"text": "ü"}))
    assert [message.headers[":event-type"] for message in found] == ["a", "b"]
    assert json.loads(found[1].payload) == {"text": "ü"}, "the payload is UTF-8"


def test_a_chunk_carries_the_models_own_json_in_base64():
    [message] = decoded(eventstream.chunk({"type": "ping"}))
    assert json.loads(base64.b64decode(json.loads(message.payload)["bytes"])) == {"type": "ping"}


@pytest.mark.parametrize("status", sorted(IN_STREAM))
def test_an_error_in_mid_stream_is_an_exception_to_botocore(status):
    refused = error(status)
    [message] = decoded(eventstream.exception(refused))
    answer = message.to_response_dict()
    assert answer["status_code"] == 400, "botocore gives every exception of a stream this status, and raises on it"
    assert message.headers[":exception-type"] == STREAM_EVENT[refused.name]
    assert json.loads(answer["body"]) == {"message": refused.message}


@pytest.mark.parametrize("position", [0, 5, 9, 20, -1])
def test_a_frame_with_one_flipped_bit_is_refused_by_its_checksums(position):
    broken = bytearray(eventstream.event("messageStart", {"role": "assistant"}))
    broken[position] ^= 0x40
    with pytest.raises((ChecksumMismatch, InvalidPayloadLength)):
        decoded(bytes(broken))


def test_every_error_of_a_stream_has_a_status_outside_of_it():
    assert set(STREAM_EVENT) <= set(STATUS)

"""Frames of AWS's event stream (`application/vnd.amazon.eventstream`).

A frame is: total length, length of the headers, CRC32 of these eight bytes, the headers, the payload, CRC32 of all
before it; all integers are big-endian and of four bytes. A header is: length of the name (one byte), the name, type 7
(a string), length of the value (two bytes), the value.
"""

import base64
import json
import struct
import zlib
from collections.abc import Mapping
from typing import Any, Final

from stargate.gateway.local.bedrock.errors import STREAM_EVENT, BedrockError

CONTENT_TYPE: Final = "application/vnd.amazon.eventstream"
STRING: Final = 7


def frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One frame."""
    head = b"".join(
        struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", STRING, len(value)) + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack("!II", 16 + len(head) + len(payload), len(head))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + head + payload
    return message + struct.pack("!I", zlib.crc32(message))


def event(kind: str, value: Mapping[str, Any]) -> bytes:
    """An event of ConverseStream."""
    headers = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    return frame(headers, json.dumps(value).encode())


def chunk(value: Mapping[str, Any]) -> bytes:
    """An event of InvokeModelWithResponseStream: the model's own JSON in base64."""
    return event("chunk", {"bytes": base64.b64encode(json.dumps(value).encode()).decode()})


def exception(error: BedrockError) -> bytes:
    """An error in mid-stream."""
    kind = STREAM_EVENT[error.name]
    headers = {":exception-type": kind, ":content-type": "application/json", ":message-type": "exception"}
    return frame(headers, json.dumps({"message": error.message}).encode())

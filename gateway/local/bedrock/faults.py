"""What a request can ask the emulator to do, by words in its last user message.

    [[bedrock: silence=30 slow=0.2]]

| word | meaning |
|---|---|
| `silence=S` | say nothing for S seconds before the first byte of the answer (a stream's headers come at once) |
| `pause=S` | say nothing for S seconds in the middle of a stream |
| `slow=S` | wait S seconds between the pieces of a stream |
| `tokens=N` | answer with N tokens |
| `think=N` | think for N tokens first, if the request allows thinking |
| `tool=NAME` | call this tool of the request's |
| `throttle=N` | answer ThrottlingException to the first N requests with this very message |
| `error=STATUS` | answer with this status: 403, 404, 408, 424, 429, 500 or 503 |
| `break=STATUS` | the same in the middle of a stream: 424, 429, 500 or 503 |
| `abort=N` | cut the connection after N events of a stream, or instead of an answer |
"""

import re
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from stargate.gateway.local.bedrock.errors import BedrockError, invalid

LONGEST_SECONDS: Final = 900.0
MOST_TOKENS: Final = 100_000
DIRECTIVE: Final = re.compile(r"\[\[bedrock:([^\]]*)\]\]")
ERRORS: Final = {
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    424: "ModelErrorException",
    429: "ThrottlingException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
}
MESSAGES: Final = {
    "ThrottlingException": "Too many requests, please wait before trying again.",
    "InternalServerException": "The system encountered an unexpected error during processing. Try your request again.",
    "ServiceUnavailableException": "Bedrock is unable to process your request.",
    "ModelErrorException": "The model returned an error while processing the request.",
    "ModelTimeoutException": "Model has timed out in processing the request. Try your request again.",
    "AccessDeniedException": "You don't have access to the model with the specified model ID.",
    "ResourceNotFoundException": "Model use case details have not been submitted for this account.",
}
IN_STREAM: Final = frozenset({424, 429, 500, 503})


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What one request asked for; seconds, counts and statuses, None where it asked for nothing."""

    silence: float = 0.0
    pause: float = 0.0
    slow: float = 0.0
    tokens: int | None = None
    think: int | None = None
    tool: str | None = None
    throttle: int = 0
    error: int | None = None
    break_: int | None = None
    abort: int | None = None


def error(status: int) -> BedrockError:
    """Bedrock's error of a status."""
    name = ERRORS[status]
    return BedrockError(name, MESSAGES[name])


def wishes(text: str) -> Wishes:
    """Read the directives of a message. Raises Bedrock's ValidationException for a word that is not one."""
    found = Wishes()
    for words in DIRECTIVE.findall(text):
        for word in words.split():
            name, _, value = word.partition("=")
            found = _with(found, name, value)
    return found


def without(text: str) -> str:
    """The message without its directives."""
    return DIRECTIVE.sub("", text).strip()


def _with(found: Wishes, name: str, value: str) -> Wishes:
    key = "break_" if name == "break" else name
    if key not in {field.name for field in fields(Wishes)}:
        raise invalid(f"the emulator knows no directive {name!r}")
    try:
        match key:
            case "silence" | "pause" | "slow":
                wished: Any = _within(float(value), LONGEST_SECONDS)
            case "tool":
                wished = _named(value)
            case "error":
                wished = _one_of(int(value), frozenset(ERRORS))
            case "break_":
                wished = _one_of(int(value), IN_STREAM)
            case _:
                wished = int(_within(int(value), MOST_TOKENS))
    except ValueError as error:
        raise invalid(f"the emulator cannot take {name}={value}") from error
    return replace(found, **{key: wished})


def _within(number: float, most: float) -> float:
    if not 0 <= number <= most:
        raise ValueError
    return number


def _named(value: str) -> str:
    if not value:
        raise ValueError
    return value


def _one_of(number: int, known: frozenset[int]) -> int:
    if number not in known:
        raise ValueError
    return number

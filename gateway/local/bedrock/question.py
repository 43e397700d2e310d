"""What was asked, in one shape for both of Bedrock's interfaces."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from stargate.gateway.local.bedrock.faults import Wishes
from stargate.gateway.models import Model

# A token is said to be this many bytes long: about what Claude's are in English.
BYTES: Final = 4
# Anthropic's vision guide: an image of the largest size that is not scaled down costs about this many tokens.
MEDIA_TOKENS: Final = 1600


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A piece of the prompt in the order in which the model reads it; with a `ttl` the prompt is cached up to here."""

    content: str
    tokens: int
    ttl: str | None = None


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A tool that may be called: its name and the JSON schema of its input."""

    name: str
    schema: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Question:
    """One request."""

    model: Model
    profile_id: str
    segments: tuple[Segment, ...]
    last_text: str
    """The last user message's text, without directives."""
    wishes: Wishes
    max_tokens: int
    stop_sequences: tuple[str, ...] = ()
    tools: tuple[Tool, ...] = ()
    forced_tool: str | None = None
    """The tool that must be called; empty for any."""
    tool_answered: bool = False
    """Whether the last message brings a tool's result."""
    thinking: bool = False
    schema: dict[str, Any] | None = None
    """The JSON schema that the answer must fit, if one was given."""
    betas: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """What tells one message from another, for faults that happen a number of times."""
        return hashlib.sha256(f"{self.profile_id}\0{self.last_text}\0{self.wishes}".encode()).hexdigest()


def tokens(text: str) -> int:
    """How many tokens a text is said to have: one for every `BYTES`, at least one; none for no text."""
    return -(-len(text.encode()) // BYTES)


def plain(value: Any) -> str:
    """A JSON value as a text that is the same for the same value."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)


def segment(value: Any, ttl: str | None = None) -> Segment:
    """A piece of the prompt; an image or a document counts as `MEDIA_TOKENS`, whatever its bytes."""
    found: list[str] = []
    content = plain(_without_media(value, found))
    return Segment(content=content, tokens=tokens(content) + MEDIA_TOKENS * len(found), ttl=ttl)


def _without_media(value: Any, found: list[str]) -> Any:
    """The value with each image's and document's bytes replaced by their digest, which is added to `found`."""
    if isinstance(value, list):
        return [_without_media(one, found) for one in value]
    if not isinstance(value, Mapping):
        return value
    kept: dict[str, Any] = {}
    for key, one in value.items():
        if isinstance(one, str) and (key == "bytes" or (key == "data" and value.get("type") == "base64")):
            found.append(hashlib.sha256(one.encode()).hexdigest())
            kept[key] = found[-1]
        else:
            kept[key] = _without_media(one, found)
    return kept

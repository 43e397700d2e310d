"""What was asked, in one shape for both of Bedrock's interfaces."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

from stargate.gateway.local.bedrock.faults import Wishes
from stargate.gateway.models import Model


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A piece of the prompt in the order in which the model reads it; with a `ttl` the prompt is cached up to here."""

    content: str
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
    betas: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """What tells one message from another, for faults that happen a number of times."""
        return hashlib.sha256(f"{self.profile_id}\0{self.last_text}\0{self.wishes}".encode()).hexdigest()


def tokens(text: str) -> int:
    """How many tokens a text is said to have: one for every four bytes, at least one; none for no text."""
    return -(-len(text.encode()) // 4)


def plain(value: Any) -> str:
    """A JSON value as a text that is the same for the same value."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)

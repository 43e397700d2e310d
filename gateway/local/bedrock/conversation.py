"""What is refused in a conversation and in its tools, for both of Bedrock's interfaces.

Claude's words are those of the Messages API; where Converse answers before the model is asked, it has its own.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from stargate.gateway.local.bedrock import shape
from stargate.gateway.local.bedrock.errors import invalid
from stargate.gateway.models import MODELS, Capability, Model

# The price map's `supports_mid_conversation_system`; a test compares.
MID_SYSTEM: Final = frozenset(
    model.name for model in MODELS if Capability.SAMPLING not in model.capabilities and model.name != "claude-opus-4-7"
)
# The Messages API's block types that Bedrock takes.
KINDS: Final = (
    *("compaction", "document", "image", "redacted_thinking", "search_result", "server_tool_use", "text", "thinking"),
    *("tool_addition", "tool_reference", "tool_removal", "tool_result", "tool_search_tool_result", "tool_use"),
)
# What ties a call to its result.
IDENTITIES: Final = {"tool_use": "id", "tool_result": "tool_use_id"}
# Tools of Anthropic's that Bedrock carries; its servers run neither web search nor code (litellm's own refusal of
# `web_search_…` names this).
TOOL_KINDS: Final = ("custom", "bash_", "text_editor_", "computer_", "memory_", "tool_search_tool_")
# A custom tool's fields; `custom` is what Bedrock refuses from Claude Code (litellm issue 22847).
TOOL_FIELDS: Final = frozenset(
    {
        *("name", "description", "input_schema", "type", "cache_control", "strict", "defer_loading"),
        *("input_examples", "allowed_callers", "eager_input_streaming"),
    }
)
TOOL_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,128}")


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A message, as far as the rules ask: who speaks, which tools are called, and which results are brought."""

    role: str
    calls: tuple[str, ...] = ()
    results: tuple[str, ...] = ()


def turns(found: Sequence[Turn], chosen: Model) -> None:
    """Check who speaks when."""
    if not found:
        raise invalid("messages: at least one message is required")
    for position, turn in enumerate(found):
        if turn.role == "system" and position and chosen.name in MID_SYSTEM:
            continue
        if turn.role not in {"user", "assistant"}:
            raise invalid(f"messages.{position}.role: Input should be 'user' or 'assistant'")
    if found[0].role != "user":
        raise invalid('messages: first message must use the "user" role')
    if found[-1].role == "assistant" and Capability.PREFILL not in chosen.capabilities:
        raise invalid(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )


@dataclass(frozen=True, kw_only=True)
class Mismatch:
    """Calls of tools and their results that do not fit: where the results stand, and what is wrong with them."""

    position: int
    unexpected: tuple[str, ...]
    missing: tuple[str, ...]


def mismatch(found: Sequence[Turn]) -> Mismatch | None:
    """The first place where a tool's call is not answered in the next message, or something else is."""
    for position, turn in enumerate(found):
        called = found[position - 1].calls if position else ()
        unexpected = tuple(result for result in turn.results if result not in called)
        missing = tuple(call for call in called if call not in turn.results)
        if unexpected or missing:
            return Mismatch(position=position, unexpected=unexpected, missing=missing)
    return None


def results(found: Sequence[Turn]) -> None:
    """Check the tools' results in the Messages API's words, which takes turns of one speaker as one."""
    wrong = mismatch(_joined(found))
    if wrong is None:
        return
    if wrong.unexpected:
        raise invalid(
            f"messages.{wrong.position}.content: unexpected `tool_use_id` found in `tool_result` blocks: "
            f"{', '.join(wrong.unexpected)}. Each `tool_result` block must have a corresponding `tool_use` block in "
            "the previous message."
        )
    raise invalid(
        f"messages.{wrong.position - 1}: `tool_use` ids were found without `tool_result` blocks immediately after: "
        f"{', '.join(wrong.missing)}. Each `tool_use` block must have a corresponding `tool_result` block in the next "
        "message."
    )


def converse_results(found: Sequence[Turn]) -> None:
    """Check the tools' results in Converse's words (strands-agents/harness-sdk issue 1435, agno-agi/agno 6694)."""
    wrong = mismatch(found)
    if wrong is None:
        return
    place = f"messages.{wrong.position}.content"
    if wrong.missing:
        raise invalid(f"Expected toolResult blocks at {place} for the following Ids: {', '.join(wrong.missing)}")
    raise invalid(f"The number of toolResult blocks at {place} exceeds the number of toolUse blocks of previous turn.")


def _joined(found: Sequence[Turn]) -> list[Turn]:
    joined: list[Turn] = []
    for turn in found:
        if turn.role == "system":
            continue
        if joined and joined[-1].role == turn.role:
            before = joined.pop()
            joined.append(Turn(role=turn.role, calls=before.calls + turn.calls, results=before.results + turn.results))
        else:
            joined.append(turn)
    return joined


def blocks(message: Mapping[str, Any], position: int, last: bool) -> list[dict[str, Any]]:
    """A message's blocks in the Messages API's shape, checked; a text stands for one block."""
    place = f"messages.{position}"
    if "content" not in message:
        raise invalid(f"{place}.content: Field required")
    content = message["content"]
    found = (
        [{"type": "text", "text": content}] if isinstance(content, str) else shape.mappings(content, f"{place}.content")
    )
    optional = last and message.get("role") == "assistant"
    if not optional and (not content or not found):
        raise invalid(
            f"{place}: all messages must have non-empty content except for the optional final assistant message"
        )
    for index, block in enumerate(found):
        kind = block.get("type")
        if kind not in KINDS:
            expected = ", ".join(f"'{known}'" for known in KINDS)
            raise invalid(
                f"{place}.content.{index}: Input tag '{kind}' found using 'type' does not match any of the expected "
                f"tags: {expected}"
            )
        identity = IDENTITIES.get(kind)
        if identity:
            shape.string(block, identity, f"{place}.content.{index}.{kind}")
        if kind == "text" and not optional and not shape.string(block, "text", f"{place}.content.{index}").strip():
            raise invalid("messages: text content blocks must contain non-whitespace text")
    return found


def tools(found: Sequence[Mapping[str, Any]]) -> None:
    """Check the tools in the Messages API's shape."""
    names: set[str] = set()
    for index, tool in enumerate(found):
        kind = str(tool.get("type") or "custom")
        if not kind.startswith(TOOL_KINDS):
            expected = ", ".join(f"'{known}'" for known in TOOL_KINDS)
            raise invalid(
                f"tools.{index}: Input tag '{kind}' found using 'type' does not match any of the expected tags: "
                f"{expected}"
            )
        place = f"tools.{index}.custom"
        name = shape.string(tool, "name", place)
        if not TOOL_NAME.fullmatch(name):
            raise invalid(f"{place}.name: String should match pattern '^{TOOL_NAME.pattern}$'")
        if kind == "custom":
            shape.only(tool, TOOL_FIELDS, place)
            if "input_schema" not in tool:
                raise invalid(f"{place}.input_schema: Field required")
            shape.mapping(tool["input_schema"], f"{place}.input_schema")
        if name in names:
            raise invalid("tools: Tool names must be unique.")
        names.add(name)

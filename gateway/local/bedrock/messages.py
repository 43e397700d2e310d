"""InvokeModel: the Messages API's own body, as Bedrock takes it, and its answer, whole or in events."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from stargate.gateway.local.bedrock import validation
from stargate.gateway.local.bedrock.answer import Answer, Block, Text, Thinking, ToolUse
from stargate.gateway.local.bedrock.errors import invalid
from stargate.gateway.local.bedrock.faults import wishes, without
from stargate.gateway.local.bedrock.question import Question, Segment, Tool, plain
from stargate.gateway.models import Model, Usage

KINDS: Final = frozenset(
    {
        *("text", "image", "document", "tool_use", "tool_result", "thinking", "redacted_thinking", "search_result"),
        *("server_tool_use", "tool_reference", "compaction"),
    }
)
# How many characters an event brings: a stream of a sentence has several.
PIECE: Final = 12


def question(fields: Mapping[str, Any], chosen: Model, profile_id: str) -> Question:
    """Read a body. Raises Bedrock's ValidationException for what it refuses."""
    validation.body(fields, chosen)
    messages = fields["messages"]
    validation.conversation([_of(message, "role", position) for position, message in enumerate(messages)], chosen)
    last = messages[-1]
    text = "\n".join(block["text"] for block in _blocks(last) if block.get("type") == "text")
    thinking = fields.get("thinking") or {}
    return Question(
        model=chosen,
        profile_id=profile_id,
        segments=tuple(_segments(fields)),
        last_text=without(text),
        wishes=wishes(text),
        max_tokens=validation.limits(fields["max_tokens"], chosen),
        stop_sequences=tuple(fields.get("stop_sequences") or ()),
        tools=tuple(
            Tool(name=tool.get("name", ""), schema=tool.get("input_schema") or {}) for tool in fields.get("tools") or ()
        ),
        forced_tool=_forced(fields.get("tool_choice")),
        tool_answered=any(block.get("type") == "tool_result" for block in _blocks(last)),
        thinking=thinking.get("type") in {"enabled", "adaptive"},
        betas=tuple(fields.get("anthropic_beta") or ()),
    )


def counted(fields: Mapping[str, Any]) -> tuple[Segment, ...]:
    """The prompt of a body whose tokens are to be counted."""
    for position, message in enumerate(fields.get("messages") or ()):
        _of(message, "role", position)
    return tuple(_segments(fields))


def whole(asked: Question, said: Answer, usage: Usage, identity: str) -> dict[str, Any]:
    """The answer of InvokeModel."""
    return {
        **_head(asked, identity),
        "content": [_written(block) for block in said.blocks],
        "stop_reason": said.stop_reason,
        "stop_sequence": said.stop_sequence,
        "usage": usage_of(usage),
    }


def events(asked: Question, said: Answer, usage: Usage, identity: str) -> Iterator[dict[str, Any]]:
    """The events of InvokeModelWithResponseStream."""
    started = {**usage_of(usage), "output_tokens": 1}
    head = {**_head(asked, identity), "content": [], "stop_reason": None, "stop_sequence": None, "usage": started}
    yield {"type": "message_start", "message": head}
    for index, block in enumerate(said.blocks):
        yield {"type": "content_block_start", "index": index, "content_block": _empty(block)}
        for delta in _deltas(block):
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    ended = {"stop_reason": said.stop_reason, "stop_sequence": said.stop_sequence}
    yield {"type": "message_delta", "delta": ended, "usage": {"output_tokens": usage.output}}
    yield {
        "type": "message_stop",
        "amazon-bedrock-invocationMetrics": {
            "inputTokenCount": usage.input,
            "outputTokenCount": usage.output,
            "invocationLatency": 1,
            "firstByteLatency": 1,
            "cacheReadInputTokenCount": usage.cache_read,
            "cacheWriteInputTokenCount": usage.cache_write_5m + usage.cache_write_1h,
        },
    }


def usage_of(usage: Usage) -> dict[str, Any]:
    """Token counts as the Messages API names them."""
    return {
        "input_tokens": usage.input,
        "cache_creation_input_tokens": usage.cache_write_5m + usage.cache_write_1h,
        "cache_read_input_tokens": usage.cache_read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": usage.cache_write_5m,
            "ephemeral_1h_input_tokens": usage.cache_write_1h,
        },
        "output_tokens": usage.output,
    }


def pieces(text: str) -> Iterator[str]:
    """A text in the pieces in which a stream brings it."""
    for start in range(0, len(text), PIECE):
        yield text[start : start + PIECE]


def _head(asked: Question, identity: str) -> dict[str, Any]:
    return {"model": asked.model.bedrock, "id": f"msg_bdrk_{identity}", "type": "message", "role": "assistant"}


def _written(block: Block) -> dict[str, Any]:
    match block:
        case Text(text=text):
            return {"type": "text", "text": text}
        case Thinking(text=text, signature=signature):
            return {"type": "thinking", "thinking": text, "signature": signature}
        case ToolUse(id=identity, name=name, input=given):
            return {"type": "tool_use", "id": identity, "name": name, "input": given}


def _empty(block: Block) -> dict[str, Any]:
    match block:
        case Text():
            return {"type": "text", "text": ""}
        case Thinking():
            return {"type": "thinking", "thinking": "", "signature": ""}
        case ToolUse(id=identity, name=name):
            return {"type": "tool_use", "id": identity, "name": name, "input": {}}


def _deltas(block: Block) -> Iterator[dict[str, Any]]:
    match block:
        case Text(text=text):
            for piece in pieces(text):
                yield {"type": "text_delta", "text": piece}
        case Thinking(text=text, signature=signature):
            for piece in pieces(text):
                yield {"type": "thinking_delta", "thinking": piece}
            yield {"type": "signature_delta", "signature": signature}
        case ToolUse(input=given):
            for piece in pieces(plain(given)):
                yield {"type": "input_json_delta", "partial_json": piece}


def _segments(fields: Mapping[str, Any]) -> Iterator[Segment]:
    """The prompt in the order in which it is cached: tools, system, messages."""
    for tool in fields.get("tools") or ():
        yield _segment(tool)
    system = fields.get("system") or []
    for block in [{"type": "text", "text": system}] if isinstance(system, str) else system:
        yield _segment(block)
    for position, message in enumerate(fields.get("messages") or ()):
        blocks = _blocks(message)
        validation.content([block.get("type", "") for block in blocks], KINDS, position)
        for block in blocks:
            yield _segment(block)


def _segment(block: Mapping[str, Any]) -> Segment:
    control = block.get("cache_control")
    rest = {key: value for key, value in block.items() if key != "cache_control"}
    text = rest["text"] if rest.get("type") == "text" and isinstance(rest.get("text"), str) else plain(rest)
    return Segment(content=text, ttl=control.get("ttl", "5m") if isinstance(control, Mapping) else None)


def _blocks(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    content = message.get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    if not isinstance(content, list) or not all(isinstance(block, dict) for block in content):
        raise invalid("messages: content: Input should be a valid list")
    return content


def _of(message: Any, key: str, position: int) -> str:
    if not isinstance(message, Mapping) or key not in message:
        raise invalid(f"messages.{position}.{key}: Field required")
    return str(message[key])


def _forced(choice: Any) -> str | None:
    if not isinstance(choice, Mapping):
        return None
    match choice.get("type"):
        case "any":
            return ""
        case "tool":
            return str(choice.get("name", ""))
        case _:
            return None

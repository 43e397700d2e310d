"""InvokeModel: the Messages API's own body, as Bedrock takes it, and its answer, whole or in events."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from stargate.gateway.local.bedrock import conversation, shape, validation
from stargate.gateway.local.bedrock.answer import Answer, Block, Text, Thinking, ToolUse
from stargate.gateway.local.bedrock.conversation import Turn
from stargate.gateway.local.bedrock.errors import invalid
from stargate.gateway.local.bedrock.faults import wishes, without
from stargate.gateway.local.bedrock.question import Question, Segment, Tool, plain, segment
from stargate.gateway.models import Model
from stargate.gateway.token_prices import Usage

# How many characters an event brings: a stream of a sentence has several.
PIECE: Final = 12
# `scope` is Anthropic's own; Bedrock says "Extra inputs are not permitted", and LiteLLM takes it out.
CACHE_FIELDS: Final = frozenset({"type", "ttl"})


def question(fields: Mapping[str, Any], chosen: Model, profile_id: str) -> Question:
    """Read a body. Raises Bedrock's ValidationException for what it refuses."""
    validation.body(fields, chosen)
    messages = shape.mappings(fields["messages"], "messages")
    every = _blocks(messages)
    turns = [
        _turn(shape.string(message, "role", f"messages.{position}"), blocks)
        for position, (message, blocks) in enumerate(zip(messages, every, strict=True))
    ]
    conversation.turns(turns, chosen)
    conversation.results(turns)
    tools = shape.mappings(fields.get("tools"), "tools")
    conversation.tools(tools)
    segments = tuple(_segments(fields, every))
    betas = validation.flags(fields.get("anthropic_beta"))
    validation.cache_points(segments)
    validation.length(segments, chosen, betas)
    # A system message in mid-conversation is not what is answered.
    last = next(blocks for turn, blocks in zip(reversed(turns), reversed(every), strict=True) if turn.role != "system")
    text = "\n".join(block["text"] for block in last if block["type"] == "text")
    wanted = shape.mapping(fields.get("thinking"), "thinking")
    return Question(
        model=chosen,
        profile_id=profile_id,
        segments=segments,
        last_text=without(text),
        wishes=wishes(text),
        max_tokens=validation.limits(fields["max_tokens"], chosen),
        stop_sequences=shape.strings(fields.get("stop_sequences"), "stop_sequences"),
        tools=tuple(Tool(name=tool["name"], schema=tool.get("input_schema") or {}) for tool in tools),
        forced_tool=_forced(fields.get("tool_choice")),
        tool_answered=any(block["type"] == "tool_result" for block in last),
        thinking=wanted.get("type") in ("enabled", "adaptive"),
        schema=_schema(fields),
        betas=betas,
    )


def counted(fields: Mapping[str, Any]) -> tuple[Segment, ...]:
    """The prompt of a body whose tokens are to be counted."""
    return tuple(_segments(fields, _blocks(shape.mappings(fields.get("messages"), "messages"))))


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
    return {"model": _anthropic_name(asked.model), "id": f"msg_bdrk_{identity}", "type": "message", "role": "assistant"}


def _anthropic_name(model: Model) -> str:
    """The name by which the model calls itself on Bedrock: Anthropic's."""
    return re.sub(r"^anthropic\.|-v\d+(:\d+)?$", "", model.bedrock)


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


def _segments(fields: Mapping[str, Any], every: Iterable[list[dict[str, Any]]]) -> Iterator[Segment]:
    """The prompt in the order in which it is cached: tools, system, messages."""
    for position, tool in enumerate(shape.mappings(fields.get("tools"), "tools")):
        yield _segment(tool, f"tools.{position}")
    system = fields.get("system")
    if isinstance(system, str):
        yield segment(system)
    else:
        for position, block in enumerate(shape.mappings(system, "system")):
            yield _segment(block, f"system.{position}")
    for position, blocks in enumerate(every):
        for index, block in enumerate(blocks):
            yield _segment(block, f"messages.{position}.content.{index}")


def _segment(block: Mapping[str, Any], place: str) -> Segment:
    """A block; a point within a tool's result counts as one at its end."""
    found: list[str] = []
    rest = _without_points(block, place, found)
    text = rest["text"] if rest.get("type") == "text" and isinstance(rest.get("text"), str) else rest
    return segment(text, found[-1] if found else None)


def _without_points(value: Any, place: str, found: list[str]) -> Any:
    """The value without its cache points, whose times to live are added to `found`; a tool's input is left alone."""
    if isinstance(value, list):
        return [_without_points(one, f"{place}.{index}", found) for index, one in enumerate(value)]
    if not isinstance(value, Mapping):
        return value
    control = value.get("cache_control")
    if control is not None:
        found.append(_ttl(control, f"{place}.cache_control"))
    rest = {key: one for key, one in value.items() if key != "cache_control"}
    if isinstance(rest.get("content"), list):
        rest["content"] = _without_points(rest["content"], f"{place}.content", found)
    return rest


def _ttl(given: Any, place: str) -> str:
    control = shape.mapping(given, place)
    if control.get("type") != "ephemeral":
        raise invalid(
            f"{place}: Input tag '{control.get('type')}' does not match any of the expected tags: 'ephemeral'"
        )
    shape.only(control, CACHE_FIELDS, f"{place}.ephemeral")
    ttl = control.get("ttl", "5m")
    if ttl not in ("5m", "1h"):
        raise invalid(f"{place}.ephemeral.ttl: Input should be '5m' or '1h'")
    return str(ttl)


def _blocks(messages: Sequence[Mapping[str, Any]]) -> list[list[dict[str, Any]]]:
    final = len(messages) - 1
    return [conversation.blocks(message, position, last=position == final) for position, message in enumerate(messages)]


def _turn(role: str, blocks: Sequence[Mapping[str, Any]]) -> Turn:
    return Turn(
        role=role,
        calls=tuple(block["id"] for block in blocks if block["type"] == "tool_use"),
        results=tuple(block["tool_use_id"] for block in blocks if block["type"] == "tool_result"),
    )


def _schema(fields: Mapping[str, Any]) -> dict[str, Any] | None:
    wanted = shape.mapping(shape.mapping(fields.get("output_config"), "output_config").get("format"), "format")
    return shape.mapping(wanted.get("schema"), "schema") if wanted.get("type") == "json_schema" else None


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

"""Converse: Bedrock's interface for every model, and its answer, whole or in events."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from stargate.gateway.local.bedrock import validation
from stargate.gateway.local.bedrock.answer import Answer, Block, Text, Thinking, ToolUse
from stargate.gateway.local.bedrock.errors import invalid
from stargate.gateway.local.bedrock.faults import wishes, without
from stargate.gateway.local.bedrock.messages import pieces
from stargate.gateway.local.bedrock.question import Question, Segment, Tool, plain
from stargate.gateway.models import Model, Usage

# From the service model's ConverseRequest.
FIELDS: Final = frozenset(
    {
        *("messages", "system", "inferenceConfig", "toolConfig", "guardrailConfig", "additionalModelRequestFields"),
        *(
            "promptVariables",
            "additionalModelResponseFieldPaths",
            "requestMetadata",
            "performanceConfig",
            "serviceTier",
        ),
        "outputConfig",
    }
)
KINDS: Final = frozenset(
    {
        *("text", "image", "document", "video", "audio", "toolUse", "toolResult", "guardContent", "cachePoint"),
        *("reasoningContent", "citationsContent", "searchResult"),
    }
)
# What Converse answers with when the request names no length.
DEFAULT_TOKENS: Final = 4096


def question(fields: Mapping[str, Any], chosen: Model, profile_id: str) -> Question:
    """Read a body. Raises Bedrock's ValidationException for what it refuses."""
    for name in fields:
        if name not in FIELDS:
            raise invalid(f"{name}: Extra inputs are not permitted")
    messages = fields.get("messages") or []
    validation.conversation([str(message.get("role")) for message in messages], chosen)
    more = fields.get("additionalModelRequestFields") or {}
    limits = fields.get("inferenceConfig") or {}
    betas = more.get("anthropic_beta") or []
    validation.flags(betas)
    validation.sampling({**more, **limits}, chosen)
    thinking = more.get("thinking") or {}
    max_tokens = validation.limits(limits.get("maxTokens", min(DEFAULT_TOKENS, chosen.output_tokens)), chosen)
    validation.thinking(thinking, max_tokens)
    last = messages[-1].get("content") or []
    text = "\n".join(block["text"] for block in last if "text" in block)
    tools = [tool["toolSpec"] for tool in (fields.get("toolConfig") or {}).get("tools", ()) if "toolSpec" in tool]
    return Question(
        model=chosen,
        profile_id=profile_id,
        segments=segments(fields),
        last_text=without(text),
        wishes=wishes(text),
        max_tokens=max_tokens,
        stop_sequences=tuple(limits.get("stopSequences") or ()),
        tools=tuple(Tool(name=tool["name"], schema=tool["inputSchema"].get("json") or {}) for tool in tools),
        forced_tool=_forced((fields.get("toolConfig") or {}).get("toolChoice")),
        tool_answered=any("toolResult" in block for block in last),
        thinking=thinking.get("type") in {"enabled", "adaptive"},
        betas=tuple(betas),
    )


def whole(said: Answer, usage: Usage) -> dict[str, Any]:
    """The answer of Converse."""
    return {
        "output": {"message": {"role": "assistant", "content": [_written(block) for block in said.blocks]}},
        "stopReason": said.stop_reason,
        "usage": usage_of(usage),
        "metrics": {"latencyMs": 1},
        **_sequence(said),
    }


def events(said: Answer, usage: Usage) -> Iterator[tuple[str, dict[str, Any]]]:
    """The events of ConverseStream: name and value."""
    yield "messageStart", {"role": "assistant"}
    for index, block in enumerate(said.blocks):
        if isinstance(block, ToolUse):
            start = {"toolUse": {"toolUseId": block.id, "name": block.name}}
            yield "contentBlockStart", {"contentBlockIndex": index, "start": start}
        for delta in _deltas(block):
            yield "contentBlockDelta", {"contentBlockIndex": index, "delta": delta}
        yield "contentBlockStop", {"contentBlockIndex": index}
    yield "messageStop", {"stopReason": said.stop_reason, **_sequence(said)}
    yield "metadata", {"usage": usage_of(usage), "metrics": {"latencyMs": 1}}


def usage_of(usage: Usage) -> dict[str, Any]:
    """Token counts as Converse names them; `inputTokens` holds no cached ones, `totalTokens` holds all."""
    details = [
        {"ttl": ttl, "inputTokens": count}
        for ttl, count in (("5m", usage.cache_write_5m), ("1h", usage.cache_write_1h))
        if count
    ]
    return {
        "inputTokens": usage.input,
        "outputTokens": usage.output,
        "totalTokens": usage.prompt + usage.output,
        "cacheReadInputTokens": usage.cache_read,
        "cacheWriteInputTokens": usage.cache_write_5m + usage.cache_write_1h,
        **({"cacheDetails": details} if details else {}),
    }


def segments(fields: Mapping[str, Any]) -> tuple[Segment, ...]:
    """The prompt in the order in which it is cached: tools, system, messages."""
    blocks: list[Mapping[str, Any]] = [*(fields.get("toolConfig") or {}).get("tools", ())]
    blocks += fields.get("system") or ()
    for position, message in enumerate(fields.get("messages") or ()):
        content = message.get("content") or []
        validation.content([next(iter(block), "") for block in content], KINDS, position)
        blocks += content
    found: list[Segment] = []
    for block in blocks:
        if "cachePoint" not in block:
            found.append(Segment(content=block["text"] if "text" in block else plain(block)))
        elif found:
            found[-1] = Segment(content=found[-1].content, ttl=block["cachePoint"].get("ttl", "5m"))
    return tuple(found)


def _written(block: Block) -> dict[str, Any]:
    match block:
        case Text(text=text):
            return {"text": text}
        case Thinking(text=text, signature=signature):
            return {"reasoningContent": {"reasoningText": {"text": text, "signature": signature}}}
        case ToolUse(id=identity, name=name, input=given):
            return {"toolUse": {"toolUseId": identity, "name": name, "input": given}}


def _deltas(block: Block) -> Iterator[dict[str, Any]]:
    match block:
        case Text(text=text):
            for piece in pieces(text):
                yield {"text": piece}
        case Thinking(text=text, signature=signature):
            for piece in pieces(text):
                yield {"reasoningContent": {"text": piece}}
            yield {"reasoningContent": {"signature": signature}}
        case ToolUse(input=given):
            for piece in pieces(plain(given)):
                yield {"toolUse": {"input": piece}}


def _sequence(said: Answer) -> dict[str, Any]:
    return {"additionalModelResponseFields": {"stop_sequence": said.stop_sequence}} if said.stop_sequence else {}


def _forced(choice: Any) -> str | None:
    if not isinstance(choice, Mapping):
        return None
    if "any" in choice:
        return ""
    if "tool" in choice:
        return str(choice["tool"].get("name", ""))
    return None

"""Converse: Bedrock's interface for every model, and its answer, whole or in events."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from stargate.gateway.local.bedrock import conversation, shape, validation
from stargate.gateway.local.bedrock.answer import Answer, Block, Text, Thinking, ToolUse
from stargate.gateway.local.bedrock.conversation import Turn
from stargate.gateway.local.bedrock.errors import invalid
from stargate.gateway.local.bedrock.faults import wishes, without
from stargate.gateway.local.bedrock.messages import pieces
from stargate.gateway.local.bedrock.question import Question, Segment, Tool, plain, segment
from stargate.gateway.models import Model
from stargate.gateway.token_prices import Usage

# From the service model's ConverseRequest.
FIELDS: Final = frozenset(
    {
        *("messages", "system", "inferenceConfig", "toolConfig", "guardrailConfig", "additionalModelRequestFields"),
        *("promptVariables", "additionalModelResponseFieldPaths", "requestMetadata", "performanceConfig"),
        *("serviceTier", "outputConfig"),
    }
)
# From its ContentBlock.
KINDS: Final = frozenset(
    {
        *("text", "image", "document", "video", "audio", "toolUse", "toolResult", "guardContent", "cachePoint"),
        *("reasoningContent", "citationsContent", "searchResult", "toolAddition", "toolRemoval"),
    }
)
# From its InferenceConfiguration, and the Messages API's names of the same.
LIMITS: Final = {"maxTokens": "max_tokens", "temperature": "temperature", "topP": "top_p", "stopSequences": ""}
# What Converse takes when the request names no length.
DEFAULT_TOKENS: Final = 4096


def question(fields: Mapping[str, Any], chosen: Model, profile_id: str) -> Question:
    """Read a body. Raises Bedrock's ValidationException for what it refuses."""
    shape.only(fields, FIELDS)
    messages = _messages(fields)
    limits = shape.mapping(fields.get("inferenceConfig"), "inferenceConfig")
    shape.only(limits, frozenset(LIMITS), "inferenceConfig")
    config = shape.mapping(fields.get("toolConfig"), "toolConfig")
    tools = [tool["toolSpec"] for tool in _tools(fields) if "toolSpec" in tool]
    turns = [_turn(message) for message in messages]
    if turns and turns[0].role != "user":
        raise invalid(
            "A conversation must start with a user message. Try again with a conversation that starts with a user "
            "message."
        )
    conversation.converse_results(turns)
    found = segments(fields)
    max_tokens = _max_tokens(limits, chosen)
    more = _more(fields, limits)
    with validation.through_converse():
        conversation.turns(turns, chosen)
        conversation.tools([{"name": tool["name"], "input_schema": {}} for tool in tools])
        validation.settings(more, chosen, max_tokens)
        validation.cache_points(found)
        validation.length(found, chosen, validation.flags(more.get("anthropic_beta")))
    last = next(message for message in reversed(messages) if message["role"] != "system")["content"]
    text = "\n".join(block["text"] for block in last if "text" in block)
    return Question(
        model=chosen,
        profile_id=profile_id,
        segments=found,
        last_text=without(text),
        wishes=wishes(text),
        max_tokens=max_tokens,
        stop_sequences=shape.strings(limits.get("stopSequences"), "inferenceConfig.stopSequences"),
        tools=tuple(Tool(name=tool["name"], schema=tool["inputSchema"].get("json") or {}) for tool in tools),
        forced_tool=_forced(config.get("toolChoice")),
        tool_answered=any("toolResult" in block for block in last),
        thinking=(more.get("thinking") or {}).get("type") in ("enabled", "adaptive"),
        schema=_schema(fields),
        betas=validation.flags(more.get("anthropic_beta")),
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
    blocks = [*_tools(fields), *shape.mappings(fields.get("system"), "system")]
    for message in _messages(fields):
        blocks += message["content"]
    found: list[Segment] = []
    for block in blocks:
        if "cachePoint" not in block:
            found.append(segment(block["text"] if isinstance(block.get("text"), str) else block))
        elif found:
            found[-1] = replace(found[-1], ttl=_ttl(block["cachePoint"]))
    return tuple(found)


def _messages(fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The messages, each with a role and blocks of known kinds. The words are those of Converse itself."""
    messages = shape.mappings(fields.get("messages"), "messages")
    for position, message in enumerate(messages):
        shape.string(message, "role", f"messages.{position}")
        content = shape.mappings(message.get("content"), f"messages.{position}.content")
        if not content:
            raise invalid(
                f"The content field in the Message object at messages.{position} is empty. Add a ContentBlock object "
                "to the content field and try again."
            )
        for index, block in enumerate(content):
            place = f"messages.{position}.content.{index}"
            shape.only(block, KINDS, place)
            for kind in ("toolUse", "toolResult"):
                if kind in block:
                    shape.string(shape.mapping(block[kind], f"{place}.{kind}"), "toolUseId", f"{place}.{kind}")
            if "text" in block and not shape.string(block, "text", place).strip():
                raise invalid(
                    f"The text field in the ContentBlock object at {place} is blank. Add text to the text field, and "
                    "try again."
                )
    return messages


def _tools(fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    tools = shape.mappings(shape.mapping(fields.get("toolConfig"), "toolConfig").get("tools"), "toolConfig.tools")
    for position, tool in enumerate(tools):
        if "toolSpec" in tool:
            place = f"toolConfig.tools.{position}.toolSpec"
            shape.string(shape.mapping(tool["toolSpec"], place), "name", place)
            if not shape.mapping(tool["toolSpec"].get("inputSchema"), f"{place}.inputSchema"):
                raise invalid(f"{place}.inputSchema: Field required")
    return tools


def _turn(message: Mapping[str, Any]) -> Turn:
    blocks = message["content"]
    return Turn(
        role=message["role"],
        calls=tuple(block["toolUse"]["toolUseId"] for block in blocks if "toolUse" in block),
        results=tuple(block["toolResult"]["toolUseId"] for block in blocks if "toolResult" in block),
    )


def _max_tokens(limits: Mapping[str, Any], chosen: Model) -> int:
    wanted = limits.get("maxTokens", min(DEFAULT_TOKENS, chosen.output_tokens))
    if isinstance(wanted, int) and wanted > chosen.output_tokens:
        raise invalid(
            f"The maximum tokens you requested exceeds the model limit of {chosen.output_tokens}. Try again with a "
            f"maximum tokens value that is lower than {chosen.output_tokens}."
        )
    return validation.limits(wanted, chosen)


def _more(fields: Mapping[str, Any], limits: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as the Messages API names them."""
    more = dict(shape.mapping(fields.get("additionalModelRequestFields"), "additionalModelRequestFields"))
    with validation.through_converse():
        given = validation.flags(more.get("anthropic_beta"))
        opened = {name for name, betas in validation.BETA_FIELDS.items() if not betas.isdisjoint(given)}
        shape.only(more, validation.FIELDS | opened)
    more |= {name: limits[key] for key, name in LIMITS.items() if name and key in limits}
    effort = shape.mapping(fields.get("outputConfig"), "outputConfig").get("effort")
    if effort is not None:
        more["output_config"] = {**shape.mapping(more.get("output_config"), "output_config"), "effort": effort}
    choice = shape.mapping(shape.mapping(fields.get("toolConfig"), "toolConfig").get("toolChoice"), "toolChoice")
    if choice:
        more["tool_choice"] = {"type": next(iter(choice))}
    return more


def _schema(fields: Mapping[str, Any]) -> dict[str, Any] | None:
    wanted = shape.mapping(fields.get("outputConfig"), "outputConfig")
    for step in ("textFormat", "structure", "jsonSchema"):
        wanted = shape.mapping(wanted.get(step), step)
    if "schema" not in wanted:
        return None
    try:
        return shape.mapping(json.loads(wanted["schema"]), "outputConfig.textFormat.structure.jsonSchema.schema")
    except (TypeError, ValueError) as error:
        raise invalid("outputConfig.textFormat.structure.jsonSchema.schema: Input should be valid JSON") from error


def _ttl(point: Any) -> str:
    ttl = shape.mapping(point, "cachePoint").get("ttl", "5m")
    if ttl not in ("5m", "1h"):
        raise invalid("cachePoint.ttl: Member must satisfy enum value set: [5m, 1h]")
    return str(ttl)


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
        return str(shape.mapping(choice["tool"], "toolChoice.tool").get("name", ""))
    return None

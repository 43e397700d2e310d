"""The answer to a question, made by rule: the same question is answered with the same words."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final

from stargate.gateway.local.bedrock.errors import invalid
from stargate.gateway.local.bedrock.question import BYTES, Question, Tool, plain, tokens
from stargate.gateway.local.bedrock.schema import fitting

LONGEST_ECHO: Final = 400
FILLER: Final = "The gateway counts every token, and every dollar of it. "
THOUGHT: Final = "The last message asks for an answer. "


@dataclass(frozen=True, kw_only=True)
class Text:
    """Words."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Thinking:
    """Thought before the words, with the signature by which a client hands it back."""

    text: str
    signature: str


@dataclass(frozen=True, kw_only=True)
class ToolUse:
    """A call of a tool."""

    id: str
    name: str
    input: dict[str, Any]


Block = Text | Thinking | ToolUse


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is said, and why it ends: `end_turn`, `tool_use`, `max_tokens` or `stop_sequence`."""

    blocks: tuple[Block, ...]
    stop_reason: str
    stop_sequence: str | None = None

    @property
    def tokens(self) -> int:
        """What it is billed as output."""
        return sum(tokens(_said(block)) for block in self.blocks)


def answer(question: Question) -> Answer:
    """Answer a question. Raises Bedrock's ValidationException if it asks for a tool that it does not bring."""
    blocks: list[Block] = []
    left = question.max_tokens
    if question.thinking:
        thought = _repeated(THOUGHT, min(question.wishes.think or tokens(THOUGHT), left))
        blocks.append(Thinking(text=thought, signature=hashlib.sha256(thought.encode()).hexdigest()))
        left -= tokens(thought)
    if left < 1:
        return Answer(blocks=tuple(blocks), stop_reason="max_tokens")
    tool = _tool(question)
    if tool is not None:
        made = fitting(tool.schema, tool.schema)
        identity = f"toolu_bdrk_{question.digest[:24]}"
        blocks.append(ToolUse(id=identity, name=tool.name, input=made if isinstance(made, dict) else {}))
        return Answer(blocks=tuple(blocks), stop_reason="tool_use")
    text, reason, sequence = _words(question, left)
    said = (Text(text=text),) if text else ()
    return Answer(blocks=(*blocks, *said), stop_reason=reason, stop_sequence=sequence)


def _said(block: Block) -> str:
    match block:
        case ToolUse():
            return f"{block.name} {plain(block.input)}"
        case Text() | Thinking():
            return block.text


def _tool(question: Question) -> Tool | None:
    wished = question.wishes.tool
    if wished is None and question.forced_tool is None:
        return None
    if question.tool_answered and question.forced_tool is None:
        return None
    name = wished or question.forced_tool
    for tool in question.tools:
        if not name or tool.name == name:
            return tool
    raise invalid(f"tool_choice: the tool {name!r} is not among the request's tools")


def _words(question: Question, most: int) -> tuple[str, str, str | None]:
    """The text of at most so many tokens, the reason of its end, and the stop sequence that ended it."""
    wished = question.wishes.tokens
    if wished is not None:
        text = _repeated(FILLER, wished)
    elif question.schema is not None and not question.tool_answered:
        text = json.dumps(fitting(question.schema, question.schema))
    elif question.tool_answered:
        text = "The tool's result was read. Nothing more is to be done."
    else:
        text = f"You said: {question.last_text[:LONGEST_ECHO]}"
    found = [(text.find(stop), stop) for stop in question.stop_sequences if stop and stop in text]
    if found:
        at, stop = min(found)
        if tokens(text[:at]) <= most:
            return text[:at], "stop_sequence", stop
    if tokens(text) > most:
        return text.encode()[: most * BYTES].decode(errors="ignore"), "max_tokens", None
    return text, "end_turn", None


def _repeated(text: str, count: int) -> str:
    """A text of exactly so many tokens, made of one of ASCII."""
    return (text * (count * BYTES // len(text) + 1))[: count * BYTES]

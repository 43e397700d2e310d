"""The answer to a question, made by rule: the same question is answered with the same words."""

import hashlib
import itertools
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from stargate.gateway.local.bedrock.errors import invalid
from stargate.gateway.local.bedrock.question import Question, Tool, plain, tokens

LONGEST_ECHO: Final = 400
# A schema may refer to itself.
DEEPEST_SCHEMA: Final = 8
FILLER: Final = ("the", "gateway", "counts", "every", "token", "and", "every", "dollar", "of", "it")
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
    if question.thinking:
        thought = _cut(itertools.repeat(THOUGHT), question.wishes.think or tokens(THOUGHT))
        blocks.append(Thinking(text=thought, signature=hashlib.sha256(thought.encode()).hexdigest()))
    tool = _tool(question)
    if tool is not None:
        made = fitting(tool.schema, tool.schema)
        identity = f"toolu_bdrk_{question.digest[:24]}"
        blocks.append(ToolUse(id=identity, name=tool.name, input=made if isinstance(made, dict) else {}))
        return Answer(blocks=tuple(blocks), stop_reason="tool_use")
    text, reason, sequence = _words(question)
    return Answer(blocks=(*blocks, Text(text=text)), stop_reason=reason, stop_sequence=sequence)


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


def _words(question: Question) -> tuple[str, str, str | None]:
    """The text, the reason of its end, and the stop sequence that ended it."""
    wished = question.wishes.tokens
    if wished is not None:
        text = _cut((f"{word} " for word in itertools.cycle(FILLER)), wished)
    elif question.tool_answered:
        text = "The tool's result was read. Nothing more is to be done."
    else:
        text = f"You said: {question.last_text[:LONGEST_ECHO]}"
    found = [(text.find(stop), stop) for stop in question.stop_sequences if stop and stop in text]
    if found:
        at, stop = min(found)
        text = text[:at]
        if tokens(text) <= question.max_tokens:
            return text, "stop_sequence", stop
    if tokens(text) > question.max_tokens:
        return _cut(iter(text), question.max_tokens), "max_tokens", None
    return text, "end_turn", None


def _cut(pieces: Iterable[str], most: int) -> str:
    """As many whole pieces as make at most so many tokens."""
    made: list[str] = []
    size = 0
    for piece in pieces:
        size += len(piece.encode())
        if -(-size // 4) > most:
            break
        made.append(piece)
    return "".join(made)


def fitting(schema: Any, root: dict[str, Any], depth: int = 0) -> Any:
    """A value that fits a JSON schema: the first choice, the least number, the required properties alone."""
    if not isinstance(schema, dict) or depth > DEEPEST_SCHEMA:
        return None
    if "$ref" in schema:
        return fitting(_resolve(schema["$ref"], root), root, depth + 1)
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    if schema.get("enum"):
        return schema["enum"][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if schema.get(key):
            return fitting(schema[key][0], root, depth + 1)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    return _of_type(kind[0] if isinstance(kind, list) else kind, schema, root, depth)


def _of_type(kind: str, schema: dict[str, Any], root: dict[str, Any], depth: int) -> Any:
    match kind:
        case "object":
            known = schema.get("properties", {})
            return {name: fitting(known.get(name, {}), root, depth + 1) for name in schema.get("required", [])}
        case "array":
            return [fitting(schema.get("items", {}), root, depth + 1) for _ in range(schema.get("minItems", 0))]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return "example".ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength")]


def _resolve(reference: str, root: dict[str, Any]) -> Any:
    found: Any = root
    for step in reference.removeprefix("#/").split("/"):
        found = found.get(step, {}) if isinstance(found, dict) else {}
    return found

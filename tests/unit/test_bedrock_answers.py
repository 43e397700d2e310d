"""The emulator's answers: made by rule, of the asked length, fitting the asked schema."""

from dataclasses import replace

import jsonschema
import pytest

from stargate.gateway.local.bedrock.answer import Text, Thinking, ToolUse, answer
from stargate.gateway.local.bedrock.errors import BedrockError
from stargate.gateway.local.bedrock.faults import wishes
from stargate.gateway.local.bedrock.question import Question, Tool, tokens
from stargate.gateway.local.bedrock.schema import fitting
from stargate.gateway.models import BY_NAME, Profile

MODEL = BY_NAME["claude-sonnet-4-5"]
WEATHER = Tool(
    name="weather", schema={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
)


def asked(text: str = "Say hi.", directives: str = "", **more) -> Question:
    question = Question(
        model=MODEL,
        profile_id=MODEL.profile_id(Profile.US),
        segments=(),
        last_text=text,
        wishes=wishes(f"[[bedrock: {directives}]]"),
        max_tokens=1000,
    )
    return replace(question, **more)


def test_the_same_question_is_answered_with_the_same_words():
    assert answer(asked()) == answer(asked())
    assert answer(asked()).blocks == (Text(text="You said: Say hi."),)
    assert answer(asked("Say ho.")) != answer(asked())


@pytest.mark.parametrize("count", [1, 2, 200, 999])
def test_an_answer_has_the_asked_number_of_tokens(count):
    said = answer(asked(directives=f"tokens={count}"))
    assert said.tokens == count
    assert said.stop_reason == "end_turn"


def test_an_answer_ends_at_the_most_tokens():
    said = answer(asked(directives="tokens=500", max_tokens=7))
    assert (said.tokens, said.stop_reason) == (7, "max_tokens")


def test_an_answer_of_long_characters_ends_at_the_most_tokens_too():
    said = answer(asked("ü" * 100, max_tokens=5))
    assert (said.tokens, said.stop_reason) == (5, "max_tokens")


def test_an_answer_ends_before_the_first_stop_sequence():
    said = answer(asked("one two three", stop_sequences=("three", "two")))
    assert said.blocks == (Text(text="You said: one "),)
    assert (said.stop_reason, said.stop_sequence) == ("stop_sequence", "two")


def test_a_stop_sequence_beyond_the_most_tokens_is_not_reached():
    said = answer(asked("one two three", stop_sequences=("three",), max_tokens=2))
    assert (said.stop_reason, said.stop_sequence) == ("max_tokens", None)


def test_thought_comes_first_and_counts_as_output():
    said = answer(asked(directives="think=40 tokens=10", thinking=True))
    thought, words = said.blocks
    assert isinstance(thought, Thinking)
    assert thought.signature
    assert (tokens(thought.text), tokens(words.text), said.tokens) == (40, 10, 50)


def test_thought_that_takes_every_token_leaves_no_words():
    said = answer(asked(directives="think=40", thinking=True, max_tokens=20))
    assert [type(block) for block in said.blocks] == [Thinking]
    assert (said.tokens, said.stop_reason) == (20, "max_tokens")


def test_without_being_allowed_to_the_model_does_not_think():
    assert [type(block) for block in answer(asked(directives="think=40")).blocks] == [Text]


@pytest.mark.parametrize("forced", ["", "weather"])
def test_a_forced_tool_is_called(forced):
    [call] = answer(asked(tools=(WEATHER,), forced_tool=forced)).blocks
    assert isinstance(call, ToolUse)
    assert (call.name, call.input) == ("weather", {"city": "example"})


def test_a_tool_is_called_when_the_message_asks_for_it_and_not_again_after_its_result():
    question = asked(directives="tool=weather", tools=(WEATHER,))
    assert answer(question).stop_reason == "tool_use"
    assert answer(replace(question, tool_answered=True)).stop_reason == "end_turn"
    assert answer(asked(tools=(WEATHER,))).stop_reason == "end_turn", "unasked it is not called"


def test_a_tool_that_the_request_does_not_bring_is_refused():
    with pytest.raises(BedrockError, match="snow"):
        answer(asked(directives="tool=snow", tools=(WEATHER,)))


SCHEMAS = {
    "an object's required properties": {
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 12},
            "size": {"enum": ["small", "large"]},
            "count": {"type": "integer", "minimum": 5, "maximum": 9},
            "share": {"type": "number", "exclusiveMinimum": 3},
            "low": {"type": "integer", "maximum": -4},
            "sure": {"type": "boolean"},
            "nothing": {"type": "null"},
            "left out": {"type": "string"},
        },
        "required": ["name", "size", "count", "share", "low", "sure", "nothing"],
        "additionalProperties": False,
    },
    "a list": {"type": "array", "items": {"type": "string", "maxLength": 3}, "minItems": 2},
    "a reference": {"$ref": "#/$defs/a", "$defs": {"a": {"type": "object", "required": ["b"]}}},
    "a choice": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    "several types": {"type": ["string", "null"]},
    "a constant": {"const": {"a": [1]}},
    "all of several": {
        "allOf": [
            {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
            {"$ref": "#/$defs/b"},
        ],
        "$defs": {"b": {"type": "object", "properties": {"c": {"type": "string"}}, "required": ["c"]}},
    },
}


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_a_made_up_value_fits_its_schema(schema):
    jsonschema.validate(fitting(schema, schema), schema)


@pytest.mark.parametrize(
    "schema",
    [
        *(
            {"required": 5, "type": "object"},
            {"properties": []},
            {"enum": "x"},
            {"allOf": [5]},
            {"$ref": "#/$defs/none"},
        ),
        *({"type": "integer", "minimum": "1"}, {"type": "array", "minItems": None}, {"minLength": True}),
    ],
)
def test_a_schema_that_is_none_is_refused(schema):
    with pytest.raises(BedrockError, match="JSON schema is invalid"):
        fitting(schema, schema)


def test_a_schema_makes_no_value_without_end():
    assert len(fitting({"minLength": 10**9}, {})) <= 1000


def test_a_schema_that_refers_to_itself_ends():
    schema = {"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["next"]}
    assert fitting(schema, schema)["next"]


def test_an_answer_that_must_fit_a_schema_is_json_that_does():
    schema = SCHEMAS["a reference"]
    [text] = answer(asked(schema=schema)).blocks
    assert text.text == '{"b": "example"}'

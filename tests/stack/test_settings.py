"""The settings: declared once, agreed on everywhere, and nothing else gets in."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from recorded_stack import ROOT, STACKS

from stargate.components.settings import Settings, parse
from stargate.components.settings.areas import Area
from stargate.errors import StargateError

PROJECT = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
DECLARED = {key: value for key, value in PROJECT["config"].items() if ":" not in key}


def keys() -> list[str]:
    """Every key of every area."""
    schema = Settings.model_json_schema()
    return sorted({key for node in (schema, *schema["$defs"].values()) for key in node.get("properties", {})})


def test_the_project_declares_every_area_and_no_other():
    assert list(DECLARED) == list(Settings.model_fields)


@pytest.mark.parametrize("area", Settings.model_fields)
def test_an_area_is_declared_as_pulumi_asks_for(area):
    declared = DECLARED[area]
    assert declared["description"] == Settings.model_fields[area].description, "the docstring is the truth"
    assert set(declared) == {"type", "description", "default"}, "Pulumi takes a default or a value, never both"
    assert declared["type"] == "object"
    assert isinstance(declared["default"], dict), "Pulumi refuses a default of another type"


def test_a_key_of_another_namespace_has_a_value_alone():
    other = {key: value for key, value in PROJECT["config"].items() if ":" in key}
    assert other == {"aws:region": {"value": "us-west-1"}}, "Pulumi refuses types and defaults there"


def test_what_is_declared_as_default_is_the_default():
    assert parse({area: declared["default"] for area, declared in DECLARED.items()}) == parse({})


@pytest.mark.parametrize("stack", STACKS)
def test_a_stacks_file_holds_settings_that_exist_and_fit(stack):
    found = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())
    assert set(found) == {"config"}, "neither a passphrase nor an encrypted key is committed"
    areas = {key.removeprefix(f"{PROJECT['name']}:"): value for key, value in found["config"].items()}
    assert set(areas) <= set(Settings.model_fields)
    assert parse(areas)


@pytest.mark.parametrize("area", [cls.__name__ for cls in Area.__subclasses__() if cls is not Settings])
def test_every_area_refuses_what_it_does_not_know(area):
    cls = next(cls for cls in Area.__subclasses__() if cls.__name__ == area)
    assert cls.model_config["extra"] == "forbid"
    assert cls.model_config["frozen"]


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["us", "none", "vpc", "10.10.0.0/16", "metrics", "db.t4g.micro", "claude-haiku-4-5", 7, 256])
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(keys()) | st.text(max_size=3), inner),
    max_leaves=6,
)


def areas_like_the_real() -> st.SearchStrategy:
    """Objects whose keys are right, level by level, and whose values are anything."""
    schema = Settings.model_json_schema()

    def of(node: dict) -> st.SearchStrategy:
        for choice in (node, *node.get("anyOf", ())):
            if "$ref" in choice:
                node = schema["$defs"][choice["$ref"].rsplit("/", 1)[-1]]
        known = node.get("properties")
        if not known:
            return VALUES
        return st.fixed_dictionaries({}, optional={key: of(inner) for key, inner in known.items()}) | VALUES

    return st.fixed_dictionaries({}, optional={area: of(node) for area, node in schema["properties"].items()})


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(Settings.model_fields)), VALUES, max_size=3) | areas_like_the_real())
def test_anything_is_settings_or_one_sentence(values):
    try:
        found = parse(values)
    except StargateError:
        return
    assert isinstance(found, Settings), "anything else that is raised is a traceback in somebody's preview"


def numbers() -> list[tuple[str, ...]]:
    """The path of every setting that is a number."""
    schema = Settings.model_json_schema()

    def below(node: dict, path: tuple[str, ...]):
        for choice in (node, *node.get("anyOf", ())):
            if "$ref" in choice:
                node = schema["$defs"][choice["$ref"].rsplit("/", 1)[-1]]
        if node.get("type") in {"integer", "number"} or any(
            choice.get("type") in {"integer", "number"} for choice in node.get("anyOf", ())
        ):
            yield path
        for key, inner in node.get("properties", {}).items():
            yield from below(inner, (*path, key))

    return sorted(below(schema, ()))


@pytest.mark.parametrize("path", numbers(), ids=".".join)
def test_no_setting_takes_less_than_nothing(path):
    values: object = -1
    for part in reversed(path):
        values = {part: values}
    with pytest.raises(StargateError, match=path[-1]):
        parse(values)

"""What a preview hands to the program as its configuration: the stack's file, and what is changed for once."""

import json
from pathlib import Path

import pytest
from recorded_stack import ROOT

from stargate.components.configuration import PLACEHOLDER, configuration
from stargate.components.preview import preview
from stargate.components.testing import parsed
from stargate.errors import StargateError


@pytest.fixture
def project(tmp_path) -> Path:
    """Our own program, with a stack's file to write."""
    for file in ("Pulumi.yaml", "__main__.py"):
        (tmp_path / file).write_text((ROOT / file).read_text())
    return tmp_path


def with_settings(project: Path, text: str) -> Path:
    (project / "Pulumi.dev.yaml").write_text(f"config:\n  {text}\n")
    return project


def test_a_path_changes_one_setting_and_leaves_its_neighbours():
    changed = configuration(ROOT, "prod", {"gateway.tasks.most": "4", "edge.origin": "vpc"})
    gateway = json.loads(changed.values["stargate:gateway"])
    assert gateway["tasks"] == {"least": 2, "most": 4, "cpu": 1024, "memory_mb": 4096, "requests_per_minute": 600}
    assert json.loads(changed.values["stargate:edge"]) == {"origin": "vpc"}
    whole = configuration(ROOT, "prod", {"gateway": '{"tasks": {"most": 4}}'})
    assert json.loads(whole.values["stargate:gateway"]) == {"tasks": {"most": 4}}, "an object replaces the area"


def test_a_change_below_the_projects_own_name_is_the_same_change():
    plain, whole = (configuration(ROOT, "dev", {key: "true"}) for key in ("cache.enabled", "stargate:cache.enabled"))
    assert plain == whole
    assert json.loads(plain.values["stargate:cache"]) == {"enabled": True}


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("stargat:cache.enabled", "stargat:cache.enabled is no setting: write stargate: or aws: in front, or neither"),
        ("cache:enabled", "cache:enabled is no setting: write stargate: or aws: in front, or neither"),
        (":cache", ":cache is no setting: write stargate: or aws: in front, or neither"),
        ("stargate:aws:region:x", "is no setting: write stargate: or aws: in front, or neither"),
        ("aws:foo", "aws:foo is no setting: choose from aws:region, aws:allowedAccountIds"),
        ("aws:defaultTags.tags", "aws:defaultTags is no setting: choose from aws:region, aws:allowedAccountIds"),
        (".enabled", ".enabled names nothing before or after a dot: write a setting such as cache.enabled"),
        ("cache.", "cache. names nothing before or after a dot"),
        ("gateway..most", "gateway..most names nothing before or after a dot"),
        ("aws:", "aws: is no setting"),
    ],
)
def test_a_change_of_what_nothing_reads_is_refused(path, sentence):
    with pytest.raises(StargateError) as refusal:
        configuration(ROOT, "dev", {path: "1"})
    assert sentence in str(refusal.value)


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ("tags.cost:center", "1", "cost:center"),
        ("tags.cost.center", "true", "cost.center"),
        ("stargate:tags.a:b.c", "x", "a:b.c"),
    ],
)
def test_a_tag_is_a_text_whatever_it_looks_like_and_its_key_may_hold_colons_and_dots(path, value, key):
    provider = preview(ROOT, "dev", {path: value}).one("pulumi:providers:aws")
    assert parsed(provider, "defaultTags")["tags"][key] == value


def test_a_tag_of_awss_own_is_refused_as_in_a_file():
    with pytest.raises(StargateError, match="tags has aws:foo: choose a key that begins with neither"):
        preview(ROOT, "dev", {"tags.aws:foo": "1"})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("stargate:tags: {date: 2026-01-01}", "stargate:tags holds 2026-01-01, which YAML takes for a date: put it in"),
        ("stargate:tags: {at: 2026-01-01 10:00:00}", "2026-01-01 10:00:00, which YAML takes for a date: put it in"),
        ("stargate:tags: {a: !!binary aGlkZGVu}", "stargate:tags holds a YAML bytes: put it in quotes"),
        ("stargate:tags: {2026-01-01: x}", "stargate:tags has a key that YAML takes for no text: put it in quotes"),
        ("stargate:tags: &all {a: *all}", "stargate:tags holds itself, through a YAML alias: write it out"),
    ],
)
def test_what_yaml_makes_of_a_value_without_quotes_is_refused(project, text, sentence):
    with pytest.raises(StargateError) as refusal:
        configuration(with_settings(project, text), "dev")
    assert sentence in str(refusal.value)
    assert "hidden" not in str(refusal.value)


@pytest.mark.parametrize("area", ["cache", "tags"])
def test_nothing_is_an_empty_text_as_an_engine_has_it_and_refused(project, area):
    found = with_settings(project, f"stargate:{area}: null")
    assert configuration(found, "dev").values[f"stargate:{area}"] == ""
    with pytest.raises(StargateError, match=f"^{area} is null: choose an object$"):
        preview(found, "dev")


@pytest.mark.parametrize(
    ("region", "sentence"),
    [("null", "aws:region is not set: run `pulumi config set aws:region"), ("moon", "aws:region is moon: choose one")],
)
def test_a_region_that_is_none_is_no_fault_of_a_model(project, region, sentence):
    with pytest.raises(StargateError, match=sentence):
        preview(with_settings(project, f"aws:region: {region}"), "dev")


def test_a_secret_that_must_be_an_address_passes_without_being_known(project):
    found = with_settings(project, "stargate:alarmPageUrl: { secure: AAABAGxvbmc= }")
    subscription = preview(found, "dev").one("TopicSubscription", "topics-page-on-call")
    assert subscription.inputs["endpoint"] == PLACEHOLDER
    assert subscription.secrets == {"endpoint"}


def test_a_stack_whose_name_has_a_dot_is_among_those_to_choose_from(project):
    (project / "Pulumi.team.dev.yaml").write_text("config: {}\n")
    with pytest.raises(StargateError, match=r"has no Pulumi\.nobody\.yaml: choose from team\.dev$"):
        configuration(project, "nobody")

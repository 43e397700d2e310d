"""LiteLLM takes a misspelt key in silence: each of ours is looked up in the installed package."""

import ast
import re
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml
from opentelemetry.sdk import environment_variables

from stargate.errors import StargateError
from stargate.gateway.litellm_config import (
    LITELLM_VERSION,
    SECRET_VARIABLES,
    TRACING_FILE,
    LiteLLMSettings,
    Tracing,
    config,
    environment,
    render,
)
from stargate.gateway.models import DEFAULT_NAMES, HOME_REGION, MODELS, Profile, offered

MODELS_OFFERED = offered(DEFAULT_NAMES, Profile.US, HOME_REGION)
EVERYTHING = LiteLLMSettings(
    models=MODELS_OFFERED,
    region=HOME_REGION,
    cache=True,
    tracing=Tracing(host="https://langfuse.example.com", environment="test"),
)


@pytest.fixture(scope="module")
def source():
    package = Path(find_spec("litellm").origin).parent
    return "\n".join(path.read_text(errors="replace") for path in package.rglob("*.py"))


def known(source, key):
    return re.search(rf"\b{re.escape(key)}\b", source) is not None


@pytest.mark.parametrize("section", ["litellm_settings", "general_settings", "router_settings"])
def test_every_key_is_one_of_litellms(source, section):
    keys = config(EVERYTHING)[section]
    assert keys
    assert [key for key in keys if not known(source, key)] == []
    assert not known(source, "budget_exceeded_status_kode"), "a misspelt key would be seen"


def test_every_variable_is_one_of_litellms(source):
    # Read by boto3, by the Prometheus client, by the file beside the configuration, and by OpenTelemetry.
    others = {"AWS_REGION", "AWS_DEFAULT_REGION", "PROMETHEUS_DISABLE_CREATED_SERIES", "STARGATE_CAPTURE_CONTENT"}
    others |= {name for name in vars(environment_variables) if name.startswith("OTEL_")}
    assert [name for name in environment(EVERYTHING) if name not in others and not known(source, name)] == []


def test_the_version_is_the_installed_one():
    assert version("litellm") == LITELLM_VERSION


def test_an_exceeded_budget_is_429_and_prompts_are_not_kept():
    settings = config(LiteLLMSettings(models=MODELS_OFFERED, region=HOME_REGION))
    assert settings["litellm_settings"]["budget_exceeded_status_code"] == 429
    assert settings["litellm_settings"]["turn_off_message_logging"] is True
    assert settings["general_settings"]["store_prompts_in_spend_logs"] is False


def test_no_secret_stands_in_the_text():
    text = render(EVERYTHING)
    assert yaml.safe_load(text)["general_settings"]["master_key"] == "os.environ/LITELLM_MASTER_KEY"
    assert not [name for name in SECRET_VARIABLES if name in environment(EVERYTHING)]


def test_every_model_has_all_its_prices():
    for model in MODELS:
        if HOME_REGION in model.sources:
            made = config(LiteLLMSettings(models=(model,), region=HOME_REGION))["model_list"][0]["model_info"]
            assert made["input_cost_per_token"] > 0
            assert made["cache_read_input_token_cost"] < made["input_cost_per_token"]


def test_the_tracing_callback_is_the_file_beside_the_configuration():
    assert "stargate_tracing.langfuse" in config(EVERYTHING)["litellm_settings"]["callbacks"]
    assert "langfuse_otel" not in config(EVERYTHING)["litellm_settings"]["callbacks"], "any request redirects it"
    assert re.search(r"^langfuse = ", TRACING_FILE.read_text(), re.MULTILINE)
    image = (TRACING_FILE.parents[1] / "Dockerfile").read_text()
    assert TRACING_FILE.name in image
    assert TRACING_FILE.name in TRACING_FILE.with_name("start.sh").read_text()


def test_no_words_are_traced_unless_the_stack_wants_them():
    assert environment(EVERYTHING)["STARGATE_CAPTURE_CONTENT"] == "false"
    tracing = Tracing(host="https://langfuse.example.com", environment="test", capture_content=True)
    wanted = LiteLLMSettings(models=MODELS_OFFERED, region=HOME_REGION, tracing=tracing)
    assert environment(wanted)["STARGATE_CAPTURE_CONTENT"] == "true"
    assert config(wanted)["litellm_settings"]["turn_off_message_logging"] is False


def test_the_home_region_stands_once_and_nothing_falls_back_to_it_unseen():
    gateway = Path(__file__).parents[2] / "gateway"
    written = {
        path.name
        for path in gateway.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value == HOME_REGION
    }
    assert written == {"models.py"}
    with pytest.raises(TypeError, match="region"):
        LiteLLMSettings(models=MODELS_OFFERED)


@pytest.mark.parametrize("name", ["Prod", "langfuse-prod", "", "eu west"])
def test_an_environment_whose_traces_langfuse_drops_is_refused(name):
    with pytest.raises(StargateError, match="choose lower-case letters"):
        Tracing(host="https://langfuse.example.com", environment=name)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"models": ()}, "gateway.models is empty"),
        ({"spend_log_retention_days": 0}, "choose 1 or more"),
        ({"database_pool": 1}, "choose 5 or more"),
        ({"retries": 11}, "gateway.retries is 11: choose 0 to 10"),
    ],
)
def test_settings_that_would_fail_later_are_refused(fields, message):
    with pytest.raises(StargateError, match=message):
        LiteLLMSettings(**({"models": MODELS_OFFERED, "region": HOME_REGION} | fields))

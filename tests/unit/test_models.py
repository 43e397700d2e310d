import json
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

import pytest

from stargate.errors import StargateError
from stargate.gateway.models import BY_NAME, DEFAULT_NAMES, MODELS, Profile, offered
from stargate.gateway.token_prices import Usage

PRICES = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cache_read": "cache_read_input_token_cost",
    "cache_write_5m": "cache_creation_input_token_cost",
    "cache_write_1h": "cache_creation_input_token_cost_above_1hr",
}


@pytest.fixture(scope="module")
def litellms():
    found = Path(find_spec("litellm").origin).parent / "model_prices_and_context_window_backup.json"
    return json.loads(found.read_text())


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_prices_are_those_of_the_pinned_litellm(litellms, model):
    for profile in model.profiles:
        theirs = litellms[model.profile_id(profile)]
        ours = model.price_through(profile)
        for name, field in PRICES.items():
            if field in theirs:
                assert float(getattr(ours, name) / 1_000_000) == pytest.approx(theirs[field], rel=1e-9), field


def test_a_cost_is_exact_and_counts_every_kind_of_token():
    usage = Usage(input=1_000_000, output=1_000_000, cache_read=1_000_000, cache_write_5m=0, cache_write_1h=1_000_000)
    haiku = BY_NAME["claude-haiku-4-5"]
    assert haiku.cost(usage, Profile.GLOBAL) == Decimal(1) + Decimal(5) + Decimal("0.1") + Decimal(2)
    assert haiku.cost(usage, Profile.US) == haiku.cost(usage, Profile.GLOBAL) * Decimal("1.1")


def test_a_long_prompt_costs_more_from_the_first_token():
    sonnet = BY_NAME["claude-sonnet-4-5"]
    short, long = Usage(input=200_000), Usage(input=200_001)
    assert sonnet.cost(long, Profile.GLOBAL) > 2 * sonnet.cost(short, Profile.GLOBAL) - Decimal("0.001")


def test_the_three_of_the_design_are_offered_by_default():
    assert DEFAULT_NAMES == ("claude-haiku-4-5", "claude-sonnet-4-5", "claude-opus-4-5")


@pytest.mark.parametrize(
    ("names", "profile", "message"),
    [
        ((), Profile.US, "gateway.models is empty"),
        (("gpt-5",), Profile.US, "gateway.models names gpt-5: choose from"),
        (("claude-opus-4-1",), Profile.GLOBAL, "choose us"),
        (("claude-opus-4-1",), Profile.US, "cannot be called from us-west-1"),
    ],
)
def test_a_model_that_cannot_be_offered_is_refused_with_the_way_out(names, profile, message):
    with pytest.raises(StargateError, match=message):
        offered(names, profile, "us-west-1")


def test_no_name_and_no_alias_is_given_twice():
    names = [name for model in MODELS for name in (model.name, *model.aliases)]
    assert len(names) == len(set(names))

"""What the gateway may ask of Bedrock: the offered models through their profiles, in their regions, nothing else."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stargate.components.bedrock_access import ACTIONS, InferenceProfile, statements
from stargate.components.iam import Statement
from stargate.errors import StargateError
from stargate.gateway.models import MODELS, Profile

REGION, ACCOUNT = "us-west-1", "123456789012"
REGIONS = ("us-east-1", "us-east-2", "us-west-1", "us-west-2", "eu-west-1")
HAIKU = "anthropic.claude-haiku-4-5-20251001-v1:0"
US = InferenceProfile(id=f"us.{HAIKU}", model=HAIKU, destinations=REGIONS[:4])
GLOBAL = InferenceProfile(id=f"global.{HAIKU}", model=HAIKU, destinations=())


def plain(made: tuple[Statement, ...]) -> list[dict]:
    return [statement.plain() for statement in made]


def allowed(policy: list[dict], action: str, resource: str, **context: str) -> bool:
    """As IAM judges it: one statement names the action and the resource, and all of its conditions hold."""
    return any(
        action in statement["Action"]
        and any(fnmatchcase(resource, pattern) for pattern in statement["Resource"])
        and all(
            context.get(key) in ([value] if isinstance(value, str) else value)
            for key, value in statement.get("Condition", {}).get("StringEquals", {}).items()
        )
        for statement in policy
    )


def profile_arn(profile: InferenceProfile) -> str:
    return f"arn:aws:bedrock:{REGION}:{ACCOUNT}:inference-profile/{profile.id}"


def model_arn(region: str, model: str = HAIKU) -> str:
    return f"arn:aws:bedrock:{region}::foundation-model/{model}"


def test_a_model_is_reached_through_its_profile_in_each_of_its_regions():
    policy = plain(statements([US], REGION, ACCOUNT))
    through = {"bedrock:InferenceProfileArn": profile_arn(US)}
    for action in ACTIONS:
        assert allowed(policy, action, profile_arn(US))
        assert all(allowed(policy, action, model_arn(region), **through) for region in US.destinations)
        assert not allowed(policy, action, model_arn("eu-west-1"), **through), "a client may name any region"
        assert not allowed(policy, action, model_arn(REGION)), "past the profile nothing is counted"


def test_a_wildcard_in_its_place_would_be_seen():
    through = {"bedrock:InferenceProfileArn": profile_arn(US)}
    wide = [{"Action": list(ACTIONS), "Resource": ["arn:aws:bedrock:*::foundation-model/*"]}]
    assert allowed(wide, ACTIONS[0], model_arn("eu-west-1"), **through)
    assert allowed(wide, ACTIONS[0], model_arn(REGION))


def test_a_global_profile_has_the_three_statements_that_aws_asks_for():
    policy = plain(statements([GLOBAL], REGION, ACCOUNT))
    through = {"bedrock:InferenceProfileArn": profile_arn(GLOBAL)}
    here, anywhere = {"aws:RequestedRegion": REGION}, {"aws:RequestedRegion": "unspecified"}
    assert allowed(policy, ACTIONS[0], profile_arn(GLOBAL), **here)
    assert allowed(policy, ACTIONS[0], model_arn(REGION), **through, **here)
    assert allowed(policy, ACTIONS[0], model_arn(""), **through, **anywhere)
    assert not allowed(policy, ACTIONS[0], model_arn("us-east-1"), **through, **here)
    assert not allowed(policy, ACTIONS[0], profile_arn(GLOBAL), **{"aws:RequestedRegion": "us-east-1"})


names = st.from_regex(r"anthropic\.[a-z]{3,8}-[0-9]-[0-9]", fullmatch=True)
offered = st.lists(
    st.builds(
        lambda model, destinations: InferenceProfile(
            id=f"{'us' if destinations else 'global'}.{model}", model=model, destinations=tuple(destinations)
        ),
        names,
        st.lists(st.sampled_from(REGIONS), unique=True, max_size=4),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda profile: profile.model,
)


@given(offered)
def test_exactly_the_offered_models_and_destinations_are_named(profiles):
    policy = plain(statements(profiles, REGION, ACCOUNT))
    named = {resource for statement in policy for resource in statement["Resource"]}
    expected = {profile_arn(p) for p in profiles} | {model_arn(REGION, p.model) for p in profiles}
    expected |= {model_arn(region, p.model) for p in profiles for region in p.destinations or ("",)}
    assert named == expected
    assert not any("*" in resource for resource in named)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_model_that_is_offered_makes_a_profile(model):
    for profile in (Profile.US, Profile.GLOBAL):
        made = InferenceProfile(
            id=model.profile_id(profile), model=model.bedrock, destinations=model.destinations(profile)
        )
        assert statements([made], REGION, ACCOUNT)


@pytest.mark.parametrize("profile", Profile)
def test_every_model_at_once_is_not_too_long_for_iam_and_twice_as_many_are_refused(profile):
    every = [
        InferenceProfile(id=model.profile_id(profile), model=model.bedrock, destinations=model.destinations(profile))
        for model in MODELS
    ]
    assert statements(every, REGION, ACCOUNT)
    with pytest.raises(StargateError, match=r"characters and IAM takes 10240: offer fewer models"):
        statements(every * 2, REGION, ACCOUNT)


def test_a_profile_of_another_model_is_refused():
    with pytest.raises(StargateError, match=r"the inference profile us\.anthropic\.other is none of anthropic\.claude"):
        InferenceProfile(id="us.anthropic.other", model=HAIKU, destinations=REGIONS[:1])

"""What a task may ask of Bedrock: the offered models through their inference profiles, and nothing else.

A client can put another region or model into a request's body; what is not listed here, AWS refuses.
Source of the shapes: Bedrock user guide, "Prerequisites for inference profiles" and "Global cross-Region inference".
"""

from collections.abc import Sequence
from typing import Final

from stargate.components.iam import Statement
from stargate.gateway.models import US_DESTINATIONS, Model, Profile

# Converse and ConverseStream are authorised by the same two.
ACTIONS: Final = ("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream")
COUNT_ACTIONS: Final = ("bedrock:CountTokens",)


def statements(models: Sequence[Model], profile: Profile, region: str, account_id: str) -> tuple[Statement, ...]:
    """The statements that let a task of `region` call these models through `profile`."""
    made: list[Statement] = []
    for model in models:
        made += _of_us(model, region, account_id) if profile is Profile.US else _of_global(model, region, account_id)
    made.append(
        Statement(
            actions=COUNT_ACTIONS, resources=[f"arn:aws:bedrock:{region}::foundation-model/{m.bedrock}" for m in models]
        )
    )
    return tuple(made)


def _profile_arn(model: Model, profile: Profile, region: str, account_id: str) -> str:
    return f"arn:aws:bedrock:{region}:{account_id}:inference-profile/{model.profile_id(profile)}"


def _of_us(model: Model, region: str, account_id: str) -> list[Statement]:
    """The profile, and the model in every region that the profile may send a request to, through the profile alone."""
    profile = _profile_arn(model, Profile.US, region, account_id)
    return [
        Statement(actions=ACTIONS, resources=[profile]),
        Statement(
            actions=ACTIONS,
            resources=[f"arn:aws:bedrock:{there}::foundation-model/{model.bedrock}" for there in US_DESTINATIONS],
            conditions={"StringEquals": {"bedrock:InferenceProfileArn": profile}},
        ),
    ]


def _of_global(model: Model, region: str, account_id: str) -> list[Statement]:
    """The three that AWS asks for; a global request carries the region `unspecified` and an ARN without one."""
    profile = _profile_arn(model, Profile.GLOBAL, region, account_id)
    return [
        Statement(actions=ACTIONS, resources=[profile], conditions={"StringEquals": {"aws:RequestedRegion": region}}),
        Statement(
            actions=ACTIONS,
            resources=[f"arn:aws:bedrock:{region}::foundation-model/{model.bedrock}"],
            conditions={"StringEquals": {"aws:RequestedRegion": region, "bedrock:InferenceProfileArn": profile}},
        ),
        Statement(
            actions=ACTIONS,
            resources=[f"arn:aws:bedrock:::foundation-model/{model.bedrock}"],
            conditions={"StringEquals": {"aws:RequestedRegion": "unspecified", "bedrock:InferenceProfileArn": profile}},
        ),
    ]

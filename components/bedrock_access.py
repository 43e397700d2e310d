"""What a task may ask of Bedrock: the offered models through their inference profiles, and nothing else.

A client can put another region or model into a request's body; what is not listed here, AWS refuses.
Source of the shapes: Bedrock user guide, "Prerequisites for inference profiles" and "Global cross-Region inference".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from stargate.components.iam import Statement
from stargate.errors import StargateError

# Converse and ConverseStream are authorised by the same two.
ACTIONS: Final = ("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream")
COUNT_ACTIONS: Final = ("bedrock:CountTokens",)


@dataclass(frozen=True, kw_only=True)
class InferenceProfile:
    """A model as it is called: through a cross-region inference profile."""

    id: str
    """Such as `us.anthropic.claude-haiku-4-5-20251001-v1:0`."""
    model: str
    """The foundation model's id, without the profile's prefix."""
    destinations: tuple[str, ...]
    """The regions that a geographic profile may send a request to; none stands for a global profile."""

    def __post_init__(self) -> None:
        """Refuse a profile that is none of the model's."""
        if not self.id.endswith(f".{self.model}"):
            raise StargateError(f"the inference profile {self.id} is none of {self.model}: name one that ends in it")


def statements(profiles: Sequence[InferenceProfile], region: str, account_id: str) -> tuple[Statement, ...]:
    """The statements that let a task of `region` call these models, each through its profile alone."""
    made: list[Statement] = []
    for profile in profiles:
        arn = f"arn:aws:bedrock:{region}:{account_id}:inference-profile/{profile.id}"
        made += _geographic(profile, arn) if profile.destinations else _global(profile, arn, region)
    counted = [f"arn:aws:bedrock:{region}::foundation-model/{profile.model}" for profile in profiles]
    return (*made, Statement(actions=COUNT_ACTIONS, resources=counted))


def _geographic(profile: InferenceProfile, arn: str) -> list[Statement]:
    """The profile, and the model in every region that the profile may send a request to, through the profile alone."""
    return [
        Statement(actions=ACTIONS, resources=[arn]),
        Statement(
            actions=ACTIONS,
            resources=[f"arn:aws:bedrock:{there}::foundation-model/{profile.model}" for there in profile.destinations],
            conditions={"StringEquals": {"bedrock:InferenceProfileArn": arn}},
        ),
    ]


def _global(profile: InferenceProfile, arn: str, region: str) -> list[Statement]:
    """The three that AWS asks for; a global request carries the region `unspecified` and an ARN without one."""
    return [
        Statement(actions=ACTIONS, resources=[arn], conditions={"StringEquals": {"aws:RequestedRegion": region}}),
        Statement(
            actions=ACTIONS,
            resources=[f"arn:aws:bedrock:{region}::foundation-model/{profile.model}"],
            conditions={"StringEquals": {"aws:RequestedRegion": region, "bedrock:InferenceProfileArn": arn}},
        ),
        Statement(
            actions=ACTIONS,
            resources=[f"arn:aws:bedrock:::foundation-model/{profile.model}"],
            conditions={"StringEquals": {"aws:RequestedRegion": "unspecified", "bedrock:InferenceProfileArn": arn}},
        ),
    ]

"""What a task may ask of Bedrock: the offered models through their inference profiles, and nothing else.

A client can put another region or model into a request's body; what is not listed here, AWS refuses.
Source of the shapes: Bedrock user guide, "Prerequisites for inference profiles" and "Global cross-Region inference".
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from stargate.components.iam import Statement
from stargate.errors import StargateError

# Converse and ConverseStream are authorised by the same two.
ACTIONS: Final = ("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream")
COUNT_ACTIONS: Final = ("bedrock:CountTokens",)
# IAM's limit of the inline policies of a role, their spaces not counted.
LONGEST: Final = 10_240


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
    """The statements that let a task of `region` call these models, each through its profile alone.

    Models that go to the same regions share theirs, because IAM limits what a role's policies hold: a profile leads to
    its own model and no other. Raises `StargateError` where they are too long even so.
    """
    together: dict[tuple[str, ...], list[InferenceProfile]] = {}
    for profile in profiles:
        together.setdefault(profile.destinations, []).append(profile)
    made: list[Statement] = []
    for destinations, alike in together.items():
        arns = [f"arn:aws:bedrock:{region}:{account_id}:inference-profile/{profile.id}" for profile in alike]
        models = [profile.model for profile in alike]
        made += _geographic(models, arns, destinations) if destinations else _global(models, arns, region)
    counted = [_model(region, profile.model) for profile in profiles]
    made.append(Statement(actions=COUNT_ACTIONS, resources=counted))
    characters = len(json.dumps([statement.plain() for statement in made], separators=(",", ":")))
    if characters > LONGEST:
        raise StargateError(
            f"the permissions for {len(profiles)} models have {characters} characters and IAM takes {LONGEST}: "
            "offer fewer models"
        )
    return tuple(made)


def _model(region: str, model: str) -> str:
    return f"arn:aws:bedrock:{region}::foundation-model/{model}"


def _geographic(models: Sequence[str], arns: Sequence[str], destinations: Sequence[str]) -> list[Statement]:
    """The profiles, and the models in every region that these may send a request to, through the profiles alone."""
    return [
        Statement(actions=ACTIONS, resources=arns),
        Statement(
            actions=ACTIONS,
            resources=[_model(there, model) for model in models for there in destinations],
            conditions={"StringEquals": {"bedrock:InferenceProfileArn": arns}},
        ),
    ]


def _global(models: Sequence[str], arns: Sequence[str], region: str) -> list[Statement]:
    """The three that AWS asks for; a global request carries the region `unspecified` and an ARN without one."""
    return [
        Statement(actions=ACTIONS, resources=arns, conditions={"StringEquals": {"aws:RequestedRegion": region}}),
        *(
            Statement(
                actions=ACTIONS,
                resources=[_model(there, model) for model in models],
                conditions={
                    "StringEquals": {"aws:RequestedRegion": requested, "bedrock:InferenceProfileArn": arns},
                },
            )
            for there, requested in ((region, region), ("", "unspecified"))
        ),
    ]

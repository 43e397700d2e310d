"""Who may ask, and for which model: what Bedrock checks before it reads a body."""

import re
from typing import Final

from stargate.gateway.local.bedrock.errors import BedrockError, invalid
from stargate.gateway.models import MODELS, Model, Profile

# Bedrock takes a profile's ARN wherever it takes its id.
PROFILE_ARN: Final = re.compile(
    r"arn:aws:bedrock:(?P<region>[a-z0-9-]+):[0-9]{12}:inference-profile/(?P<profile>[\w.:-]+)"
)
SERVICE: Final = "bedrock"


def model(identity: str, region: str) -> tuple[Model, Profile]:
    """The model and the profile of an inference profile's id or ARN. Raises what Bedrock answers to any other id."""
    arn = PROFILE_ARN.fullmatch(identity)
    wanted = arn["profile"] if arn and arn["region"] == region else identity
    for known in MODELS:
        if wanted == known.bedrock:
            raise invalid(
                f"Invocation of model ID {identity} with on-demand throughput isn\u2019t supported. Retry your request "
                "with the ID or ARN of an inference profile that contains this model."
            )
        for profile in known.profiles:
            if wanted == known.profile_id(profile) and (profile is Profile.GLOBAL or region in known.sources):
                return known, profile
    raise invalid("The provided model identifier is invalid.")


def foundation(identity: str) -> Model:
    """The model of a foundation model's id, which counting tokens takes; an inference profile's id is refused."""
    for known in MODELS:
        if identity == known.bedrock:
            return known
    raise invalid("The provided model doesn't support counting tokens.")


def signature(authorization: str | None, date: str | None, region: str) -> None:
    """Check that a request is signed for this service and region, or brings a Bedrock API key; no key is verified."""
    if authorization is None:
        raise BedrockError("MissingAuthenticationTokenException", "Missing Authentication Token")
    kind, _, rest = authorization.partition(" ")
    if kind == "Bearer" and rest.strip():
        return
    if kind != "AWS4-HMAC-SHA256":
        raise BedrockError("MissingAuthenticationTokenException", "Missing Authentication Token")
    given = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    for parameter in ("Credential", "SignedHeaders", "Signature"):
        if not given.get(parameter):
            raise BedrockError(
                "IncompleteSignatureException", f"Authorization header requires '{parameter}' parameter."
            )
    if not date:
        raise BedrockError(
            "IncompleteSignatureException",
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
        )
    _scope(given["Credential"].split("/"), date, region)


def _scope(credential: list[str], date: str, region: str) -> None:
    *_, day, signed_region, service, end = ["", "", "", "", *credential]
    refusal = None
    if end != "aws4_request" or service != SERVICE:
        refusal = f"Credential should be scoped to correct service: '{SERVICE}'."
    elif signed_region != region:
        refusal = "Credential should be scoped to a valid region."
    elif day != date[:8]:
        refusal = f"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{day}'."
    if refusal:
        raise BedrockError("InvalidSignatureException", refusal)

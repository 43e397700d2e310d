"""What Bedrock refuses, in its own words; each rule with its source."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from stargate.gateway.local.bedrock.errors import BedrockError, invalid
from stargate.gateway.models import MODELS, Capability, Model, Profile

# LiteLLM 1.106.2's list of what Bedrock takes (anthropic_beta_headers_config.json, `bedrock` and `bedrock_converse`).
# Bedrock answers any other with 400 "invalid beta flag" (litellm issues 16561, 19373, 19877).
BETAS: Final = frozenset(
    {
        "compact-2026-01-12",
        "computer-use-2025-01-24",
        "computer-use-2025-11-24",
        "context-1m-2025-08-07",
        "context-management-2025-06-27",
        "dangerous-tool-use-2026-09-03",
        "effort-2025-11-24",
        "fine-grained-tool-streaming-2025-05-14",
        "interleaved-thinking-2025-05-14",
        "mid-conversation-output-config-2026-07-01",
        "mid-conversation-tool-changes-2026-07-01",
        "structured-outputs-2025-11-13",
        "thinking-binding-controls-2026-08-01",
        "thinking-display-updates-2026-08-18",
        "tool-search-tool-2025-10-19",
    }
)
# The Messages API's fields as Bedrock takes them: neither `model` nor `stream`, which are in the address.
FIELDS: Final = frozenset(
    {
        "anthropic_version",
        "anthropic_beta",
        "max_tokens",
        "messages",
        "metadata",
        "system",
        "temperature",
        "top_p",
        "top_k",
        "stop_sequences",
        "tools",
        "tool_choice",
        "thinking",
        "output_config",
        "output_format",
    }
)
# A field that only a beta opens.
BETA_FIELDS: Final = {"context_management": "context-management-2025-06-27"}
VERSION: Final = "bedrock-2023-05-31"
SMALLEST_THINKING: Final = 1024


def model(identity: str, region: str) -> tuple[Model, Profile]:
    """The model and the profile of an inference profile's id. Raises what Bedrock answers to any other id."""
    for known in MODELS:
        if identity == known.bedrock:
            raise invalid(
                f"Invocation of model ID {identity} with on-demand throughput isn\u2019t supported. Retry your request "
                "with the ID or ARN of an inference profile that contains this model."
            )
        for profile in known.profiles:
            if identity == known.profile_id(profile) and (profile is Profile.GLOBAL or region in known.sources):
                return known, profile
    raise invalid("The provided model identifier is invalid.")


def foundation(identity: str) -> Model:
    """The model of a foundation model's id, which counting tokens takes; an inference profile's id is refused."""
    for known in MODELS:
        if identity == known.bedrock:
            return known
    raise invalid("The provided model doesn't support counting tokens.")


def body(fields: Mapping[str, Any], chosen: Model) -> None:
    """Check the body of InvokeModel."""
    betas = fields.get("anthropic_beta") or []
    flags(betas)
    opened = {field for field, beta in BETA_FIELDS.items() if beta in betas}
    for name in fields:
        if name not in FIELDS and name not in opened:
            raise invalid(f"{name}: Extra inputs are not permitted")
    if "anthropic_version" not in fields:
        raise invalid("anthropic_version: Field required")
    if fields["anthropic_version"] != VERSION:
        raise invalid(f"anthropic_version: Input should be '{VERSION}'")
    if "max_tokens" not in fields:
        raise invalid("max_tokens: Field required")
    if not isinstance(fields.get("messages"), list):
        raise invalid("messages: Field required")
    thinking(fields.get("thinking"), fields["max_tokens"])
    sampling(fields, chosen)


def flags(betas: Any) -> None:
    """Check the beta flags."""
    if not isinstance(betas, list) or any(beta not in BETAS for beta in betas):
        raise invalid("invalid beta flag")


def limits(max_tokens: Any, chosen: Model) -> int:
    """Check the answer's length."""
    if not isinstance(max_tokens, int) or isinstance(max_tokens, bool):
        raise invalid("max_tokens: Input should be a valid integer")
    if max_tokens < 1:
        raise invalid("max_tokens: Input should be greater than or equal to 1")
    if max_tokens > chosen.output_tokens:
        raise invalid(
            f"max_tokens: {max_tokens} > {chosen.output_tokens}, which is the maximum allowed number of output tokens "
            f"for {chosen.bedrock}"
        )
    return max_tokens


def thinking(wanted: Any, max_tokens: Any) -> None:
    """Check how long the model may think."""
    if not isinstance(wanted, Mapping) or wanted.get("type") != "enabled":
        return
    budget = wanted.get("budget_tokens")
    if not isinstance(budget, int) or budget < SMALLEST_THINKING:
        raise invalid(f"thinking.enabled.budget_tokens: Input should be greater than or equal to {SMALLEST_THINKING}")
    if isinstance(max_tokens, int) and max_tokens <= budget:
        raise invalid("`max_tokens` must be greater than `thinking.budget_tokens`.")


def sampling(fields: Mapping[str, Any], chosen: Model) -> None:
    """Check temperature and its kin, which the newer models refuse and the others take one at a time."""
    given = [name for name in ("temperature", "top_p", "topP") if fields.get(name) is not None]
    if given and Capability.SAMPLING not in chosen.capabilities:
        raise invalid(f"`{given[0]}` is deprecated for this model.")
    if len(given) > 1:
        raise invalid("`temperature` and `top_p` cannot both be specified for this model. Please use only one.")


def conversation(roles: Sequence[str], chosen: Model) -> None:
    """Check who speaks when."""
    if not roles:
        raise invalid("messages: at least one message is required")
    for position, role in enumerate(roles):
        if role not in {"user", "assistant"}:
            raise invalid(f"messages.{position}.role: Input should be 'user' or 'assistant'")
    if roles[0] != "user":
        raise invalid('messages: first message must use the "user" role')
    if roles[-1] == "assistant" and Capability.PREFILL not in chosen.capabilities:
        raise invalid(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )


def content(kinds: Iterable[str], known: frozenset[str], position: int) -> None:
    """Check the kinds of a message's blocks."""
    for kind in kinds:
        if kind not in known:
            raise invalid(f"messages.{position}.content: Input tag '{kind}' found using 'type' does not match any")


def signature(authorization: str | None, date: str | None, region: str) -> None:
    """Check that a request is signed for this service and region, or brings a Bedrock API key; no key is verified."""
    if authorization is None:
        raise BedrockError("MissingAuthenticationTokenException", "Missing Authentication Token")
    if authorization.startswith("Bearer ") and authorization.removeprefix("Bearer ").strip():
        return
    if not authorization.startswith("AWS4-HMAC-SHA256 ") or "Signature=" not in authorization or not date:
        raise BedrockError("MissingAuthenticationTokenException", "Missing Authentication Token")
    scope = authorization.partition("Credential=")[2].partition(",")[0].split("/")
    expected = [region, "bedrock", "aws4_request"]
    if scope[-3:] != expected:
        raise BedrockError(
            "InvalidSignatureException", f"Credential should be scoped to a valid region. Expected {'/'.join(expected)}"
        )

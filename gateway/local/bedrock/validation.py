"""What the model behind Bedrock refuses in a request's settings, in its own words; each rule with its source.

The words and the rules come from three places: what LiteLLM 1.106.2 filters before it calls Bedrock, because Bedrock
refused it (`anthropic_beta_headers_config.json`, `types/llms/bedrock.py`, `BedrockInvokeAnthropicMessagesRequest`), its
price map's `supports_…` flags, and the errors that users quote in public issues.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from stargate.gateway.local.bedrock import shape
from stargate.gateway.local.bedrock.errors import BedrockError, invalid
from stargate.gateway.local.bedrock.question import Segment
from stargate.gateway.models import MODELS, Capability, Model

# What LiteLLM lets through to Bedrock (`bedrock`, `bedrock_converse`), and what AWS's page on the Messages API lists.
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
        "tool-examples-2025-10-29",
        "tool-search-tool-2025-10-19",
    }
)
# The Messages API's fields as Bedrock takes them: neither `model` nor `stream`, which are in the address.
FIELDS: Final = frozenset(
    {
        *("anthropic_version", "anthropic_beta", "max_tokens", "messages", "metadata", "system", "temperature"),
        *("top_p", "top_k", "stop_sequences", "tools", "tool_choice", "thinking", "output_config"),
    }
)
# A field that only a beta opens.
BETA_FIELDS: Final = {
    "context_management": frozenset({"context-management-2025-06-27", "compact-2026-01-12"}),
    "safeguards": frozenset({"dangerous-tool-use-2026-09-03"}),
}
# The edits of `context_management`, each opened by its beta; LiteLLM takes out all others, on which Bedrock says
# "Extra inputs are not permitted" (litellm issue 27532).
EDITS: Final = {
    "compact_20260112": "compact-2026-01-12",
    "clear_tool_uses_20250919": "context-management-2025-06-27",
}
# AWS's page names the first; the second is what Anthropic's SDK 2 sends to Bedrock; on others: boto3 issue 4218.
VERSIONS: Final = frozenset({"bedrock-2023-05-31", "2026-10-21"})
SMALLEST_THINKING: Final = 1024
EFFORTS: Final = ("low", "medium", "high", "xhigh", "max")
MOST_CACHE_POINTS: Final = 4
LONG_CONTEXT_BETA: Final = "context-1m-2025-08-07"
LONG_CONTEXT_TOKENS: Final = 1_000_000
# The price map's `supports_forced_tool_use: false`; a test compares.
NO_FORCED_TOOL: Final = frozenset({"claude-sonnet-5-5", "claude-opus-5-5", "claude-fable-5-1"})
# The price map's `supports_output_config`, below 4.6; a test compares.
EFFORT_BEFORE_ADAPTIVE: Final = frozenset({"claude-opus-4-5"})
# A model that takes the 200,000 tokens of its table, and a million with the beta.
LONG_CONTEXT: Final = frozenset(model.name for model in MODELS if model.long_context and model.context_tokens < 10**6)


@contextmanager
def through_converse() -> Iterator[None]:
    """Word the model's refusals as Converse hands them on (aws-samples/bedrock-access-gateway issue 191)."""
    try:
        yield
    except BedrockError as error:
        raise BedrockError(error.name, f"The model returned the following errors: {error.message}") from error


def body(fields: Mapping[str, Any], chosen: Model) -> None:
    """Check the fields of InvokeModel's body."""
    betas = flags(fields.get("anthropic_beta"))
    opened = {field for field, keys in BETA_FIELDS.items() if not keys.isdisjoint(betas)}
    shape.only(fields, FIELDS | opened)
    if "anthropic_version" not in fields:
        raise invalid("anthropic_version: Field required")
    if str(fields["anthropic_version"]) not in VERSIONS:
        raise invalid(f"Invalid API version: {fields['anthropic_version']}")
    for name in ("max_tokens", "messages"):
        if name not in fields:
            raise invalid(f"{name}: Field required")
    shape.only(shape.mapping(fields.get("metadata"), "metadata"), frozenset({"user_id"}), "metadata")
    _edits(shape.mapping(fields.get("context_management"), "context_management"), betas)
    settings(fields, chosen, fields["max_tokens"])


def settings(fields: Mapping[str, Any], chosen: Model, max_tokens: Any) -> None:
    """Check how the model shall think, choose its words and its tools; `fields` are named as in the Messages API."""
    wanted = thinking(fields.get("thinking"), max_tokens, chosen)
    sampling(fields, chosen, wanted)
    output(shape.mapping(fields.get("output_config"), "output_config"), chosen, flags(fields.get("anthropic_beta")))
    forced = shape.mapping(fields.get("tool_choice"), "tool_choice").get("type") in ("any", "tool")
    if forced and wanted:
        raise invalid("Thinking may not be enabled when tool_choice forces tool use.")
    if forced and chosen.name in NO_FORCED_TOOL:
        raise invalid("tool_choice: forced tool use is not supported for this model.")


def flags(betas: Any) -> tuple[str, ...]:
    """Check the beta flags."""
    given = shape.strings(betas, "anthropic_beta")
    if any(beta not in BETAS for beta in given):
        raise invalid("invalid beta flag")
    return given


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


def thinking(given: Any, max_tokens: Any, chosen: Model) -> bool:
    """Check how the model shall think, and say whether it shall.

    Adaptive thinking came with 4.6, where prefill went; a budget of tokens went with 4.7, where sampling went.
    """
    wanted = shape.mapping(given, "thinking")
    kind = str(wanted.get("type", "disabled"))
    if kind not in {"enabled", "adaptive", "disabled"}:
        raise invalid(
            f"thinking: Input tag '{kind}' found using 'type' does not match any of the expected tags: "
            "'adaptive', 'disabled', 'enabled'"
        )
    if kind == "adaptive" and Capability.PREFILL in chosen.capabilities:
        raise invalid("adaptive thinking is not supported on this model")
    if kind == "enabled":
        if Capability.SAMPLING not in chosen.capabilities:
            raise invalid(
                '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and '
                '"output_config.effort" to control thinking behavior.'
            )
        _budget(wanted.get("budget_tokens"), max_tokens)
    return kind != "disabled"


def _budget(budget: Any, max_tokens: Any) -> None:
    if not isinstance(budget, int) or budget < SMALLEST_THINKING:
        raise invalid(f"thinking.enabled.budget_tokens: Input should be greater than or equal to {SMALLEST_THINKING}")
    if isinstance(max_tokens, int) and max_tokens <= budget:
        raise invalid("`max_tokens` must be greater than `thinking.budget_tokens`.")


def sampling(fields: Mapping[str, Any], chosen: Model, wanted: bool = False) -> None:
    """Check temperature and its kin: the newer models refuse all but temperature 1, the others take one at a time."""
    given = [name for name in ("temperature", "top_p", "top_k") if fields.get(name) is not None]
    temperature = fields.get("temperature")
    if temperature is not None and (not isinstance(temperature, int | float) or not 0 <= temperature <= 1):
        raise invalid("temperature: range: 0..1")
    if Capability.SAMPLING not in chosen.capabilities:
        for name in given:
            if name != "temperature" or temperature != 1:
                raise invalid(f"`{name}` is deprecated for this model.")
    if wanted and temperature not in (None, 1):
        raise invalid("`temperature` may only be set to 1 when thinking is enabled.")
    if {"temperature", "top_p"} <= set(given):
        raise invalid("`temperature` and `top_p` cannot both be specified for this model. Please use only one.")


def output(wanted: Mapping[str, Any], chosen: Model, betas: Sequence[str]) -> None:
    """Check the effort and the format of the answer (anthropics/claude-code-action issue 1005)."""
    shape.only(wanted, frozenset({"effort", "format"}), "output_config")
    if wanted.get("effort") is None:
        return
    adaptive = Capability.PREFILL not in chosen.capabilities
    early = chosen.name in EFFORT_BEFORE_ADAPTIVE and "effort-2025-11-24" in betas
    if not adaptive and not early:
        raise invalid("output_config.effort: Extra inputs are not permitted")
    if wanted["effort"] not in EFFORTS:
        expected = ", ".join(f"'{effort}'" for effort in EFFORTS[:-1])
        raise invalid(f"output_config.effort: Input should be {expected} or '{EFFORTS[-1]}'")


def cache_points(segments: Sequence[Segment]) -> None:
    """Check how many points are cached and for how long: at most four, an hour's before five minutes'."""
    points = [segment.ttl for segment in segments if segment.ttl]
    if len(points) > MOST_CACHE_POINTS:
        raise invalid(
            f"A maximum of {MOST_CACHE_POINTS} blocks with cache_control may be provided. Found {len(points)}."
        )
    if "5m" in points and "1h" in points[points.index("5m") :]:
        raise invalid(
            "cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. "
            "Note that blocks are processed in the following order: `tools`, `system`, `messages`."
        )


def length(segments: Sequence[Segment], chosen: Model, betas: Sequence[str]) -> None:
    """Check that the prompt fits into the model's context."""
    longest = chosen.context_tokens
    if chosen.name in LONG_CONTEXT and LONG_CONTEXT_BETA in betas:
        longest = LONG_CONTEXT_TOKENS
    found = sum(segment.tokens for segment in segments)
    if found > longest:
        raise invalid(f"prompt is too long: {found} tokens > {longest} maximum")


def _edits(wanted: Mapping[str, Any], betas: Sequence[str]) -> None:
    shape.only(wanted, frozenset({"edits"}), "context_management")
    for edit in shape.mappings(wanted.get("edits"), "context_management.edits"):
        if EDITS.get(str(edit.get("type"))) not in betas:
            raise invalid("context_management: Extra inputs are not permitted")

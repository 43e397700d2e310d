"""The Claude models that a gateway can offer: their Bedrock ids, where they run, what they cost, what they can do.

Prices are Amazon Bedrock's on-demand list prices in dollars per million tokens, as of 2026-11-23, taken from the price
map that LiteLLM 1.106.2 ships; a test compares the two. From this table are derived LiteLLM's model list, the task
role's permissions, the price pages and the lines for Claude Code.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from stargate.errors import StargateError
from stargate.gateway.token_prices import LongContext, Price, Usage, list_price

# From 4.5 on a US profile, which keeps the request inside the United States, costs a tenth more than the list price.
GEOGRAPHIC_SURCHARGE: Final = Decimal("1.10")

# Where the local gateway and its emulator are said to be; a deployed stack says for itself.
HOME_REGION: Final = "us-west-1"
# Where a US profile may send a request that enters in us-west-1: the destination set on AWS's model cards.
# From every other US region the set has no us-west-1 in it.
US_DESTINATIONS: Final = ("us-east-1", "us-east-2", "us-west-1", "us-west-2")
US_SOURCES: Final = frozenset(US_DESTINATIONS)


class Profile(StrEnum):
    """Bedrock's cross-region inference profiles; no Claude model runs in us-west-1 without one."""

    US = "us"
    """Runs in the United States only."""
    GLOBAL = "global"
    """Runs in any commercial region."""


class Capability(StrEnum):
    """What a model takes beyond text and tools, as LiteLLM's price map names it."""

    VISION = "supports_vision"
    PDF = "supports_pdf_input"
    CACHING = "supports_prompt_caching"
    REASONING = "supports_reasoning"
    TOOLS = "supports_function_calling"
    TOOL_CHOICE = "supports_tool_choice"
    COMPUTER_USE = "supports_computer_use"
    SCHEMA = "supports_response_schema"
    PREFILL = "supports_assistant_prefill"
    SAMPLING = "supports_sampling_params"


EVERY: Final = frozenset(Capability)
# From 4.6 on a conversation may not end with the assistant's words; from 4.7 and 5 on temperature is refused.
NO_PREFILL: Final = EVERY - {Capability.PREFILL}
NO_SAMPLING: Final = NO_PREFILL - {Capability.SAMPLING}


@dataclass(frozen=True, kw_only=True)
class Model:
    """One Claude model; `name` is what a client asks for and what stands in keys, budgets and dashboards."""

    name: str
    bedrock: str
    """The foundation model's id, without the profile's prefix."""
    price: Price
    context_tokens: int
    output_tokens: int
    cache_minimum_tokens: int
    """The shortest prefix that Bedrock caches."""
    capabilities: frozenset[Capability] = EVERY
    aliases: tuple[str, ...] = ()
    """Other names by which clients ask for it; a key that may use the model may use them."""
    profiles: frozenset[Profile] = frozenset(Profile)
    sources: frozenset[str] = US_SOURCES
    """The regions from which a US profile of it can be called."""
    long_context: LongContext | None = None
    surcharge: Decimal = GEOGRAPHIC_SURCHARGE
    """What a US profile's price is of the list price."""
    offered: bool = False
    """Whether a stack offers it when its settings say nothing."""
    confirmed: bool = False
    """Whether AWS's pages state that us-west-1 reaches it; the others: ask `aws bedrock list-inference-profiles`."""

    def profile_id(self, profile: Profile) -> str:
        """The inference profile's id, as LiteLLM and Bedrock's URLs take it."""
        return f"{profile.value}.{self.bedrock}"

    def destinations(self, profile: Profile) -> tuple[str, ...]:
        """The regions that a profile may send a request to; none stands for any commercial region."""
        return US_DESTINATIONS if profile is Profile.US else ()

    def price_through(self, profile: Profile, prompt_tokens: int = 0) -> Price:
        """What a request of this length costs through a profile, in dollars per million tokens."""
        long = self.long_context
        price = long.price if long and prompt_tokens > long.above else self.price
        return price.times(self.surcharge) if profile is Profile.US else price

    def cost(self, usage: Usage, profile: Profile) -> Decimal:
        """What one answer costs, in dollars, exactly."""
        return self.price_through(profile, usage.prompt).cost(usage)


# Of each size the older first: clients are pointed at the last that a stack offers.
MODELS: Final = (
    Model(
        name="claude-haiku-4-5",
        bedrock="anthropic.claude-haiku-4-5-20251001-v1:0",
        price=list_price("1", "5"),
        cache_minimum_tokens=4096,
        aliases=("claude-haiku-4-5-20251001", "claude-3-5-haiku-20241022", "claude-3-5-haiku-latest"),
        offered=True,
        confirmed=True,
        context_tokens=200_000,
        output_tokens=64_000,
    ),
    Model(
        name="claude-sonnet-4-5",
        bedrock="anthropic.claude-sonnet-4-5-20250929-v1:0",
        price=list_price("3", "15"),
        cache_minimum_tokens=1024,
        aliases=("claude-sonnet-4-5-20250929", "claude-sonnet-4-20250514"),
        long_context=LongContext(above=200_000, price=list_price("6", "22.5")),
        offered=True,
        confirmed=True,
        context_tokens=200_000,
        output_tokens=64_000,
    ),
    Model(
        name="claude-opus-4-1",
        bedrock="anthropic.claude-opus-4-1-20250805-v1:0",
        price=list_price("15", "75"),
        context_tokens=200_000,
        output_tokens=32_000,
        cache_minimum_tokens=1024,
        aliases=("claude-opus-4-1-20250805",),
        profiles=frozenset({Profile.US}),
        surcharge=Decimal(1),
        # AWS's regions page: not offered from us-west-1.
        sources=frozenset({"us-east-1", "us-east-2", "us-west-2"}),
        confirmed=True,
    ),
    Model(
        name="claude-opus-4-5",
        bedrock="anthropic.claude-opus-4-5-20251101-v1:0",
        price=list_price("5", "25"),
        cache_minimum_tokens=4096,
        aliases=("claude-opus-4-5-20251101",),
        offered=True,
        confirmed=True,
        context_tokens=200_000,
        output_tokens=64_000,
    ),
    Model(
        name="claude-sonnet-4-6",
        bedrock="anthropic.claude-sonnet-4-6",
        price=list_price("3", "15"),
        context_tokens=1_000_000,
        output_tokens=64_000,
        cache_minimum_tokens=1024,
        capabilities=NO_PREFILL,
        confirmed=True,
    ),
    Model(
        name="claude-opus-4-6",
        bedrock="anthropic.claude-opus-4-6-v1",
        price=list_price("5", "25"),
        cache_minimum_tokens=4096,
        capabilities=NO_PREFILL,
        confirmed=True,
        context_tokens=1_000_000,
        output_tokens=128_000,
    ),
    Model(
        name="claude-opus-4-7",
        bedrock="anthropic.claude-opus-4-7",
        price=list_price("5", "25"),
        cache_minimum_tokens=2048,
        capabilities=NO_SAMPLING,
        confirmed=True,
        context_tokens=1_000_000,
        output_tokens=128_000,
    ),
    Model(
        name="claude-opus-4-8",
        bedrock="anthropic.claude-opus-4-8",
        price=list_price("5", "25"),
        cache_minimum_tokens=1024,
        capabilities=NO_SAMPLING,
        context_tokens=1_000_000,
        output_tokens=128_000,
    ),
    Model(
        name="claude-sonnet-5",
        bedrock="anthropic.claude-sonnet-5",
        price=list_price("2", "10"),
        cache_minimum_tokens=1024,
        capabilities=NO_SAMPLING,
        context_tokens=1_000_000,
        output_tokens=128_000,
    ),
    Model(
        name="claude-opus-5",
        bedrock="anthropic.claude-opus-5",
        price=list_price("5", "25"),
        cache_minimum_tokens=512,
        capabilities=NO_SAMPLING,
        context_tokens=1_000_000,
        output_tokens=128_000,
    ),
    Model(
        name="claude-haiku-5-5",
        bedrock="anthropic.claude-haiku-5-5",
        price=list_price("0.1", "0.5"),
        cache_minimum_tokens=512,
        capabilities=NO_SAMPLING,
        long_context=LongContext(above=100_000, price=list_price("0.5", "2.5")),
        context_tokens=1_000_000,
        output_tokens=128_000,
    ),
    Model(
        name="claude-sonnet-5-5",
        bedrock="anthropic.claude-sonnet-5-5",
        price=list_price("2", "10", read="0.1"),
        cache_minimum_tokens=512,
        capabilities=NO_SAMPLING,
        context_tokens=1_000_000,
        output_tokens=128_000,
    ),
    Model(
        name="claude-opus-5-5",
        bedrock="anthropic.claude-opus-5-5",
        price=list_price("4", "20", read="0.2"),
        cache_minimum_tokens=512,
        capabilities=NO_SAMPLING,
        context_tokens=1_000_000,
        output_tokens=128_000,
    ),
    Model(
        name="claude-fable-5",
        bedrock="anthropic.claude-fable-5",
        price=list_price("10", "50"),
        cache_minimum_tokens=512,
        capabilities=NO_SAMPLING,
        context_tokens=1_000_000,
        output_tokens=128_000,
    ),
    Model(
        name="claude-fable-5-1",
        bedrock="anthropic.claude-fable-5-1",
        price=list_price("10", "50", read="0.25"),
        cache_minimum_tokens=512,
        capabilities=NO_SAMPLING,
        context_tokens=1_000_000,
        output_tokens=128_000,
    ),
)

BY_NAME: Final = {model.name: model for model in MODELS}
DEFAULT_NAMES: Final = tuple(model.name for model in MODELS if model.offered)


def offered(names: Iterable[str], profile: Profile, region: str) -> tuple[Model, ...]:
    """The models of a stack, in the table's order.

    Raises `StargateError` for an unknown name, a model without that profile, and one that the region cannot reach.
    """
    wanted = tuple(names)
    if not wanted:
        raise StargateError("gateway.models is empty: name at least one model")
    for name in wanted:
        model = BY_NAME.get(name)
        if model is None:
            raise StargateError(f"gateway.models names {name}: choose from {', '.join(BY_NAME)}")
        if profile not in model.profiles:
            others = ", ".join(sorted(p.value for p in model.profiles))
            raise StargateError(f"gateway.models names {name} and gateway.profile is {profile.value}: choose {others}")
        if region not in model.sources:
            raise StargateError(
                f"gateway.models names {name}, which cannot be called from {region}: "
                f"leave it out, or deploy to one of {', '.join(sorted(model.sources))}"
            )
    return tuple(model for model in MODELS if model.name in wanted)

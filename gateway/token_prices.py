"""What tokens cost on Bedrock: a price per million of each kind, and what an answer's tokens come to."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

MILLION: Final = Decimal(1_000_000)


@dataclass(frozen=True, kw_only=True)
class Usage:
    """The tokens of one answer as Bedrock counts them: `input` holds no cached tokens."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0

    @property
    def prompt(self) -> int:
        """Everything that was sent: what a long-context price is decided by."""
        return self.input + self.cache_read + self.cache_write_5m + self.cache_write_1h


@dataclass(frozen=True, kw_only=True)
class Price:
    """Dollars per million tokens, before the geographic surcharge."""

    input: Decimal
    output: Decimal
    cache_read: Decimal
    cache_write_5m: Decimal
    cache_write_1h: Decimal

    def times(self, factor: Decimal) -> "Price":
        """The same price, multiplied."""
        return Price(
            input=self.input * factor,
            output=self.output * factor,
            cache_read=self.cache_read * factor,
            cache_write_5m=self.cache_write_5m * factor,
            cache_write_1h=self.cache_write_1h * factor,
        )

    def cost(self, usage: Usage) -> Decimal:
        """What an answer's tokens cost, in dollars, exactly."""
        return (
            self.input * usage.input
            + self.output * usage.output
            + self.cache_read * usage.cache_read
            + self.cache_write_5m * usage.cache_write_5m
            + self.cache_write_1h * usage.cache_write_1h
        ) / MILLION


@dataclass(frozen=True, kw_only=True)
class LongContext:
    """What a model costs once the whole prompt is longer than `above` tokens."""

    above: int
    price: Price


def list_price(input_: str, output: str, *, read: str | None = None) -> Price:
    """A price by Anthropic's own rule: reading the cache costs a tenth, writing 1.25 or 2 times the input."""
    base = Decimal(input_)
    return Price(
        input=base,
        output=Decimal(output),
        cache_read=Decimal(read) if read else base / 10,
        cache_write_5m=base * Decimal("1.25"),
        cache_write_1h=base * 2,
    )

"""AWS's list prices in one region, in US dollars: dated, each with how sure it is. `costs.py` multiplies."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from stargate.errors import StargateError

# Whose prices they are; another region's differ by a tenth and more.
REGION: Final = "us-west-1"
AS_OF: Final = date(2026, 11, 23)
HOURS: Final = 730
"""Of a month, as AWS's own calculator has it."""


class Sure(StrEnum):
    """How a price is known. None was read from AWS's price list, which needs an account."""

    PUBLISHED = "published"
    """A public table of this region, or a price that is the same in every region."""
    KNOWN = "known"
    """This region's price as commonly given, without a source that we could read."""
    ESTIMATED = "estimated"
    """Derived from another region's or another size's price; about 5 % off at worst."""


class Per(StrEnum):
    """What a price is for."""

    HOUR = "hour"
    GB_HOUR = "GB-hour"
    GB_MONTH = "GB-month"
    GB = "GB"
    MONTH = "month"


@dataclass(frozen=True, kw_only=True)
class Price:
    """US dollars for one of something."""

    usd: float
    per: Per
    sure: Sure


def _hour(usd: float, sure: Sure) -> Price:
    return Price(usd=usd, per=Per.HOUR, sure=sure)


def _month(usd: float, sure: Sure) -> Price:
    return Price(usd=usd, per=Per.MONTH, sure=sure)


def _stored(usd: float, sure: Sure) -> Price:
    return Price(usd=usd, per=Per.GB_MONTH, sure=sure)


PRICES: Final[Mapping[str, Price]] = {
    "fargate ARM64 vCPU": _hour(0.03725, Sure.KNOWN),
    "fargate ARM64 memory": Price(usd=0.00409, per=Per.GB_HOUR, sure=Sure.KNOWN),
    "fargate X86_64 vCPU": _hour(0.04656, Sure.PUBLISHED),
    "fargate X86_64 memory": Price(usd=0.00511, per=Per.GB_HOUR, sure=Sure.PUBLISHED),
    "db.t4g.micro": _hour(0.019, Sure.ESTIMATED),
    "db.t4g.small": _hour(0.037, Sure.ESTIMATED),
    "db.t4g.medium": _hour(0.075, Sure.ESTIMATED),
    "db.t4g.large": _hour(0.150, Sure.ESTIMATED),
    "rds gp3": _stored(0.138, Sure.KNOWN),
    "cache.t4g.micro": _hour(0.0152, Sure.ESTIMATED),
    "cache.t4g.small": _hour(0.0304, Sure.ESTIMATED),
    "cache.t4g.medium": _hour(0.0618, Sure.ESTIMATED),
    "t4g.nano": _hour(0.0050, Sure.KNOWN),
    "t4g.micro": _hour(0.0100, Sure.KNOWN),
    "t4g.small": _hour(0.0200, Sure.KNOWN),
    "t4g.medium": _hour(0.0400, Sure.KNOWN),
    "ebs gp3": _stored(0.096, Sure.KNOWN),
    "public IPv4": _hour(0.005, Sure.PUBLISHED),
    "NAT gateway": _hour(0.048, Sure.KNOWN),
    "NAT gateway traffic": Price(usd=0.048, per=Per.GB, sure=Sure.KNOWN),
    "load balancer": _hour(0.0252, Sure.PUBLISHED),
    "load balancer capacity unit": _hour(0.008, Sure.KNOWN),
    "interface endpoint": _hour(0.011, Sure.KNOWN),
    "efs": _stored(0.33, Sure.KNOWN),
    "s3": _stored(0.026, Sure.KNOWN),
    "ecr": _stored(0.10, Sure.PUBLISHED),
    "secret": _month(0.40, Sure.PUBLISHED),
    "kms key": _month(1.00, Sure.PUBLISHED),
    "alarm metric": _month(0.10, Sure.PUBLISHED),
    "container insights metric": _month(0.30, Sure.PUBLISHED),
    "logs": Price(usd=0.57, per=Per.GB, sure=Sure.KNOWN),
    "web ACL": _month(5.00, Sure.PUBLISHED),
    "web ACL rule": _month(1.00, Sure.PUBLISHED),
    "hosted zone": _month(0.50, Sure.PUBLISHED),
}


class NoPriceError(StargateError):
    """Something that no price is known of: `of` is its size or its type."""

    def __init__(self, of: str, sentence: str) -> None:
        """Keep both."""
        super().__init__(sentence)
        self.of = of


def price(of: str) -> Price:
    """A price by its name. Raises `NoPriceError` for what the table lacks."""
    if of not in PRICES:
        raise NoPriceError(
            of, f"components/prices.py has no price of {of}: add it, with the date that it was looked up"
        )
    return PRICES[of]

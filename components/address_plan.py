"""Which subnet gets which addresses: a function of the VPC's range and the number of zones."""

from dataclasses import dataclass
from typing import Final

from stargate.components.private_network import private_network
from stargate.errors import StargateError

WIDEST: Final = 16
# A /19 leaves /27 for a public subnet, the least that AWS takes for a load balancer.
NARROWEST: Final = 19
MOST_ZONES: Final = 3


@dataclass(frozen=True, kw_only=True)
class AddressPlan:
    """The subnets' ranges, one a zone, in the zones' order."""

    public: tuple[str, ...]
    private: tuple[str, ...]
    data: tuple[str, ...]


def plan(cidr: str, zones: int) -> AddressPlan:
    """Divide a VPC's range: a sixteenth for each private subnet, a 256th for each public and data subnet.

    A zone's subnets never move when a zone is added. Raises `StargateError` for a range that is no private network of
    /16 to /19, and for a number of zones beyond two or three.
    """
    network = private_network(cidr, "network.cidr", "10.10.0.0/16")
    if not WIDEST <= network.prefixlen <= NARROWEST:
        raise StargateError(f"network.cidr is {cidr}: choose /{WIDEST} to /{NARROWEST}")
    if not 2 <= zones <= MOST_ZONES:  # noqa: PLR2004 - RDS and the load balancer need two
        raise StargateError(f"network.zones is {zones}: choose 2 or {MOST_ZONES}")
    sixteenths = list(network.subnets(prefixlen_diff=4))
    small = list(sixteenths[-1].subnets(prefixlen_diff=4))
    return AddressPlan(
        private=tuple(str(sixteenths[index]) for index in range(zones)),
        public=tuple(str(small[index]) for index in range(zones)),
        data=tuple(str(small[8 + index]) for index in range(zones)),
    )

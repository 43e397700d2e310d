"""A range of addresses that no one on the internet has."""

import ipaddress
from typing import Final

from stargate.errors import StargateError

# RFC 1918, and RFC 6598's shared range, which some VPNs use. AWS refuses a VPC in Python's wider idea of private.
RANGES: Final = tuple(
    ipaddress.IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
)


def private_network(cidr: str, what: str, such_as: str) -> ipaddress.IPv4Network:
    """The range. Raises `StargateError` for a text that is none, for an address within one, and for a public one."""
    try:
        network = ipaddress.IPv4Network(cidr)
    except ValueError:
        raise StargateError(f"{what} is {cidr}: choose a range such as {such_as}") from None
    if not any(network.subnet_of(range_) for range_ in RANGES):
        raise StargateError(f"{what} is {cidr}: choose one of the private ranges, such as {such_as}")
    return network

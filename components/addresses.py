"""Addresses and ports of the internet, as rules and routes name them."""

from typing import Final

ANYWHERE: Final = "0.0.0.0/0"
HTTP: Final = 80
HTTPS: Final = 443

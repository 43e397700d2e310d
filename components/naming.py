"""Names that AWS limits, checked before anything is built."""

import re
from typing import Final

from stargate.errors import StargateError

# Pulumi appends a hyphen and seven random characters to a name that it makes up.
RANDOM_SUFFIX: Final = 8
# The shortest of AWS's limits among what is named after a component: load balancers and target groups.
LONGEST_COMPONENT_NAME: Final = 32 - RANDOM_SUFFIX - len("-web")


def component_name(name: str) -> str:
    """The name of a component, as given. Raises `StargateError` when AWS's names made of it would be refused."""
    return part(name, LONGEST_COMPONENT_NAME, "the component's name")


def part(name: str, limit: int, what: str) -> str:
    """What AWS's names are made of, as given. Raises `StargateError` for what some of them do not take."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise StargateError(f"{what} is {name}: choose lower-case letters, digits and single hyphens")
    return within(name, limit, what)


def within(name: str, limit: int, what: str) -> str:
    """The name, as given. Raises `StargateError` when it is longer than `limit` characters."""
    if len(name) > limit:
        raise StargateError(f"{what} is {name}, {len(name)} characters: choose at most {limit}")
    return name

"""What AWS takes for tags, on every kind of resource."""

import re
from collections.abc import Mapping
from typing import Final

from stargate.errors import StargateError

# Ours are the project's and the stack's names.
TAKEN: Final = ("stargate:", "aws:")
LONGEST_KEY: Final = 128
LONGEST_VALUE: Final = 256
# AWS's limit is 50 on a resource: some have tags of their own.
MOST: Final = 40
# The strictest of the services'.
CHARACTERS: Final = r"[\w .:/=+@-]+"


def check_tags(tags: Mapping[str, str]) -> None:
    """Raise `StargateError` for tags that some resource would be refused with."""
    if len(tags) > MOST:
        raise StargateError(f"tags has {len(tags)} keys: choose at most {MOST}")
    for key, value in tags.items():
        if key.lower().startswith(TAKEN):
            raise StargateError(f"tags has {key}: choose a key that begins with neither {' nor '.join(TAKEN)}")
        for what, text, longest in (
            (f"tags has the key {key}", key, LONGEST_KEY),
            (f"tags.{key} is {value}", value, LONGEST_VALUE),
        ):
            if len(text) > longest or not re.fullmatch(CHARACTERS, text):
                raise StargateError(
                    f"{what}: choose at most {longest} letters, digits, spaces and any of . : / = + - @ _"
                )

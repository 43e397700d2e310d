"""The repository's own program, recorded once a stack."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from stargate.components.preview import preview
from stargate.components.testing import Graph

ROOT = Path(__file__).parents[2]
STACKS = ("dev", "prod")


@cache
def recorded(stack: str) -> Graph:
    return preview(ROOT, stack)


def changed(stack: str, **areas: Any) -> Graph:
    """The stack as if these areas were its settings."""
    return preview(ROOT, stack, {area: json.dumps(values) for area, values in areas.items()})

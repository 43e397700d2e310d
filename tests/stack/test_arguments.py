"""Every argument of every component says what it is."""

import importlib
import inspect
import pkgutil
from dataclasses import dataclass, field

import pytest

from stargate import components
from stargate.docs.arguments import argument_table, arguments

MODULES = [
    importlib.import_module(found.name)
    for found in pkgutil.iter_modules(components.__path__, f"{components.__name__}.")
]
ARGS = [
    found
    for module in MODULES
    for name, found in inspect.getmembers(module, inspect.isclass)
    if name.endswith("Args") and found.__module__ == module.__name__
]


@dataclass(frozen=True, kw_only=True)
class Placed:
    zone: str
    """Where it is."""
    days: int = 7


@dataclass(frozen=True, kw_only=True)
class ExampleArgs(Placed):
    names: dict[str, str] = field(default_factory=dict)
    cpu: int = 256
    memory_mb: int = 512
    """The size of
    one task."""
    size: int
    """Its own."""


def unsaid(args: type) -> set[str]:
    return {name for argument in arguments(args) if not argument.meaning for name in argument.names}


@pytest.mark.parametrize("args", ARGS, ids=lambda args: args.__name__)
def test_every_argument_says_what_it_is(args):
    assert unsaid(args) == set(), "a sentence below the field: unit, what none is"


def test_an_argument_that_says_nothing_is_missed():
    assert len(ARGS) > 25
    assert unsaid(ExampleArgs) == {"days", "names"}, "of a base too, and whatever stands below a field of another type"


def test_a_sentence_is_that_of_all_of_one_type_above_it_and_what_must_be_given_comes_first():
    assert argument_table(ExampleArgs).splitlines()[2:] == [
        "| `zone` | `str` | required | Where it is. |",
        "| `size` | `int` | required | Its own. |",
        "| `days` | `int` | `7` |  |",
        "| `names` | `dict[str, str]` | none |  |",
        "| `cpu`, `memory_mb` | `int` | `256`, `512` | The size of one task. |",
    ]

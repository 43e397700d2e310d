"""The arguments of a component: type, default and the sentence below each field of its `…Args`."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, field, fields, replace
from itertools import pairwise
from typing import Any, Final

from stargate.docs.markdown import table

NONE: Final = "none"


@dataclass(frozen=True, kw_only=True)
class Argument:
    """One argument, or several of one type that share a sentence."""

    names: tuple[str, ...]
    type: str
    """As the source writes it."""
    meaning: str = ""
    """The sentence; empty where nobody wrote one."""
    defaults: tuple[str, ...] = field(default=())
    """One for each name; none for what must be given."""


def arguments(args: type) -> list[Argument]:
    """Every argument of a dataclass and of its bases, those that must be given first."""
    written = {name: said for base in reversed(args.__mro__) for said in _written(base) for name in said.names}
    defaults = {found.name: _default(found) for found in fields(args)}
    alike: dict[tuple[Argument, bool], list[str]] = {}
    for name, default in defaults.items():
        alike.setdefault((written[name], default is None), []).append(name)
    made = [
        replace(
            said, names=tuple(names), defaults=tuple(default for n in names if (default := defaults[n]) is not None)
        )
        for (said, _), names in alike.items()
    ]
    return sorted(made, key=lambda argument: bool(argument.defaults))


def argument_table(args: type) -> str:
    """The arguments as a table."""
    rows = [
        (_code(found.names), f"`{found.type}`", ", ".join(found.defaults) or "required", found.meaning)
        for found in arguments(args)
    ]
    return table(("argument", "type", "default", "meaning"), rows)


def _written(base: type) -> Iterator[Argument]:
    """The fields of one class in its source: a sentence is that of all of one type that stand right above it."""
    if "__dataclass_fields__" not in vars(base):
        return
    (source,) = ast.parse(textwrap.dedent(inspect.getsource(base))).body
    names: list[str] = []
    for node, after in pairwise([*getattr(source, "body", ()), None]):
        if not isinstance(node, ast.AnnAssign):
            continue
        names.append(ast.unparse(node.target))
        if isinstance(after, ast.AnnAssign) and _type(after) == _type(node):
            continue
        yield Argument(names=tuple(names), type=_type(node), meaning=_sentence(after))
        names = []


def _type(node: ast.AnnAssign) -> str:
    return ast.unparse(node.annotation).replace("pulumi.", "").replace("subjects.", "")


def _sentence(node: ast.AST | None) -> str:
    said = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.value.value
    return " ".join(str(said or "").split())


def _default(found: Any) -> str | None:
    if found.default_factory is not MISSING:
        return NONE if found.default_factory is dict else f"`{found.default_factory.__name__}()`"
    if found.default is MISSING:
        return None
    return NONE if found.default in {None, (), ""} else f"`{found.default}`"


def _code(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)

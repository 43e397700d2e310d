"""What `pulumi up` would make of a stack, without an engine, credentials or AWS: the program runs under mocks."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from stargate.components.configuration import Configuration, configuration
from stargate.components.testing import Graph, Resource, record
from stargate.errors import StargateError

PROGRAM: Final = "__main__.py"


def preview(folder: Path, stack: str, changes: Mapping[str, str] | None = None) -> Graph:
    """Run the program of a folder for a stack and return everything that it registers.

    Raises `StargateError` as `configuration` does, and whatever the program itself refuses.
    """
    return run(folder, stack, configuration(folder, stack, changes))


def run(folder: Path, stack: str, found: Configuration) -> Graph:
    """Run the program of a folder for a stack with a configuration, as `preview` does with the stack's own."""
    if not (folder / PROGRAM).is_file():
        raise StargateError(f"{folder} holds no {PROGRAM}: name the folder of a Pulumi program")
    return record(
        folder / PROGRAM, project=found.project, stack=stack, config=found.values, secret_keys=found.secret_keys
    )


def lines(graph: Graph, stack: str) -> Iterator[tuple[str, str]]:
    """The tree as `pulumi preview` draws it: type with its branches, and name; the stack itself first."""
    yield "pulumi:pulumi:Stack", stack
    yield from _below(graph, "", "")


def _below(graph: Graph, urn: str, indent: str) -> Iterator[tuple[str, str]]:
    children = sorted(graph.children(urn), key=lambda r: r.name)
    for position, child in enumerate(children, start=1):
        last = position == len(children)
        yield f"{indent}{'└─' if last else '├─'} {short(child)}", child.name
        yield from _below(graph, child.urn, f"{indent}{'   ' if last else '│  '}")


def short(resource: Resource) -> str:
    """A type as people write it: `aws:ec2:Vpc` for `aws:ec2/vpc:Vpc`."""
    package, module, name = resource.type.split(":")
    return f"{package}:{module.split('/')[0]}:{name}"

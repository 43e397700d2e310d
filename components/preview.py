"""What `pulumi up` would make of a stack, without an engine, credentials or AWS: the program runs under mocks."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from stargate.components.testing import REGION, Graph, Resource, record
from stargate.errors import StargateError

PROJECT_FILE: Final = "Pulumi.yaml"
PROGRAM: Final = "__main__.py"
# What stands for a secret that only Pulumi can decrypt.
PLACEHOLDER: Final = "a secret of this stack"


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """A stack's configuration as Pulumi would hand it over: whole keys, objects as JSON."""

    project: str
    values: Mapping[str, str]
    secret_keys: tuple[str, ...]


def configuration(folder: Path, stack: str, changes: Mapping[str, str] | None = None) -> Configuration:
    """Read `Pulumi.yaml` and `Pulumi.STACK.yaml` of a folder; `changes` replace keys of either, or stand below one.

    The change `cache` replaces the whole of it, `cache.enabled` that alone.

    Raises `StargateError` for a folder without a project and for a stack without a file.
    """
    if not (folder / PROJECT_FILE).is_file():
        raise StargateError(f"{folder} holds no {PROJECT_FILE}: name the folder of a Pulumi program")
    project = _read(folder / PROJECT_FILE)
    if not isinstance(project.get("name"), str):
        raise StargateError(f"{PROJECT_FILE} has no name: add one, such as name: stargate")
    file = folder / f"Pulumi.{stack}.yaml"
    if not file.is_file():
        known = sorted(path.name.split(".")[1] for path in folder.glob("Pulumi.*.yaml"))
        raise StargateError(f"the stack {stack} has no {file.name}: choose from {', '.join(known) or 'none'}")
    found: dict[str, Any] = {}
    for key, declared in _config(project, PROJECT_FILE).items():
        if isinstance(declared, Mapping) and (kept := declared.get("value", declared.get("default"))) is not None:
            found[_whole(key, project["name"])] = kept
    for key, value in _config(_read(file), file.name).items():
        found[_whole(key, project["name"])] = value
    for key, value in (changes or {}).items():
        _change(found, _whole(key, project["name"]), value)
    secret = tuple(key for key, value in found.items() if isinstance(value, Mapping) and set(value) == {"secure"})
    values = {key: PLACEHOLDER if key in secret else _text(value) for key, value in found.items()}
    return Configuration(project=project["name"], values={"aws:region": REGION, **values}, secret_keys=secret)


def preview(folder: Path, stack: str, changes: Mapping[str, str] | None = None) -> Graph:
    """Run the program of a folder for a stack and return everything that it registers.

    Raises `StargateError` as `configuration` does, and whatever the program itself refuses.
    """
    found = configuration(folder, stack, changes)
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


def _change(found: dict[str, Any], path: str, value: Any) -> None:
    """Put a value at a key, or at a path below it: what stands beside it stays."""
    key, *below = path.split(".")
    if not below:
        found[key] = value
        return
    node = found[key] = _object(found.get(key))
    for step in below[:-1]:
        node[step] = _object(node.get(step))
        node = node[step]
    node[below[-1]] = _value(value)


def _object(value: Any) -> dict[str, Any]:
    known = _value(value)
    return dict(known) if isinstance(known, Mapping) else {}


def _value(value: Any) -> Any:
    """A value as the command line spells it: JSON where it is some, a text else."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _whole(key: str, project: str) -> str:
    return key if ":" in key else f"{project}:{key}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _read(file: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(file.read_text())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise StargateError(f"{file.name} is no YAML: {' '.join(str(error).split())}") from None
    if not isinstance(found, Mapping | None):
        raise StargateError(f"{file.name} holds {type(found).__name__}: write keys, such as config:")
    return dict(found or {})


def _config(file: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = file.get("config") or {}
    if not isinstance(found, Mapping):
        raise StargateError(f"config in {name} is {found}: write one key a line, such as stargate:tags: {{}}")
    return {str(key): value for key, value in found.items()}

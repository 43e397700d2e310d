"""A stack's configuration as Pulumi would hand it over, read from its files and changed for once."""

import errno
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import yaml

from stargate.components.program import AWS, AWS_KEYS
from stargate.components.testing import REGION
from stargate.errors import StargateError

PROJECT_FILE: Final = "Pulumi.yaml"
# What stands for a secret that only Pulumi can decrypt: an address, because a secret may have to be one.
PLACEHOLDER: Final = "https://a-secret-of-this-stack.invalid"
# Pulumi's own rule of a stack's name.
STACK: Final = r"[A-Za-z0-9_.-]{1,100}"
LONGEST_SHOWN: Final = 60
# Objects of texts alone: below one, all that follows the dot is one key, and its value a text, whatever it looks like.
TEXTS: Final = ("tags",)


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """A stack's configuration as Pulumi would hand it over: whole keys, objects as JSON."""

    project: str
    values: Mapping[str, str]
    secret_keys: tuple[str, ...]

    @property
    def region(self) -> str:
        """Where the stack is."""
        return self.values[f"{AWS}:region"]


def configuration(folder: Path, stack: str, changes: Mapping[str, str] | None = None) -> Configuration:
    """Read `Pulumi.yaml` and `Pulumi.STACK.yaml` of a folder; `changes` replace keys of either, or stand below one.

    The change `cache` replaces the whole of it, `cache.enabled` that alone.

    Raises `StargateError` for a folder without a project, for a stack without a file, and for a change of what nothing
    reads.
    """
    if not re.fullmatch(STACK, stack):
        shown = stack if len(stack) <= LONGEST_SHOWN else f"{stack[:LONGEST_SHOWN]}..."
        raise StargateError(f"the stack's name is {shown!r}: choose 1 to 100 letters, digits and any of _ - .")
    if not _there(folder / PROJECT_FILE):
        raise StargateError(f"{folder} holds no {PROJECT_FILE}: name the folder of a Pulumi program")
    project = _read(folder / PROJECT_FILE)
    if not isinstance(project.get("name"), str):
        raise StargateError(f"{PROJECT_FILE} has no name: add one, such as name: stargate")
    file = folder / f"Pulumi.{stack}.yaml"
    if not file.is_file():
        known = sorted(path.stem.partition(".")[2] for path in folder.glob("Pulumi.*.yaml"))
        raise StargateError(f"the stack {stack} has no {file.name}: choose from {', '.join(known) or 'none'}")
    found: dict[str, Any] = {}
    for key, declared in _config(project, PROJECT_FILE).items():
        if isinstance(declared, Mapping) and (kept := declared.get("value", declared.get("default"))) is not None:
            found[_whole(key, project["name"])] = kept
    for key, value in _config(_read(file), file.name).items():
        found[_whole(key, project["name"])] = value
    for path, value in (changes or {}).items():
        _change(found, _steps(path, project["name"]), value)
    secret = tuple(key for key, value in found.items() if isinstance(value, Mapping) and set(value) == {"secure"})
    values = {key: PLACEHOLDER if key in secret else _text(key, value) for key, value in found.items()}
    return Configuration(project=project["name"], values={f"{AWS}:region": REGION, **values}, secret_keys=secret)


def _steps(path: str, project: str) -> tuple[str, ...]:
    """A change's path as whole key and steps below it. Raises `StargateError` for a key that no program reads.

    Only the key can have a namespace: what follows the first dot may hold colons, as a tag does.
    """
    head, dot, rest = path.removeprefix(f"{project}:").partition(".")
    namespace, colon, name = head.rpartition(":")
    if colon and namespace != AWS:
        raise StargateError(f"{path} is no setting: write {project}: or {AWS}: in front, or neither")
    if namespace == AWS and name not in AWS_KEYS:
        raise StargateError(f"{head} is no setting: choose from {', '.join(f'{AWS}:{key}' for key in AWS_KEYS)}")
    below = ([rest] if name in TEXTS else rest.split(".")) if dot else []
    if not all((name, *below)):
        raise StargateError(f"{path} names nothing before or after a dot: write a setting such as cache.enabled")
    return (f"{namespace or project}:{name}", *below)


def _change(found: dict[str, Any], steps: tuple[str, ...], value: Any) -> None:
    """Put a value at a key, or at a path below it: what stands beside it stays."""
    key, *below = steps
    if not below:
        found[key] = value
        return
    node = found[key] = _object(found.get(key))
    for step in below[:-1]:
        node[step] = _object(node.get(step))
        node = node[step]
    node[below[-1]] = value if key.rpartition(":")[2] in TEXTS else _value(value)


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


def _text(key: str, value: Any) -> str:
    """A value as an engine hands it over: nothing is an empty text. Raises `StargateError` for what YAML made of it."""

    def refuse(inner: Any) -> None:
        what = f"{inner}, which YAML takes for a date" if isinstance(inner, date) else f"a YAML {type(inner).__name__}"
        raise StargateError(f"{key} holds {what}: put it in quotes")

    if value is None or isinstance(value, str):
        return value or ""
    try:
        return json.dumps(value, default=refuse)
    except TypeError:
        raise StargateError(f"{key} has a key that YAML takes for no text: put it in quotes") from None
    except ValueError:
        raise StargateError(f"{key} holds itself, through a YAML alias: write it out") from None


def _there(file: Path) -> bool:
    """Whether there is such a file; a name that no system takes is none."""
    try:
        return file.is_file()
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return False
        raise StargateError(f"{file} cannot be read ({error.strerror}): give yourself the right to") from None


def _read(file: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(file.read_text())
    except OSError as error:
        raise StargateError(f"{file.name} cannot be read ({error.strerror}): give yourself the right to") from None
    except (yaml.YAMLError, ValueError) as error:
        raise StargateError(f"{file.name} is no YAML: {' '.join(str(error).split())}") from None
    if not isinstance(found, Mapping | None):
        raise StargateError(f"{file.name} holds {type(found).__name__}: write keys, such as config:")
    return dict(found or {})


def _config(file: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = file.get("config") or {}
    if not isinstance(found, Mapping):
        raise StargateError(f"config in {name} is {found}: write one key a line, such as stargate:tags: {{}}")
    return {str(key): value for key, value in found.items()}

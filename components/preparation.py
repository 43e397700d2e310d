"""The container that runs first in a task: it writes the configuration's files and opens the scratch disks."""

import json
import re
from collections.abc import Collection, Mapping
from pathlib import PurePosixPath
from typing import Final

import pulumi

from stargate.components.container import Condition, Container, Volume
from stargate.errors import StargateError

NAME: Final = "preparation"
VOLUME: Final = Volume(name="configuration")
FOLDER: Final = "/configuration"
DONE: Final[Mapping[str, Condition]] = {NAME: Condition.SUCCESS}
# What the configuration's texts may take of a task definition, which holds 64 KiB; the rest is for the containers.
LARGEST_TEXTS_BYTES: Final = 44 * 1024


def preparation(
    *, image: pulumi.Input[str], files: Mapping[str, pulumi.Input[str]], writable: Mapping[str, str]
) -> Container:
    """An init container of an image that has a shell.

    `files` are texts by their path below `FOLDER`; `writable` are paths by the name of the task's volume. On Fargate
    an empty volume belongs to root with mode 0755, whatever the image says, so a program that runs as another user
    can write to none. Root without a single capability may still open what it owns: that is all that root does here.
    The files stay root's, so that the programs read their configuration and cannot change it.
    """
    return Container(
        name=NAME,
        image=image,
        essential=False,
        environment={variable(path): text for path, text in files.items()},
        entry_point=("sh", "-c"),
        command=(script(FOLDER, tuple(files), tuple(writable.values())),),
        mounts={**({VOLUME.name: FOLDER} if files else {}), **writable},
        user="0:0",
    )


def variable(path: str) -> str:
    """The environment variable that carries a file."""
    return "FILE_" + re.sub(r"[^A-Z0-9]", "_", path.upper())


def script(folder: str, files: Collection[str], writable: Collection[str]) -> str:
    """What its shell runs; the texts stay in the environment, so that no quote of theirs ends an argument."""
    parents = sorted({str(PurePosixPath(folder, path).parent) for path in files})
    return "\n".join(
        [
            "set -eu",
            *(f"mkdir -p {parent}" for parent in parents),
            *(f"printf '%s' \"${variable(path)}\" > {folder}/{path}" for path in files),
            # As /tmp is: everyone writes, and nobody removes what is another's.
            *(f"chmod 1777 {path}" for path in writable),
        ]
    )


def check_texts(what: str, files: Mapping[str, pulumi.Input[str]]) -> None:
    """Refuse paths that a shell or a second file would trip over, and texts that no task definition holds.

    A text that is only known during the deployment counts as nothing.
    """
    for path in files:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]*(/[a-z0-9][a-z0-9_.-]*)?", path):
            raise StargateError(f"{what} names a file {path}: choose lower-case letters, digits, '.', '_' and '-'")
    if len({variable(path) for path in files}) < len(files):
        raise StargateError(f"{what} names {', '.join(files)}: choose names that differ in letters or digits")
    size = sum(len(json.dumps(text)) for text in files.values() if isinstance(text, str))
    if size > LARGEST_TEXTS_BYTES:
        raise StargateError(
            f"{what} takes {size} bytes in the task definition: choose at most {LARGEST_TEXTS_BYTES}, "
            "such as with fewer rules or shorter descriptions"
        )

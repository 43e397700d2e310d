"""`stargate tunnel`: an administrator's way to what the public does not reach, through the stack's own door."""

import json
import os
import shutil
import subprocess
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from stargate.errors import StargateError


class Place(StrEnum):
    """Where a tunnel leads."""

    GATEWAY = "gateway"
    GRAFANA = "grafana"
    TRACES = "traces"


# The output of the stack that says how each is reached.
OUTPUTS: Final = {Place.GATEWAY: "admin", Place.GRAFANA: "dashboards", Place.TRACES: "traces"}
# What an output calls the secret that opens what stands at the other end.
KEYS: Final = {"master_key_secret": "its master key", "password_secret": "its password"}
# The programs that a port forward runs, and what each belongs to.
NEEDED: Final = {"aws": "the AWS CLI", "session-manager-plugin": "the AWS CLI's Session Manager plugin"}


def run(
    stack: Annotated[str, typer.Option("--stack", "-s", help="The stack, deployed with the Pulumi CLI.")],
    to: Annotated[Place, typer.Argument(help="Where it leads.")] = Place.GATEWAY,
    program: Annotated[Path, typer.Option("--program", help="The folder of the Pulumi program.")] = Path(),
    print_: Annotated[bool, typer.Option("--print", help="Print the shell's line instead of running it.")] = False,
) -> None:
    """Open a port of this machine to a deployed stack's gateway, Grafana or traces, until Ctrl-C."""
    answer = _answer(_outputs(stack, program), to, stack)
    if print_:
        print(answer["tunnel"])
        return
    for name, what in NEEDED.items():
        if shutil.which(name) is None:
            raise StargateError(f"{name} is not on the PATH: install {what}, or see the line with --print")
    print(f"{answer['through_the_tunnel']} leads to {stack}'s {to}; Ctrl-C closes it", file=sys.stderr)
    for key, what in KEYS.items():
        if key in answer:
            print(f"{what} is the secret {answer[key]}", file=sys.stderr)
    sys.stderr.flush()
    os.execvp("sh", ["sh", "-c", f"exec {answer['tunnel']}"])  # noqa: S606 - the tunnel gets the terminal and its Ctrl-C


def _outputs(stack: str, program: Path) -> dict[str, Any]:
    if shutil.which("pulumi") is None:
        raise StargateError("pulumi is not on the PATH: install the Pulumi CLI, which knows what the stack holds")
    if not program.is_dir():
        raise StargateError(f"--program is {program}: choose the folder of the Pulumi program")
    command = ["pulumi", "stack", "output", "--json", "--non-interactive", "--stack", stack]
    done = subprocess.run(command, cwd=program, capture_output=True, text=True, check=False)
    if done.returncode:
        said = " ".join(done.stderr.split()) or f"exit status {done.returncode}"
        raise StargateError(
            f"pulumi does not know the outputs of {stack} ({said}): name a deployed stack, in its program's folder"
        )
    found: dict[str, Any] = json.loads(done.stdout)
    if not found:
        raise StargateError(
            f"the stack {stack} has no outputs: deploy it first, such as by `make deploy STACK={stack}`"
        )
    return found


def _answer(outputs: dict[str, Any], to: Place, stack: str) -> dict[str, str]:
    """What the stack says of the place. Raises `StargateError` where it has none."""
    name = OUTPUTS[to]
    answer = outputs.get(name)
    if isinstance(answer, dict) and "tunnel" in answer:
        return answer
    if to is Place.TRACES and isinstance(answer, dict):
        raise StargateError(
            f"the stack {stack} runs no Langfuse, and its traces' address is {answer.get('url')}: "
            "set tracing.backend to langfuse, or open that address"
        )
    raise StargateError(f"the stack {stack} has no output {name} with a tunnel: deploy this version of it")

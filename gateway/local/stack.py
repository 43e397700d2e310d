"""The whole gateway on this machine: how it starts, how it ends, and what a user or a script is told of it.

client -> edge (guard, behaviours) -> LiteLLM -> Bedrock's emulator, or Bedrock itself
|-> PostgreSQL        VictoriaMetrics, if it is installed, reads /metrics
                            |-> the trace store
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stargate.errors import StargateError
from stargate.gateway import clients
from stargate.gateway.admin.client import AdminClient
from stargate.gateway.local import demo, greeting, logs, parts
from stargate.gateway.local.parts import Parts
from stargate.gateway.local.progress import Progress
from stargate.gateway.local.state import Bedrock, Folder, State, address, claim, folder
from stargate.gateway.local.supervisor import Status, Supervisor
from stargate.gateway.local.traces import reader
from stargate.gateway.models import DEFAULT_NAMES


@dataclass(frozen=True, kw_only=True)
class Options:
    """What the caller decides; None keeps what was chosen at the last start, or the default."""

    port: int | None = None
    admin_port: int | None = None
    bedrock: Bedrock = Bedrock.EMULATOR
    models: tuple[str, ...] = DEFAULT_NAMES
    detach: bool = False
    fresh: bool = False
    capture_content: bool = False
    state: Path | None = None


def up(options: Options) -> None:
    """Start the gateway and print how to use it; return at once when detached, else after Ctrl-C.

    Raises `StargateError` if a port is taken or a part does not come up; then nothing is left running.
    """
    place = folder(options.state)
    models = parts.models(options.models)
    supervisor = Supervisor(place)
    if supervisor.running():
        if options.fresh or options.port is not None or options.admin_port is not None:
            raise StargateError(f"a gateway runs in {place.path}: stop it first with `stargate local down`")
        greeting.show(place.load(), models)
        return
    if options.fresh:
        _clear(place)
    place.make()
    with place.starting():
        started = time.monotonic()
        state = _prepare(place, options)
        try:
            _start(supervisor, place, state, attached=not options.detach)
        except BaseException:
            # Half a gateway is worse than none, also after Ctrl-C.
            supervisor.shutdown()
            raise
    greeting.show(state, models, seconds=time.monotonic() - started)
    if not options.detach:
        _accompany(supervisor, place)


def down(path: Path | None) -> None:
    """Stop the gateway of a folder and wait for its end; says so if none runs."""
    place = folder(path)
    supervisor = Supervisor(place)
    if supervisor.running():
        with Progress().step("stopping the gateway"):
            supervisor.shutdown()
    else:
        Progress().note(f"no gateway runs in {place.path}")


def statuses(path: Path | None) -> list[Status]:
    """Every part of a running gateway; none if none runs."""
    supervisor = Supervisor(folder(path))
    return supervisor.statuses() if supervisor.running() else []


def access(path: Path | None) -> dict[str, str]:
    """The addresses and the keys. Raises `StargateError` if no gateway was ever started here."""
    state = _known(path)
    found = {
        "public_url": address(state.ports.public),
        "admin_url": address(state.ports.admin),
        "user_key": state.secrets.user_key,
        "master_key": state.secrets.master_key,
    }
    for name, port in state.ports.inner.items():
        found[f"{name}_url"] = address(port)
    return found


def environment(path: Path | None) -> dict[str, str]:
    """The demo user's environment, for Claude Code and both SDKs."""
    state = _known(path)
    public, key = address(state.ports.public), state.secrets.user_key
    return {**clients.claude_code(public, key, parts.models(state.models)), **clients.openai(public, key)}


def last_traces(path: Path | None, count: int) -> list[dict[str, Any]]:
    """The last traces of a running gateway, newest last. Raises `StargateError` if none runs."""
    return reader.last(_known(path), count)


def _known(path: Path | None) -> State:
    place = folder(path)
    if not place.exists:
        raise StargateError(f"no gateway was ever started in {place.path}: start one with `stargate local up`")
    return place.load()


def _clear(place: Folder) -> None:
    if place.exists:
        place.clear()
    elif place.holds_something:
        raise StargateError(f"{place.path} is no gateway's folder: --fresh removes only such a one; choose another")


def _prepare(place: Folder, options: Options) -> State:
    """The state of this start: what was kept, and what the options change."""
    state = place.load()
    state.ports.public = state.ports.public if options.port is None else options.port
    state.ports.admin = state.ports.admin if options.admin_port is None else options.admin_port
    state.bedrock = options.bedrock
    state.models = options.models
    state.capture_content = options.capture_content
    claim(state.ports, parts.inner_ports(options.bedrock))
    place.save(state)
    return state


def _start(supervisor: Supervisor, place: Folder, state: State, *, attached: bool) -> None:
    progress = Progress()
    with progress.step("PostgreSQL and the Prisma engine: preparing") as step:
        step.detail = parts.prepare(place, state)
    every = Parts(place, state)
    supervisor.launch(every.in_order, attached=attached)
    with progress.step("PostgreSQL") as step:
        supervisor.start(every.postgres)
        supervisor.await_ready(every.postgres)
        step.detail = parts.migrate(state)
    # None of these needs another to start; LiteLLM takes longest.
    for part in every.after_postgres:
        supervisor.start(part)
    for part in every.after_postgres:
        with progress.step(part.title):
            supervisor.await_ready(part)
    with (
        progress.step("a first question through the edge") as step,
        AdminClient(address(state.ports.admin), state.secrets.master_key) as client,
    ):
        demo.ensure(client, state.secrets, parts.models(state.models))
        step.detail = greeting.first_answer(state)


def _accompany(supervisor: Supervisor, place: Folder) -> None:
    """Show the log until Ctrl-C, then stop everything. Raises `StargateError` if the gateway ends by itself."""
    follower = logs.Follower(place.logs)
    try:
        while supervisor.running():
            for name, line in follower.lines():
                logs.write(name, line, [status.name for status in supervisor.statuses()])
            time.sleep(logs.POLL_SECONDS)
    except KeyboardInterrupt:
        with Progress().step("stopping the gateway"):
            supervisor.shutdown()
        return
    if _was_stopped(place):
        return
    raise StargateError(f"the gateway ended: a part could not be kept alive, see {place.logs}")


def _was_stopped(place: Folder) -> bool:
    """Whether the gateway ended because somebody asked for it, and not because a part was given up."""
    watch = place.logs / "watch.log"
    return not watch.exists() or watch.stat().st_size == 0

"""The parts of the local gateway: each one's command, environment and sign of readiness."""

import os
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

from stargate.gateway.local import litellm, metrics, migrations, postgres, prisma
from stargate.gateway.local.state import LOOPBACK, Bedrock, Folder, State, address
from stargate.gateway.local.supervisor import Part
from stargate.gateway.models import HOME_REGION, Model, Profile, offered
from stargate.gateway.routes import READINESS

# Importing LiteLLM cold, on two busy cores, takes most of it.
LITELLM_READY_SECONDS = 180
# LiteLLM ends its streams first; nobody waits two minutes for a laptop.
LITELLM_STOP_SECONDS = 15


def models(names: tuple[str, ...]) -> tuple[Model, ...]:
    """The models that a local gateway offers. Raises `StargateError` for one that cannot be."""
    return offered(names, Profile.US, HOME_REGION)


def inner_ports(bedrock: Bedrock) -> tuple[str, ...]:
    """The parts that need a port of their own beside the two known ones."""
    names = ["postgres", "traces"]
    if bedrock is Bedrock.EMULATOR:
        names.append("bedrock")
    if metrics.installed():
        names.append("metrics")
    return tuple(names)


def prepare(place: Folder, state: State) -> str:
    """Make what is made once: PostgreSQL's data folder, Prisma's client and engine; says which they are."""
    database = postgres.initialise(place.data / "postgres", state.secrets.database_password)
    return f"{database}, {prisma.client().engine.value} engine"


def migrate(state: State) -> str:
    """Bring the database to LiteLLM's schema; says what was done."""
    port, password = state.ports.inner["postgres"], state.secrets.database_password
    postgres.create_database(port, password)
    applied = migrations.apply(postgres.url(port, password), migrations.packaged())
    postgres.create_reader(port, password, state.secrets.reader_password)
    return f"{applied} migrations applied" if applied else "schema up to date"


class Parts:
    """The parts of one gateway, in the order of starting."""

    def __init__(self, place: Folder, state: State) -> None:
        """Write the parts' configurations and describe them; nothing is started."""
        self._place = place
        self._state = state
        self._base = litellm.base_environment()
        self.postgres = self._postgres()
        self.after_postgres = [
            *([self._bedrock()] if "bedrock" in state.ports.inner else []),
            self._edge(),
            self._traces(),
            *([self._metrics()] if "metrics" in state.ports.inner else []),
            self._litellm(),
        ]

    @property
    def in_order(self) -> list[Part]:
        """All of them."""
        return [self.postgres, *self.after_postgres]

    def _postgres(self) -> Part:
        port, password = self._state.ports.inner["postgres"], self._state.secrets.database_password
        return Part(
            name="postgres",
            title="PostgreSQL",
            command=postgres.command(self._place.data / "postgres", port),
            ready=lambda: postgres.ready(port, password),
            environment=self._base,
            directory=Path("/"),
            stop_signal=postgres.STOP_SIGNAL,
            steady_seconds=1,
        )

    def _bedrock(self) -> Part:
        port = self._state.ports.inner["bedrock"]
        return self._own(
            "bedrock",
            "Bedrock emulator",
            port,
            ("stargate.gateway.local.bedrock", "--port", str(port), "--region", HOME_REGION),
        )

    def _edge(self) -> Part:
        port = self._state.ports.public
        origin = address(self._state.ports.admin)
        return self._own("edge", "edge", port, ("stargate.gateway.local.edge", "--port", str(port), "--origin", origin))

    def _traces(self) -> Part:
        port = self._state.ports.inner["traces"]
        keys = litellm.trace_keys(self._state)
        return self._own("traces", "trace store", port, ("stargate.gateway.local.traces", "--port", str(port)), keys)

    def _metrics(self) -> Part:
        return Part(
            name="metrics",
            title="VictoriaMetrics",
            command=metrics.command(self._place, self._state),
            ready=_listening(self._state.ports.inner["metrics"]),
            environment=self._base,
            directory=self._place.run,
        )

    def _litellm(self) -> Part:
        chosen = models(self._state.models)
        own = litellm.variables(self._state, chosen, prisma.client(), os.environ)
        return Part(
            name="litellm",
            title="LiteLLM",
            command=litellm.command(self._place, self._state, chosen),
            ready=_answering(address(self._state.ports.admin) + READINESS.path),
            environment={**self._base, **own},
            directory=self._place.run,
            # It imports for longer than that before it can fail.
            steady_seconds=20,
            ready_seconds=LITELLM_READY_SECONDS,
            stop_seconds=LITELLM_STOP_SECONDS,
        )

    def _own(
        self, name: str, title: str, port: int, module: tuple[str, ...], secrets: Mapping[str, str] | None = None
    ) -> Part:
        """A part that is a module of ours and listens on a port."""
        return Part(
            name=name,
            title=title,
            command=(sys.executable, "-m", *module),
            ready=_listening(port),
            environment={**self._base, **(secrets or {})},
            directory=self._place.run,
        )


def _listening(port: int) -> Callable[[], bool]:
    def ready() -> bool:
        with socket.create_connection((LOOPBACK, port), timeout=1):
            return True

    return ready


def _answering(url: str) -> Callable[[], bool]:
    def ready() -> bool:
        try:
            return httpx.get(url, timeout=5).is_success
        except httpx.HTTPError:
            return False

    return ready

"""What local mode keeps between runs: its folder, its secrets and its ports.

Everything lies in one folder (`.stargate` where the command is run, or `STARGATE_STATE`), readable by its owner alone:

    state.json     ports and secrets        data/   PostgreSQL and VictoriaMetrics
    log/           one file a part          run/    the running gateway: sockets, the supervisor's files
"""

import contextlib
import errno
import fcntl
import json
import os
import secrets
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

from stargate.errors import StargateError
from stargate.gateway.models import DEFAULT_NAMES

FOLDER_VARIABLE: Final = "STARGATE_STATE"
PUBLIC_PORT: Final = 8080
ADMIN_PORT: Final = 4000
# Parts that only the gateway itself talks to take the first free port from here on.
INNER_PORTS: Final = range(14100, 14400)
PORTS: Final = range(1, 65536)
LOOPBACK: Final = "127.0.0.1"


class Bedrock(StrEnum):
    """Who answers the models' calls."""

    EMULATOR = "emulator"
    AWS = "aws"


def _key() -> str:
    """A key in the form that LiteLLM asks of its own."""
    return f"sk-{secrets.token_urlsafe(24)}"


@dataclass(kw_only=True)
class Secrets:
    """Made once per folder: keys stay valid, and what is stored stays readable, from run to run."""

    master_key: str = field(default_factory=_key)
    salt_key: str = field(default_factory=_key)
    database_password: str = field(default_factory=lambda: secrets.token_hex(16))
    user_key: str = field(default_factory=_key)
    metrics_key: str = field(default_factory=_key)
    traces_public_key: str = field(default_factory=lambda: f"pk-lf-{secrets.token_hex(16)}")
    traces_secret_key: str = field(default_factory=lambda: f"sk-lf-{secrets.token_hex(16)}")
    reader_password: str = field(default_factory=lambda: secrets.token_hex(16))


@dataclass(kw_only=True)
class Ports:
    """TCP ports on loopback."""

    public: int = PUBLIC_PORT
    admin: int = ADMIN_PORT
    inner: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Folder:
    """The folder of one local gateway."""

    path: Path

    @property
    def data(self) -> Path:
        """What must survive."""
        return self.path / "data"

    @property
    def logs(self) -> Path:
        """One file a part."""
        return self.path / "log"

    @property
    def run(self) -> Path:
        """What only a running gateway needs."""
        return self.path / "run"

    @property
    def _file(self) -> Path:
        return self.path / "state.json"

    def make(self) -> None:
        """Make the folder and its parts; the run folder holds secrets and is the owner's alone.

        Raises `StargateError` where there can be none.
        """
        try:
            for path in (self.path, self.data, self.logs, self.run):
                path.mkdir(parents=True, exist_ok=True)
            self.run.chmod(0o700)
        except OSError as error:
            raise StargateError(
                f"{self.path} can be no folder of a gateway ({error.strerror}): choose another with --state"
            ) from error

    def clear(self) -> None:
        """Throw the data, the logs and the secrets away."""
        shutil.rmtree(self.path, ignore_errors=False)

    @property
    def exists(self) -> bool:
        """Whether a gateway was ever started here. Raises `StargateError` where nobody may look."""
        return _found(self._file.exists, self.path)

    @property
    def holds_something(self) -> bool:
        """Whether it is a folder with anything in it. Raises `StargateError` where nobody may look."""
        return _found(lambda: self.path.is_dir() and any(self.path.iterdir()), self.path)

    def load(self) -> "State":
        """The state as it was saved, or a new one. Raises `StargateError` if the file cannot be read."""
        if not self.exists:
            return State()
        try:
            saved = json.loads(self._file.read_text())
            return State(
                secrets=Secrets(**saved["secrets"]),
                ports=Ports(**saved["ports"]),
                bedrock=Bedrock(saved["bedrock"]),
                models=tuple(saved["models"]),
                capture_content=saved.get("capture_content", False),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise StargateError(f"{self._file} cannot be read: start over with `stargate local up --fresh`") from error

    def save(self, state: "State") -> None:
        """Write the state; the file appears whole or not at all, for its owner alone."""
        partial = self._file.with_suffix(".partial")
        partial.touch(mode=0o600)
        partial.write_text(json.dumps(asdict(state), indent=2) + "\n")
        partial.replace(self._file)

    @contextlib.contextmanager
    def starting(self) -> Iterator[None]:
        """Hold the right to start the gateway of this folder. Raises `StargateError` while another holds it."""
        with (self.run / "starting.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise StargateError(f"another `stargate local up` is starting in {self.path}: wait for it") from error
            yield


@dataclass(kw_only=True)
class State:
    """What a gateway keeps between runs."""

    secrets: Secrets = field(default_factory=Secrets)
    ports: Ports = field(default_factory=Ports)
    bedrock: Bedrock = Bedrock.EMULATOR
    models: tuple[str, ...] = DEFAULT_NAMES
    """What answered, and what was offered, at the last start."""
    capture_content: bool = False
    """Whether prompts and answers go into the traces."""


def _found(look: Callable[[], bool], path: Path) -> bool:
    try:
        return look()
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return False
        raise StargateError(
            f"{path} cannot be looked into ({error.strerror}): give yourself the right, or choose another with --state"
        ) from error


def folder(path: Path | None = None) -> Folder:
    """The folder that was named, in the argument or in `STARGATE_STATE`, or `.stargate` here."""
    return Folder(path=(path or Path(os.environ.get(FOLDER_VARIABLE) or ".stargate")).absolute())


def address(port: int) -> str:
    """The address of a port of loopback."""
    return f"http://{LOOPBACK}:{port}"


def free(port: int) -> bool:
    """Whether a port of loopback can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def claim(ports: Ports, inner: tuple[str, ...]) -> None:
    """Check the two known ports and choose the inner ones, keeping earlier choices that are still free.

    Raises `StargateError` that names a taken port, or one that is none, and the option to move it.
    """
    for port, option in ((ports.public, "--port"), (ports.admin, "--admin-port")):
        if port not in PORTS:
            raise StargateError(f"{option} is {port}: choose {PORTS.start} to {PORTS.stop - 1}")
        if not free(port):
            raise StargateError(f"port {port} is taken by another program: stop it, or choose another with {option}")
    if ports.public == ports.admin:
        raise StargateError(f"--port and --admin-port are both {ports.public}: choose two")
    chosen: dict[str, int] = {}
    spare = (port for port in INNER_PORTS if port not in {ports.public, ports.admin} and free(port))
    for name in inner:
        before = ports.inner.get(name)
        if before and free(before) and before not in chosen.values():
            chosen[name] = before
            continue
        found = next((port for port in spare if port not in chosen.values()), None)
        if found is None:
            raise StargateError(f"no port from {INNER_PORTS.start} to {INNER_PORTS.stop - 1} is free: stop something")
        chosen[name] = found
    ports.inner = chosen

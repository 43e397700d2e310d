"""Run the parts of the local gateway under supervisord: start one after the other, keep alive, end all together.

supervisord (PyPI `supervisor`) starts the processes, writes their logs, starts again what dies and gives up what
dies again and again. Ours is only what it lacks: waiting until a part answers before the next one starts, and no
orphan when supervisord itself is killed (`child`).
"""

import hashlib
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from supervisor.xmlrpc import SupervisorTransport

from stargate.errors import StargateError
from stargate.gateway.local.state import Folder

# The kernel's limit of a Unix socket's path is 107 bytes; supervisord adds a process id to it while it binds.
LONGEST_SOCKET_PATH: Final = 90
# A part that ends sooner than this after its start has not started; supervisord gives it up after three of these.
STEADY_SECONDS: Final = 3
# How often readiness is asked; LiteLLM's own answer takes a few milliseconds.
POLL_SECONDS: Final = 0.1
LOG_BYTES: Final = 20_000_000
LINES_SHOWN: Final = 12


@dataclass(frozen=True, kw_only=True)
class Part:
    """One process of the gateway."""

    name: str
    title: str
    """What it is called in the progress."""
    command: tuple[str, ...]
    ready: Callable[[], bool]
    """Whether it answers; asked until it does. It may raise `OSError` while nothing listens."""
    environment: Mapping[str, str]
    """All of it: nothing is inherited from the shell that starts the gateway."""
    directory: Path
    steady_seconds: int = STEADY_SECONDS
    ready_seconds: int = 30
    """How long it may take until it answers."""
    stop_signal: str = "TERM"
    stop_seconds: int = 10
    """How long it may take to end before it is killed."""


@dataclass(frozen=True, kw_only=True)
class Status:
    """How a part is doing: supervisord's word for it, its process id, and since when (seconds)."""

    name: str
    state: str
    pid: int
    seconds: int


class Supervisor:
    """The supervisord of one folder: a running one, or one to be launched."""

    def __init__(self, folder: Folder) -> None:
        """Look at a folder; nothing is started."""
        self._folder = folder
        self._socket = _socket(folder)

    @property
    def _rpc(self) -> Any:
        # A new connection each time: a transport that once failed to connect does not connect again.
        transport = SupervisorTransport(None, None, serverurl=f"unix://{self._socket}")
        return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport).supervisor

    def running(self) -> bool:
        """Whether it answers."""
        try:
            return bool(self._rpc.getState()["statename"] == "RUNNING")
        except (OSError, http.client.HTTPException, xmlrpc.client.Error):
            return False

    def launch(self, parts: Sequence[Part], *, attached: bool) -> None:
        """Start supervisord, and no part yet; when attached it ends with the caller, however that ends.

        Raises `StargateError` if it does not come up.
        """
        run = self._folder.run
        for part in parts:
            _write_private(run / f"{part.name}.json", json.dumps(_described(part)))
        _write_private(run / "supervisord.conf", configuration(self._folder, self._socket, parts))
        command = [sys.executable, "-m", "supervisor.supervisord", "--nodaemon", "-c", str(run / "supervisord.conf")]
        if attached:
            own = {"command": command, "environment": dict(os.environ), "directory": str(run)}
            _write_private(run / "supervisord.json", json.dumps(own))
            command = [sys.executable, str(_CHILD), str(run / "supervisord.json")]
        with (self._folder.logs / "supervisord.log").open("ab") as log:
            # A session of its own: Ctrl-C reaches the command alone, which then ends the parts in order.
            process = subprocess.Popen(
                command, cwd=run, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + 20
        while not self.running():
            if process.poll() is not None or time.monotonic() > deadline:
                raise StargateError(f"supervisord did not start: see {self._folder.logs / 'supervisord.log'}")
            time.sleep(POLL_SECONDS)

    def start(self, part: Part) -> None:
        """Start a part and go on at once."""
        self._rpc.startProcess(part.name, False)

    def await_ready(self, part: Part) -> None:
        """Wait until a part answers. Raises `StargateError` with its last words if it ends or takes too long."""
        deadline = time.monotonic() + part.ready_seconds
        while not _answers(part):
            state = self._rpc.getProcessInfo(part.name)["statename"]
            if state in {"FATAL", "EXITED", "BACKOFF", "STOPPED"}:
                raise StargateError(f"{part.name} ended while starting; its last words:\n{self.last_words(part.name)}")
            if time.monotonic() > deadline:
                raise StargateError(
                    f"{part.name} did not answer within {part.ready_seconds} s; its last words:\n"
                    f"{self.last_words(part.name)}"
                )
            time.sleep(POLL_SECONDS)

    def statuses(self) -> list[Status]:
        """Every part, in the order of starting."""
        return [
            Status(
                name=info["name"],
                state=info["statename"].lower(),
                pid=info["pid"],
                seconds=max(0, info["now"] - info["start"]) if info["pid"] else 0,
            )
            for info in sorted(self._rpc.getAllProcessInfo(), key=lambda info: info["group"])
            if info["name"] != _WATCH
        ]

    def resume(self, name: str) -> None:
        """Start a part again that was stopped, and go on at once."""
        self._rpc.startProcess(name, False)

    def stop(self, name: str) -> None:
        """Stop one part and wait for its end."""
        self._rpc.stopProcess(name)

    def shutdown(self) -> None:
        """End every part in the reverse order of starting, then supervisord, and wait for all of it."""
        try:
            pid = self._rpc.getPID()
            self._rpc.shutdown()
        except (OSError, http.client.HTTPException, xmlrpc.client.Error):
            return
        while _alive(pid):
            time.sleep(POLL_SECONDS)

    def last_words(self, name: str) -> str:
        """The end of a part's log."""
        path = self._folder.logs / f"{name}.log"
        if not path.exists():
            return "(it said nothing)"
        with path.open(errors="replace") as file:
            return "".join(f"    {line}" for line in deque(file, LINES_SHOWN)).rstrip() or "(it said nothing)"


def configuration(folder: Folder, socket: Path, parts: Sequence[Part]) -> str:
    """Supervisord's own file. It holds no secret: a part's environment is in the part's file."""
    sections: dict[str, dict[str, object]] = {
        "unix_http_server": {"file": socket, "chmod": "0600"},
        "supervisord": {
            "logfile": folder.logs / "supervisord.log",
            "logfile_maxbytes": LOG_BYTES,
            "logfile_backups": 1,
            "pidfile": folder.run / "supervisord.pid",
            "childlogdir": folder.logs,
            "loglevel": "info",
            "silent": "true",
            **({"user": "root"} if os.getuid() == 0 else {}),
        },
        "rpcinterface:supervisor": {
            "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
        },
        f"eventlistener:{_WATCH}": {
            "command": f"{sys.executable} -m stargate.gateway.local.watch",
            "events": "PROCESS_STATE_FATAL",
            "priority": 0,
            "stderr_logfile": folder.logs / "watch.log",
            "autorestart": "true",
        },
    }
    for position, part in enumerate(parts, start=1):
        sections[f"program:{part.name}"] = {
            "command": f"{sys.executable} -S {_CHILD} {folder.run / part.name}.json",
            "priority": position,
            "autostart": "false",
            "autorestart": "true",
            "startsecs": part.steady_seconds,
            "startretries": 3,
            "stopsignal": part.stop_signal,
            "stopwaitsecs": part.stop_seconds,
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": folder.logs / f"{part.name}.log",
            "stdout_logfile_maxbytes": LOG_BYTES,
            "stdout_logfile_backups": 1,
        }
    return "\n".join(_section(name, values) for name, values in sections.items())


_WATCH: Final = "watch"
_CHILD: Final = Path(__file__).with_name("child.py")


def _section(name: str, values: Mapping[str, object]) -> str:
    lines = (f"{key} = {_escaped(value)}\n" for key, value in values.items())
    return f"[{name}]\n" + "".join(lines)


def _escaped(value: object) -> str:
    # supervisord expands %(…)s in every value, and takes "; " for a comment.
    text = str(value).replace("%", "%%")
    if ";" in text or "\n" in text:
        raise StargateError(f"the path {text!r} holds a character that supervisord cannot take: use another folder")
    return text


def _described(part: Part) -> dict[str, object]:
    return {
        "command": list(part.command),
        "environment": dict(part.environment),
        "directory": str(part.directory),
    }


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text)


def _socket(folder: Folder) -> Path:
    """Where supervisord listens: in the run folder, or, where that path is too long, in the temporary folder."""
    path = folder.run / "supervisor.sock"
    if len(str(path)) <= LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(str(folder.path).encode()).hexdigest()[:12]
    place = Path(tempfile.gettempdir()) / f"stargate-{os.getuid()}"
    place.mkdir(mode=0o700, exist_ok=True)
    if place.stat().st_uid != os.getuid():
        raise StargateError(f"{place} belongs to another user: set TMPDIR to a folder of your own")
    return place / f"{digest}.sock"


def _answers(part: Part) -> bool:
    try:
        return part.ready()
    except OSError:
        return False


def _alive(pid: int) -> bool:
    try:
        # Ours if we launched it: reap it, or it stays a zombie.
        if os.waitpid(pid, os.WNOHANG)[0] == pid:
            return False
    except ChildProcessError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True

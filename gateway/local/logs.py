"""The parts' logs, as files and as one interleaved stream."""

import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final, TextIO

from rich.console import Console
from rich.text import Text

from stargate.errors import StargateError

POLL_SECONDS: Final = 0.2
COLOURS: Final = ("cyan", "green", "magenta", "yellow", "blue", "red")


class Follower:
    """Reads what the parts append to their logs, from the moment that it was made."""

    def __init__(self, logs: Path) -> None:
        """Remember where each log ends now."""
        self._logs = logs
        self._stack = ExitStack()
        self._files: dict[str, tuple[int, TextIO]] = {}
        self._open(at_end=True)

    def lines(self) -> Iterator[tuple[str, str]]:
        """The part and the text of every line that was appended since the last call."""
        for name, (inode, file) in list(self._files.items()):
            for line in file:
                yield name, line.rstrip("\n")
            path = self._logs / f"{name}.log"
            if path.exists() and path.stat().st_ino != inode:
                # supervisord has moved the full file aside and begun another.
                del self._files[name]
        self._open(at_end=False)

    def _open(self, *, at_end: bool) -> None:
        for path in _files(self._logs):
            if path.stem not in self._files:
                file = self._stack.enter_context(path.open(errors="replace"))
                if at_end:
                    file.seek(0, 2)
                self._files[path.stem] = (path.stat().st_ino, file)


def show(logs: Path, *, part: str | None, lines: int, follow: bool) -> None:
    """Print the last lines of one part or of all, and go on with what comes if asked. Ends by itself or with Ctrl-C."""
    names = [path.stem for path in _files(logs)]
    if part and part not in names:
        raise StargateError(
            f"no part called {part} has a log: choose from {', '.join(names) or 'none, nothing ran yet'}"
        )
    follower = Follower(logs)
    for name in [part] if part else names:
        with (logs / f"{name}.log").open(errors="replace") as file:
            for line in deque(file, lines):
                write(name, line.rstrip("\n"), names)
    while follow:
        for name, line in follower.lines():
            if part in {None, name}:
                write(name, line, names)
        time.sleep(POLL_SECONDS)


def write(name: str, line: str, names: list[str]) -> None:
    """Print one line with its part's name before it, in the part's colour on a terminal."""
    colour = COLOURS[names.index(name) % len(COLOURS)] if name in names else "white"
    width = max((len(known) for known in names), default=0)
    if sys.stdout.isatty():
        Console(highlight=False, soft_wrap=True).print(Text(f"{name:<{width}} | ", style=colour) + Text(line))
    else:
        print(f"{name:<{width}} | {line}", flush=True)  # noqa: T201 - the log is what was asked for


def _files(logs: Path) -> list[Path]:
    """The parts' logs; supervisord's own stay out of the way unless asked for by name."""
    return sorted(path for path in logs.glob("*.log") if path.stem != "supervisord")

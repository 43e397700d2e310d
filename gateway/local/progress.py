"""What is going on, on standard error: a line a step, with its time; a spinner where a person watches."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text


@dataclass
class Step:
    """A step under way; `detail` is shown behind it when it is done."""

    detail: str = ""


class Progress:
    """Prints the steps of one command."""

    def __init__(self) -> None:
        """Write to standard error, in colour where it is a terminal."""
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Show a step while it lasts, and what it took once it is done; a failed one is shown as such."""
        step, started = Step(), time.monotonic()
        waiting = self._console.status(title) if self._console.is_terminal else nullcontext()
        try:
            with waiting:
                yield step
        except BaseException:
            self._line("✗", "red", title, started, "")
            raise
        self._line("✓", "green", title, started, step.detail)

    def note(self, text: str) -> None:
        """Print a sentence."""
        self._console.print(Text(text))

    def _line(self, mark: str, colour: str, title: str, started: float, detail: str) -> None:
        taken = f"{time.monotonic() - started:5.1f} s  "
        self._console.print(
            Text(f"{mark} ", style=colour)
            + Text(taken, style="dim")
            + Text(title)
            + Text(f"  {detail}" if detail else "", style="dim")
        )

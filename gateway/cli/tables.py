"""Tables on standard output, for people."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, title: str = "") -> None:
    """Print a table; columns whose every cell is a number are aligned to the right."""
    made = list(rows)
    shown = Table(box=None, pad_edge=False, title=title or None, title_justify="left", header_style="bold")
    for position, column in enumerate(columns):
        numeric = all(row[position].strip(" $,").replace(".", "").replace(",", "").isdigit() for row in made)
        shown.add_column(
            column, justify="right" if numeric and made else "left", overflow="fold", no_wrap=position == 0
        )
    for row in made:
        shown.add_row(*(Text(cell) for cell in row))
    console = Console()
    if not console.is_terminal:
        # A file or a pipe has no edge to wrap at.
        console.width = 200
    console.print(shown)
    if title:
        console.print()

"""Write the dashboards' JSON: `python -m stargate.dashboards [--check]`.

With `--check` nothing is written, and a file that does not agree with its source is an error.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from stargate.dashboards import claude_code, cost, frame, gateway, models, platform

FOLDER: Final = Path(__file__).parent / "json"
DASHBOARDS: Final[tuple[Callable[[], dict[str, Any]], ...]] = (
    gateway.dashboard,
    cost.dashboard,
    models.dashboard,
    claude_code.dashboard,
    platform.dashboard,
)


def files() -> dict[str, str]:
    """Every dashboard's file name and text."""
    made = (build() for build in DASHBOARDS)
    return {f"{one['uid']}.json": frame.text(one) for one in made}


def main() -> int:
    """Write the files, or check them; a file that nothing makes any more is stale too."""
    check = "--check" in sys.argv[1:]
    made = files()
    FOLDER.mkdir(exist_ok=True)
    stale = [name for name, text in made.items() if not (file := FOLDER / name).exists() or file.read_text() != text]
    stray = sorted(path.name for path in FOLDER.glob("*.json") if path.name not in made)
    if check:
        if stale or stray:
            sys.stderr.write(f"not up to date: {', '.join(stale + stray)}: run `make docs`\n")
        return 1 if stale or stray else 0
    for name in stale:
        (FOLDER / name).write_text(made[name])
    for name in stray:
        (FOLDER / name).unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What a machine knows, written into the docs: `python -m stargate.docs [--check]`.

A page holds prose around two marks, `<!-- generated: NAME -->` and `<!-- end -->`; what stands between them is
replaced. With `--check` nothing is written, and a page that is not up to date is an error.
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from stargate.docs import components, gateway, on_aws
from stargate.errors import StargateError

PAGES: Final = ("README.md", "docs")
BLOCK: Final = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
GENERATED: Final[dict[str, Callable[[], str]]] = {
    **gateway.BLOCKS,
    **on_aws.BLOCKS,
    **components.BLOCKS,
}


def updated(text: str) -> str:
    """A page with every generated block made anew. Raises `StargateError` for a block that nothing generates."""

    def made(found: re.Match[str]) -> str:
        if found[2] not in GENERATED:
            raise StargateError(f"nothing generates {found[2]}: choose from {', '.join(GENERATED)}")
        return f"{found[1]}{GENERATED[found[2]]()}{found[3]}"

    return BLOCK.sub(made, text)


def pages(root: Path) -> list[Path]:
    """Every page that may hold generated blocks."""
    found = [root / name for name in PAGES]
    return [page for place in found for page in ([place] if place.is_file() else sorted(place.rglob("*.md")))]


def main() -> int:
    """Write the pages of the current folder, or check them."""
    check = "--check" in sys.argv[1:]
    stale = []
    for page in pages(Path.cwd()):
        before = page.read_text()
        after = updated(before)
        if after != before:
            stale.append(str(page.relative_to(Path.cwd())))
            if not check:
                page.write_text(after)
    if stale and check:
        sys.stderr.write(f"not up to date: {', '.join(stale)}: run `make docs`\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

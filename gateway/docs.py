"""What a machine knows, written into the docs: `python -m stargate.gateway.docs [--check]`.

A page holds prose around two marks, `<!-- generated: NAME -->` and `<!-- end -->`; what stands between them is
replaced. With `--check` nothing is written, and a page that is not up to date is an error.
"""

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from typer.testing import CliRunner

from stargate.dashboards.alerts.rules import alerts as every_alert
from stargate.dashboards.alerts.thresholds import Thresholds
from stargate.errors import StargateError
from stargate.gateway.cli.app import app
from stargate.gateway.local.bedrock import faults
from stargate.gateway.models import MODELS, Profile
from stargate.gateway.routes import ADMIN_FAMILIES, ROUTES
from stargate.gateway.timeouts import Ladder

PAGES: Final = ("README.md", "docs")
BLOCK: Final = re.compile(r"(<!-- generated: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(str(cell) for cell in line)} |\n" for line in lines)


def routes() -> str:
    """Every route that is public, or can be opened."""
    rows = [
        (
            " ".join(sorted(route.methods)),
            f"`{route.path}`",
            route.audience.value if route.opening is None else f"opened by `{route.opening.value}`",
            route.why,
        )
        for route in ROUTES
    ]
    return table(("methods", "path", "for", "why"), rows)


def families() -> str:
    """The administrative families that stand as visible refusals."""
    return table(("prefix", "why"), [(f"`{family.prefix}`", family.why) for family in ADMIN_FAMILIES])


def models() -> str:
    """Every model that can be offered, with its prices through the US profile where it has one."""
    rows = []
    for model in MODELS:
        profile = Profile.US if Profile.US in model.profiles else Profile.GLOBAL
        price = model.price_through(profile)
        dollars = (price.input, price.output, price.cache_read, price.cache_write_5m, price.cache_write_1h)
        rows.append(
            (
                f"`{model.name}`",
                f"`{model.profile_id(profile)}`",
                *(f"{value.normalize():f}" for value in dollars),
                "yes" if model.offered else "",
            )
        )
    head = ("model", "profile", "input", "output", "cache read", "write 5 min", "write 1 h", "offered by default")
    return table(head, rows)


def timeouts() -> str:
    """The ladder of timeouts."""
    ladder = Ladder()
    return table(("step", "seconds"), [(f"`{name}`", getattr(ladder, name)) for name in ladder.__dataclass_fields__])


def directives() -> str:
    """What a message can ask the emulator to do wrong."""
    doc = faults.__doc__ or ""
    return "".join(f"{line}\n" for line in doc.splitlines() if line.startswith("|"))


def command() -> str:
    """The help of the command and of each of its parts."""
    shown = []
    for words in (
        (),
        ("local",),
        *(("local", name) for name in ("up", "down", "status", "logs", "env", "traces")),
        ("routes",),
        ("models",),
    ):
        runner = CliRunner(env={"COLUMNS": "100", "TERMINAL_WIDTH": "100"})
        text = runner.invoke(app, [*words, "--help"], prog_name="stargate").output
        lines = "\n".join(line.rstrip() for line in text.strip().splitlines())
        shown.append(f"### {' '.join(('stargate', *words))}\n\n```\n{lines}\n```\n")
    return "\n".join(shown)


def alerts() -> str:
    """Every alert, with its runbook."""
    return table(
        ("alert", "reaches", "holds for", "meaning"),
        (
            (
                f"[{alert.name}](runbooks/{group}.md#{alert.name.lower()})",
                alert.severity.value,
                f"{alert.hold_seconds // 60} min" if alert.hold_seconds else "",
                alert.description,
            )
            for group, found in every_alert().items()
            for alert in found
        ),
    )


def thresholds() -> str:
    """Every figure that a stack may set, from the docstrings under the fields."""
    source = inspect.getsource(Thresholds)
    meanings = re.findall(r'^    (\w+): \w+ = (\S+)\n    """(.*?)"""', source, re.MULTILINE | re.DOTALL)
    return table(("figure", "default", "meaning"), ((f"`{name}`", value, why) for name, value, why in meanings))


GENERATED: Final[dict[str, Callable[[], str]]] = {
    "alerts": alerts,
    "command": command,
    "directives": directives,
    "families": families,
    "models": models,
    "routes": routes,
    "thresholds": thresholds,
    "timeouts": timeouts,
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

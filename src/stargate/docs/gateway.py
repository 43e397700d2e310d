"""The generated blocks about the gateway: its routes, models, timeouts, command and dashboards."""

import re
from typing import Final

from typer.testing import CliRunner

from stargate.dashboards.__main__ import DASHBOARDS
from stargate.dashboards.alerts.rules import alerts as every_alert
from stargate.docs.markdown import table
from stargate.gateway import spend_reader
from stargate.gateway.cli.app import app
from stargate.gateway.local.bedrock import faults
from stargate.gateway.models import MODELS, Profile
from stargate.gateway.routes import ADMIN_FAMILIES, ROUTES
from stargate.gateway.timeouts import Ladder


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
        ("preview",),
        ("tunnel",),
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
                # The figure is known when the alert fires.
                re.sub(r"\{\{.*?\}\}", "…", alert.description),
            )
            for group, found in every_alert().items()
            for alert in found
        ),
    )


def dashboards() -> str:
    """Every panel of every dashboard, and what it is there for."""
    shown = []
    for build in DASHBOARDS:
        made = build()
        rows = [(panel["title"], panel["description"]) for panel in made["panels"] if panel["type"] != "row"]
        picture = f"![{made['title']}](pictures/{made['uid']}.png)"
        shown.append(
            f"### {made['title']} (`{made['uid']}`)\n\n{made['description']}\n\n{picture}\n\n"
            f"{table(('panel', 'what it answers, and what to do'), rows)}"
        )
    return "\n".join(shown)


def readable() -> str:
    """What the role that dashboards read with may read."""
    return table(
        ("table", "columns"),
        [
            (f"`{name}`", ", ".join(f"`{column}`" for column in columns))
            for name, columns in spend_reader.READABLE.items()
        ],
    )


BLOCKS: Final = {
    "alerts": alerts,
    "command": command,
    "dashboards": dashboards,
    "directives": directives,
    "families": families,
    "models": models,
    "readable": readable,
    "routes": routes,
    "timeouts": timeouts,
}

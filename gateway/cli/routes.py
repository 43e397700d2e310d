"""`stargate routes`: what the public may call, and what is refused."""

import json
from typing import Annotated

import typer

from stargate.gateway.routes import ADMIN_FAMILIES, Opening, policy

Opened = Annotated[
    list[Opening] | None, typer.Option("--open", help="Show the routes as a stack that opens this has them.")
]


def show(open_: Opened = None, as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False) -> None:
    """List every public route, its methods and why it is public; all else is refused with 403."""
    rules = policy(open_ or ())
    if as_json:
        public = [
            {"path": r.path, "methods": sorted(r.methods), "audience": r.audience.value, "why": r.why}
            for r in rules.routes
        ]
        refused = [{"prefix": family.prefix, "why": family.why} for family in rules.families]
        print(json.dumps({"public": public, "refused": refused}, indent=2))
        return
    from stargate.gateway.cli.tables import table

    table(
        ("methods", "path", "for", "why"),
        [(" ".join(sorted(r.methods)), r.path, r.audience.value, r.why) for r in rules.routes],
        title="public",
    )
    table(
        ("prefix", "why"),
        [(family.prefix, family.why) for family in ADMIN_FAMILIES],
        title="refused with 403 and shown as such; so is everything that is not listed",
    )

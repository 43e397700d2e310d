"""`stargate models`: the models that a gateway can offer, and what they cost."""

import json
from decimal import Decimal
from typing import Annotated

import typer

from stargate.gateway.models import MODELS, Model, Profile


def show(
    profile: Annotated[Profile, typer.Option(help="Whose prices: `us` stays in the United States.")] = Profile.US,
    every: Annotated[bool, typer.Option("--all", help="Also those that a stack must ask for.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """List the models with their Bedrock ids and prices in dollars per million tokens."""
    models = [m for m in MODELS if (every or m.offered) and profile in m.profiles]
    if as_json:
        print(json.dumps([_plain(model, profile) for model in models], indent=2))
        return
    from stargate.gateway.cli.tables import table

    table(
        ("model", "input", "output", "cache read", "write 5 min", "write 1 h", "by default", "inference profile"),
        [_row(model, profile) for model in models],
        title=f"dollars per million tokens through the {profile.value} profile",
    )


def _plain(model: Model, profile: Profile) -> dict[str, object]:
    price = model.price_through(profile)
    return {
        "name": model.name,
        "profile_id": model.profile_id(profile),
        "aliases": list(model.aliases),
        "offered": model.offered,
        "context_tokens": model.context_tokens,
        "output_tokens": model.output_tokens,
        "usd_per_million_tokens": {
            "input": float(price.input),
            "output": float(price.output),
            "cache_read": float(price.cache_read),
            "cache_write_5m": float(price.cache_write_5m),
            "cache_write_1h": float(price.cache_write_1h),
        },
    }


def _row(model: Model, profile: Profile) -> tuple[str, ...]:
    price = model.price_through(profile)
    dollars = (price.input, price.output, price.cache_read, price.cache_write_5m, price.cache_write_1h)
    return (model.name, *map(_dollars, dollars), "yes" if model.offered else "", model.profile_id(profile))


def _dollars(value: Decimal) -> str:
    return f"{value.normalize():f}"

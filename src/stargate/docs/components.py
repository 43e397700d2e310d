"""The generated block about the components: what there is, what each takes and what it offers."""

from typing import Final

import pulumi

from stargate import components as on_aws
from stargate.docs.arguments import argument_table
from stargate.docs.markdown import table


def components() -> str:
    """Every public component: what it is and what it offers; then the arguments of each."""
    rows, parts = [], []
    for name in sorted(on_aws.__all__):
        made = getattr(on_aws, name)
        if not (isinstance(made, type) and issubclass(made, pulumi.ComponentResource)):
            continue
        first = (made.__doc__ or "").split("\n", maxsplit=1)[0]
        offers = ", ".join(f"`{offered}`" for offered in made.__annotations__ if not offered.startswith("_"))
        args = getattr(on_aws, f"{name}Args", None)
        rows.append((f"[{name}](#{name.lower()})" if args else f"`{name}`", first, offers))
        if args:
            parts.append(f"\n### {name}\n\n{argument_table(args)}")
    return table(("component", "is", "offers"), rows) + "".join(parts)


BLOCKS: Final = {"components": components}

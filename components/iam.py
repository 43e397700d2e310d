"""IAM documents: exact actions on exact resources; whatever is wider says why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi

from stargate.errors import StargateError

VERSION: Final = "2012-10-17"


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One permission. `"*"` among the resources, or in an action, is refused without a `reason`."""

    actions: Sequence[str]
    resources: Sequence[pulumi.Input[str]]
    conditions: Mapping[str, Mapping[str, pulumi.Input[str] | Sequence[pulumi.Input[str]]]] | None = None
    reason: str | None = None
    """Why nothing narrower will do, such as an action that AWS authorises on no resource."""

    def __post_init__(self) -> None:
        """Refuse an empty permission, and a wide one without a reason."""
        if not self.actions or not self.resources:
            raise StargateError("an IAM statement needs at least one action and one resource")
        wide = [str(item) for item in (*self.actions, *self.resources) if isinstance(item, str) and _is_wide(item)]
        if wide and not self.reason:
            raise StargateError(f"an IAM statement names {wide[0]}: name what is needed, or give the reason")

    def plain(self) -> dict[str, Any]:
        """The statement as IAM spells it; outputs stay outputs."""
        made: dict[str, Any] = {
            "Effect": "Allow",
            "Action": list(self.actions),
            "Resource": list(self.resources),
        }
        if self.reason:
            # IAM keeps a statement's name; it takes letters and digits alone.
            made["Sid"] = "".join(word.capitalize() for word in self.reason.split() if word.isalnum())
        if self.conditions:
            made["Condition"] = {test: dict(values) for test, values in self.conditions.items()}
        return made


def _is_wide(item: str) -> bool:
    return item == "*" or (item.endswith(":*") and item.count(":") == 1)


def document(*statements: Statement) -> pulumi.Output[str]:
    """A policy of these statements, as JSON."""
    return pulumi.Output.json_dumps({"Version": VERSION, "Statement": [s.plain() for s in statements]})


def trust(*services: str) -> str:
    """The policy that lets AWS services, such as `ecs-tasks.amazonaws.com`, take a role on."""
    principals = ", ".join(f'"{service}"' for service in services)
    return (
        f'{{"Version": "{VERSION}", "Statement": [{{"Effect": "Allow", '
        f'"Principal": {{"Service": [{principals}]}}, "Action": "sts:AssumeRole"}}]}}'
    )

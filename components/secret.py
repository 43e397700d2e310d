"""A secret of the stack: made up once, kept in Secrets Manager, handed to tasks by reference."""

from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from stargate.components.waiting import after

# 256 bits of letters and digits.
LENGTH: Final = 43
# arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME; behind it ECS takes `:JSON-KEY:STAGE:VERSION`.
ARN_PARTS: Final = 7


@dataclass(frozen=True, kw_only=True)
class SecretArgs:
    """What the secret is for, and its value if it is not to be made up."""

    description: str
    """What it opens, for whoever finds it in the account."""
    value: pulumi.Input[str] | None = None
    """Made up when absent: letters and digits, so that it needs no quoting in an address or a header."""
    prefix: str = ""
    """Stands before a value that is made up, such as `sk-`."""
    length: int = LENGTH
    """Characters of a value that is made up, `prefix` aside."""
    recovery_days: int = 7
    """How long a deleted secret can be brought back; 0 deletes at once, which frees its name."""


def secret_arn(reference: str) -> str:
    """The secret that ECS's reference names: what IAM knows, without the key, the stage or the version behind it."""
    return ":".join(reference.split(":")[:ARN_PARTS])


class Secret(pulumi.ComponentResource):
    """One value in Secrets Manager."""

    arn: pulumi.Output[str]
    """What an administrator asks for."""
    reference: pulumi.Output[str]
    """What a container reads: the ARN with this value's version, so that a new value makes new tasks."""
    value: pulumi.Output[str]
    """Always secret."""

    def __init__(self, name: str, args: SecretArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build it."""
        super().__init__("stargate:index:Secret", name, None, opts)
        below = pulumi.ResourceOptions(parent=self)
        if args.value is None:
            password = random.RandomPassword(f"{name}-value", length=args.length, special=False, opts=below)
            value: pulumi.Input[str] = pulumi.Output.concat(args.prefix, password.result)
        else:
            value = args.value
        secret = aws.secretsmanager.Secret(
            f"{name}-secret",
            name_prefix=f"{name}-",
            description=args.description,
            recovery_window_in_days=args.recovery_days,
            opts=below,
        )
        self.value = pulumi.Output.secret(value)
        version = aws.secretsmanager.SecretVersion(
            f"{name}-version", secret_id=secret.id, secret_string=self.value, opts=below
        )
        # A task that names the secret must find a value in it.
        self.arn = after(secret.arn, version.version_id)
        self.reference = pulumi.Output.concat(secret.arn, ":::", version.version_id)
        self.register_outputs({"arn": self.arn})

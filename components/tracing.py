"""Where the gateway writes its traces: a Langfuse of our own, one elsewhere, or none."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

import pulumi

from stargate.components.naming import component_name
from stargate.components.secret import Secret, SecretArgs
from stargate.errors import StargateError


class TracingBackend(StrEnum):
    """Who keeps the traces."""

    NONE = "none"
    LANGFUSE = "langfuse"
    """Langfuse in this stack: see `components.langfuse`."""
    EXTERNAL = "external"
    """Langfuse elsewhere, such as Langfuse Cloud: see `external`."""


@dataclass(frozen=True, kw_only=True)
class TraceStore:
    """What LiteLLM's `langfuse_otel` callback needs to know of a Langfuse."""

    host: str
    """`LANGFUSE_OTEL_HOST`: the address without a path."""
    public_key_secret: pulumi.Input[str]
    """`LANGFUSE_PUBLIC_KEY`"""
    secret_key_secret: pulumi.Input[str]
    """`LANGFUSE_SECRET_KEY`"""


@dataclass(frozen=True, kw_only=True)
class ExternalLangfuse:
    """A Langfuse that somebody else runs, at version 3.63 or later."""

    host: str
    """Such as `https://us.cloud.langfuse.com`."""
    public_key: pulumi.Input[str] | None
    """Of the project; None stands for a setting that is missing, and is refused."""
    secret_key: pulumi.Input[str] | None

    def __post_init__(self) -> None:
        """Refuse an address that would show prompts on the way, and a missing key."""
        parts = urlsplit(self.host)
        name = parts.hostname or ""
        inside = parts.scheme == "http" and name.endswith(".internal")
        if not name or not (parts.scheme == "https" or inside):
            raise StargateError(
                f"tracing.host is {self.host}: choose an https:// address, or http:// within .internal alone"
            )
        if parts.path.strip("/") or parts.query or parts.username:
            raise StargateError(f"tracing.host is {self.host}: choose the address alone, such as https://{name}")
        for key, value in {"tracingPublicKey": self.public_key, "tracingSecretKey": self.secret_key}.items():
            if value is None or value == "":
                raise StargateError(
                    f"tracing.host is {self.host} and {key} is not set: run `pulumi config set --secret {key}`"
                )


def external(name: str, langfuse: ExternalLangfuse, opts: pulumi.ResourceOptions | None = None) -> TraceStore:
    """A store elsewhere: its two keys in Secrets Manager, below the parent in `opts`."""
    secrets = {
        role: Secret(
            f"{component_name(name)}-{role}", SecretArgs(description=f"Langfuse {role} key", value=value), opts
        ).reference
        for role, value in {"public": langfuse.public_key, "secret": langfuse.secret_key}.items()
    }
    return TraceStore(
        host=langfuse.host.rstrip("/"), public_key_secret=secrets["public"], secret_key_secret=secrets["secret"]
    )

"""LiteLLM of the local gateway: the deployed gateway's configuration, with local addresses."""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from stargate.gateway.litellm_config import TRACING_FILE, LiteLLMSettings, Tracing, environment, render
from stargate.gateway.local import postgres
from stargate.gateway.local.prisma import Client
from stargate.gateway.local.state import LOOPBACK, Bedrock, Folder, State, address
from stargate.gateway.models import HOME_REGION, Model

# The emulator asks for a signature, as Bedrock does, and knows no keys.
EMULATOR_CREDENTIALS: Final = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
DATABASE_POOL: Final = 10
# The environment that traces carry; Langfuse filters by it.
ENVIRONMENT: Final = "local"


def settings(state: State, models: tuple[Model, ...]) -> LiteLLMSettings:
    """What the local gateway decides about its LiteLLM; everything else is as deployed."""
    emulated = state.bedrock is Bedrock.EMULATOR
    return LiteLLMSettings(
        models=models,
        region=HOME_REGION,
        database_pool=DATABASE_POOL,
        bedrock_endpoint=address(state.ports.inner["bedrock"]) if emulated else None,
        tracing=Tracing(
            host=address(state.ports.inner["traces"]), environment=ENVIRONMENT, capture_content=state.capture_content
        ),
    )


def command(place: Folder, state: State, models: tuple[Model, ...]) -> tuple[str, ...]:
    """Its command line; its configuration is written first."""
    path = place.run / "litellm.yaml"
    path.write_text(render(settings(state, models)))
    shutil.copy(TRACING_FILE, place.run)
    return (
        *(str(Path(sys.executable).with_name("litellm")), "--config", str(path)),
        *("--host", LOOPBACK, "--port", str(state.ports.admin), "--num_workers", "1"),
    )


def variables(state: State, models: tuple[Model, ...], client: Client, caller: Mapping[str, str]) -> dict[str, str]:
    """Its environment, secrets and the way to its database included; with the caller's credentials for Bedrock."""
    aws = {name: value for name, value in caller.items() if name.startswith("AWS_")}
    return {
        **(EMULATOR_CREDENTIALS if state.bedrock is Bedrock.EMULATOR else aws),
        **environment(settings(state, models)),
        **client.environment,
        # LiteLLM would compare the schema with Prisma's own tools, installed for it, for eight seconds and for a line
        # in the log; the migrations were applied just before.
        "LITELLM_PRISMA_COMMAND_TIMEOUT": "0.01",
        "DATABASE_URL": postgres.url(state.ports.inner["postgres"], state.secrets.database_password),
        "LITELLM_MASTER_KEY": state.secrets.master_key,
        "LITELLM_SALT_KEY": state.secrets.salt_key,
        **trace_keys(state),
        # Traces are sent every second, not every five: somebody is looking.
        "OTEL_BSP_SCHEDULE_DELAY": "1000",
    }


def trace_keys(state: State) -> dict[str, str]:
    """The two keys of the trace store: LiteLLM sends with them, and the store asks for them."""
    return {
        "LANGFUSE_PUBLIC_KEY": state.secrets.traces_public_key,
        "LANGFUSE_SECRET_KEY": state.secrets.traces_secret_key,
    }


def base_environment() -> dict[str, str]:
    """What every part gets from the caller's shell, and no more: a stray variable would make another gateway."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER", "XDG_CACHE_HOME", "SSL_CERT_FILE")
    return {name: os.environ[name] for name in kept if name in os.environ}

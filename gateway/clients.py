"""The lines that a developer needs to point a client at a gateway: Claude Code, the OpenAI and the Anthropic SDK."""

from collections.abc import Sequence
from typing import Final

from stargate.gateway.models import Model

# The word in a model's name -> the variable by which Claude Code chooses its model of that size.
CLAUDE_CODE_SIZES: Final = {
    "haiku": "ANTHROPIC_DEFAULT_HAIKU_MODEL",
    "sonnet": "ANTHROPIC_DEFAULT_SONNET_MODEL",
    "opus": "ANTHROPIC_DEFAULT_OPUS_MODEL",
}


def claude_code(url: str, key: str, models: Sequence[Model]) -> dict[str, str]:
    """The environment of Claude Code: the gateway, the key, and of each size the newest model that is offered."""
    sizes = {
        variable: model.name for model in models for size, variable in CLAUDE_CODE_SIZES.items() if size in model.name
    }
    default = sizes.get(CLAUDE_CODE_SIZES["sonnet"]) or models[-1].name
    return {
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_AUTH_TOKEN": key,
        "ANTHROPIC_MODEL": default,
        **sizes,
        # Updates, telemetry and error reports go past the gateway.
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    }


def openai(url: str, key: str) -> dict[str, str]:
    """The environment of the OpenAI SDK."""
    return {"OPENAI_BASE_URL": f"{url}/v1", "OPENAI_API_KEY": key}


def anthropic(url: str, key: str) -> dict[str, str]:
    """The environment of the Anthropic SDK."""
    return {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": key}

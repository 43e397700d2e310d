"""The virtual key that the metrics store reads LiteLLM's metrics with: it opens one path and no model."""

from typing import Any, Final

from stargate.gateway.routes import METRICS

ALIAS: Final = "metrics-reader"


def settings() -> dict[str, Any]:
    """The key as LiteLLM's own fields, without its value."""
    return {
        "key_alias": ALIAS,
        "models": ["no-default-models"],
        "allowed_routes": [METRICS.path.rstrip("/"), METRICS.path],
    }

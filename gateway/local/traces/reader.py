"""Asking the trace store of a running gateway."""

from typing import Any

import httpx

from stargate.errors import StargateError
from stargate.gateway.local.state import State, address
from stargate.gateway.local.traces.server import SPANS_PATH, TRACES_PATH


def last(state: State, count: int, *, attributes: bool = False) -> list[dict[str, Any]]:
    """The last traces, newest last, as `Trace` has them; with every attribute if asked for.

    Raises `StargateError` if no trace store answers.
    """
    url = address(state.ports.inner.get("traces", 0)) + (SPANS_PATH if attributes else TRACES_PATH)
    try:
        answer = httpx.get(url, auth=(state.secrets.traces_public_key, state.secrets.traces_secret_key), timeout=10)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise StargateError("no trace store answers: start the gateway with `stargate local up`") from error
    found: list[dict[str, Any]] = answer.json()
    return found[-count:] if count else []

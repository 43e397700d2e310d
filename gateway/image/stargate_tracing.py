"""LiteLLM's `langfuse_otel`, with the gateway alone deciding where traces go and whose they are.

LiteLLM 1.106.2 hands the body of a request that it refuses, even one without a key, to its callbacks as it came: the
`langfuse_host` and the two keys in it open a connection to whatever address they name, `turn_off_message_logging`
puts the prompt into the trace, and headers and metadata choose the user. Here none of them is read. LiteLLM loads
this file, which lies beside its configuration, by the name of the instance at its end.
"""

import os
from typing import Any

from litellm.integrations.langfuse.langfuse_otel import LangfuseOtelLogger

# The one switch; gateway/litellm_config.py sets it.
CAPTURE_CONTENT = os.environ.get("STARGATE_CAPTURE_CONTENT") == "true"
REDACTED = "redacted-by-stargate"
UNAUTHENTICATED = "401"
# A key without a user: what the request says instead is not taken for one.
NOBODY = ""
CONTENT = ("messages", "input", "prompt")
# What a trace is about, as its client may name it; all else of a trace's identity comes from the key.
CLIENTS_OWN = frozenset({"session_id", "trace_name"})
TRACE_FIELDS = frozenset(
    {
        *("debug_langfuse", "existing_trace_id", "generation_id", "generation_name", "mask_input", "mask_output"),
        *("parent_observation_id", "session_id", "tags", "trace_id", "trace_metadata", "trace_name", "trace_release"),
        *("trace_user_id", "trace_version", "update_trace_keys", "version"),
    }
)
TRACE_HEADERS = ("langfuse_", "langfuse-", "traceparent", "tracestate")


class OwnTraces(LangfuseOtelLogger):  # type: ignore[misc]  # LiteLLM carries no types
    """Sends to the gateway's own trace store, whatever a request says."""

    def construct_dynamic_otel_config(self, standard_callback_dynamic_params: Any) -> None:
        """No request has a trace store of its own."""

    def construct_dynamic_otel_headers(self, standard_callback_dynamic_params: Any) -> None:
        """No request has keys of its own: the environment's are used."""

    def log_failure_event(self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any) -> None:
        """Nothing: what the gateway itself refuses is told twice, and `async_log_failure_event` has it too."""

    def _handle_success(self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any) -> None:
        super()._handle_success(cleaned(kwargs), response_obj, start_time, end_time)

    def _handle_failure(self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any) -> None:
        # Who was refused at the door is nobody to trace, and anybody could fill the store.
        if _error_code(kwargs) != UNAUTHENTICATED:
            super()._handle_failure(cleaned(kwargs), response_obj, start_time, end_time)


def cleaned(kwargs: dict[str, Any]) -> dict[str, Any]:
    """A request as a trace may show it: without a client's destinations, identities and, unless wanted, words."""
    params = dict(kwargs.get("litellm_params") or {})
    slots = {slot: params[slot] for slot in ("metadata", "litellm_metadata") if isinstance(params.get(slot), dict)}
    user = next(filter(None, (slot.get("user_api_key_user_id") for slot in slots.values())), NOBODY)
    params |= {slot: _attributed(metadata, user) for slot, metadata in slots.items()}
    request = params.get("proxy_server_request")
    if isinstance(request, dict) and isinstance(request.get("headers"), dict):
        params["proxy_server_request"] = {**request, "headers": _without_trace_headers(request["headers"])}
    kept = {**kwargs, "litellm_params": params, "standard_callback_dynamic_params": {}}
    if not CAPTURE_CONTENT:
        kept |= {name: _redacted(kept[name]) for name in CONTENT if kept.get(name)}
    return kept


def _error_code(kwargs: dict[str, Any]) -> str:
    logged = kwargs.get("standard_logging_object") or {}
    return str((logged.get("error_information") or {}).get("error_code"))


def _attributed(metadata: dict[str, Any], user: str) -> dict[str, Any]:
    """Metadata with the user of the key for the trace's user."""
    kept = {name: value for name, value in metadata.items() if name not in TRACE_FIELDS - CLIENTS_OWN}
    kept["trace_user_id"] = user
    if isinstance(kept.get("headers"), dict):
        kept["headers"] = _without_trace_headers(kept["headers"])
    return kept


def _without_trace_headers(headers: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in headers.items() if not name.lower().startswith(TRACE_HEADERS)}


def _redacted(said: Any) -> Any:
    return [{"role": "user", "content": REDACTED}] if isinstance(said, list) else REDACTED


langfuse = OwnTraces(callback_name="langfuse_otel")

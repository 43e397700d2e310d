"""One span as LiteLLM fills it for Langfuse, read into a trace: who asked which model, and at what cost."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from stargate.gateway.models import MODELS

NANOSECONDS: Final = 1_000_000_000
NAMES: Final = {model.profile_id(profile): model.name for model in MODELS for profile in model.profiles}


@dataclass(frozen=True, kw_only=True)
class Trace:
    """One request to a model."""

    trace_id: str
    at: float
    """When it began, in seconds since 1970."""
    seconds: float
    """How long it took, the whole answer included."""
    environment: str
    user: str | None
    key: str | None
    """The key's alias."""
    team: str | None
    model: str
    input_tokens: int
    output_tokens: int
    cost_usd: float
    error: str | None
    """LiteLLM's name of what went wrong; None for a request that was answered."""
    attributes: Mapping[str, Any]
    """Everything that was sent."""


def traces(batch: ExportTraceServiceRequest) -> Iterator[Trace]:
    """Every request of a batch."""
    for resource in batch.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield _trace(span)


def _trace(span: Span) -> Trace:
    attributes = _values(span.attributes)
    metadata = _metadata(attributes.get("metadata"))
    model = str(attributes.get("llm.model_name", ""))
    return Trace(
        trace_id=span.trace_id.hex(),
        at=span.start_time_unix_nano / NANOSECONDS,
        seconds=(span.end_time_unix_nano - span.start_time_unix_nano) / NANOSECONDS,
        environment=str(attributes.get("langfuse.environment", "")),
        user=attributes.get("user.id"),
        key=attributes.get("litellm.key_alias") or metadata.get("user_api_key_alias"),
        team=metadata.get("user_api_key_team_alias"),
        model=NAMES.get(model, model),
        input_tokens=int(attributes.get("llm.token_count.prompt", 0)),
        output_tokens=int(attributes.get("llm.token_count.completion", 0)),
        cost_usd=float(attributes.get("llm.cost.total", 0)),
        error=attributes.get("error.type"),
        attributes=attributes,
    )


def _metadata(text: object) -> Mapping[str, Any]:
    try:
        found = json.loads(text) if isinstance(text, str) else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _values(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(item) for item in value.array_value.values]
    if kind == "kvlist_value":
        return _values(value.kvlist_value.values)
    if kind == "bytes_value":
        return value.bytes_value.hex()
    return getattr(value, kind) if kind else None

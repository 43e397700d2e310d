"""One span as LiteLLM fills it for Langfuse, read into a trace."""

from dataclasses import dataclass
from typing import Any
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True, kw_only=True)
class Trace:
    trace_id: str
    name: str
    attributes: dict


def traces(batch):
    out = []
    for r in batch.resource_spans:
        for sc in r.scope_spans:
            for sp in sc.spans:
                out.append(
                    Trace(
                        trace_id=sp.trace_id.hex(),
                        name=sp.name,
                        attributes={a.key: str(a.value) for a in sp.attributes}
                        | {f"resource.{a.key}": str(a.value) for a in r.resource.attributes},
                    )
                )
    return out

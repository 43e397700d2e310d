"""The trace store's HTTP server: the path, the keys and the encodings of Langfuse's own door."""

import gzip
import hmac
from collections import deque
from dataclasses import asdict
from typing import Final

from aiohttp import BasicAuth, web
from aiohttp.typedefs import Handler
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # it carries no types
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from stargate.gateway.local.traces.span import Trace, traces

# Where LiteLLM's `langfuse_otel` sends to.
INGESTION_PATH: Final = "/api/public/otel/v1/traces"
# Langfuse has no such paths: the last traces, and their spans with every attribute, for tests to look into.
TRACES_PATH: Final = "/-/traces"
SPANS_PATH: Final = "/-/spans"
KEPT: Final = 1000
# A batch of 512 spans with long prompts in them.
LARGEST_BODY: Final = 64 * 1024 * 1024
PROTOBUF: Final = "application/x-protobuf"


class TraceStore:
    """The last traces, newest last; older ones are forgotten."""

    def __init__(self, public_key: str, secret_key: str) -> None:
        """Take and show traces to who has these two keys, as Langfuse does."""
        self._credentials = BasicAuth(public_key, secret_key).encode()
        self._kept: deque[Trace] = deque(maxlen=KEPT)

    def app(self) -> web.Application:
        """The server."""
        app = web.Application(client_max_size=LARGEST_BODY, middlewares=[self._authenticate])
        app.add_routes(
            [
                web.post(INGESTION_PATH, self._ingest),
                web.get(TRACES_PATH, self._traces),
                web.get(SPANS_PATH, self._spans),
            ]
        )
        return app

    @web.middleware
    async def _authenticate(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), self._credentials.encode()):
            raise web.HTTPUnauthorized(text="the trace store knows its two keys alone")
        response: web.StreamResponse = await handler(request)
        return response

    async def _ingest(self, request: web.Request) -> web.Response:
        body = await request.read()
        if request.headers.get("Content-Encoding") == "gzip" and body[:2] == b"\x1f\x8b":
            body = gzip.decompress(body)
        try:
            self._kept.extend(traces(ExportTraceServiceRequest.FromString(body)))
        except DecodeError as error:
            raise web.HTTPBadRequest(text="this is no batch of traces") from error
        return web.Response(body=ExportTraceServiceResponse().SerializeToString(), content_type=PROTOBUF)

    async def _traces(self, _: web.Request) -> web.Response:
        return web.json_response([_shown(trace) for trace in self._kept])

    async def _spans(self, _: web.Request) -> web.Response:
        return web.json_response([asdict(trace) for trace in self._kept])


def _shown(trace: Trace) -> dict[str, object]:
    return {name: value for name, value in asdict(trace).items() if name != "attributes"}

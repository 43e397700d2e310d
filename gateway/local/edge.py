"""CloudFront on loopback: the very guard and the very behaviours before the gateway, and CloudFront's manners.

It sends the path on as it came, streams both ways without holding anything back, gives up on an origin that is silent
for longer than the read timeout, and leaves the origin at once when the client leaves.
"""

import argparse
import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
import quickjs
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from stargate.gateway.behaviours import behaviours, match
from stargate.gateway.guard import render
from stargate.gateway.routes import Opening, Policy, policy
from stargate.gateway.timeouts import Ladder

# RFC 9110 section 7.6.1, and what CloudFront takes away before the origin: each hop has its own.
HOP_BY_HOP: Final = frozenset(
    {
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer"),
        *("transfer-encoding", "upgrade", "expect", "host"),
    }
)
VIA: Final = "1.1 stargate-edge"
# CloudFront answers 494 to longer header lines than these 32 KB; the parser's own default is 8 KB.
LARGEST_HEADER: Final = 32_768
CONNECT_SECONDS: Final = 10.0
MANY_CONNECTIONS: Final = 1000


class Guard:
    """The CloudFront Function, run by a JavaScript engine on every request."""

    def __init__(self, code: str) -> None:
        """Compile it once. Raises `quickjs.JSException` if it is no JavaScript."""
        self._engine = quickjs.Context()
        self._engine.eval(
            f"'use strict';\n{code}\nfunction decide(text) {{ return JSON.stringify(handler(JSON.parse(text))); }}"
        )
        self._decide = self._engine.get("decide")

    def refusal(self, request: web.Request, path: str) -> dict[str, Any] | None:
        """The response that the function makes by itself, or None if it lets the request pass."""
        made: dict[str, Any] = json.loads(self._decide(json.dumps(event(request, path))))
        return made if "statusCode" in made else None


def event(request: web.Request, path: str) -> dict[str, Any]:
    """What CloudFront gives a function on a viewer's request (runtime 2.0); repeated headers are joined."""
    headers: dict[str, Any] = {}
    for name, value in request.headers.items():
        known = headers.setdefault(name.lower(), {"value": value})
        if known["value"] is not value:
            known["value"] = f"{known['value']}, {value}"
    return {
        "version": "1.0",
        "context": {"eventType": "viewer-request"},
        "viewer": {"ip": request.remote or ""},
        "request": {
            "method": request.method,
            "uri": path,
            "querystring": {name: {"value": value} for name, value in request.query.items()},
            "headers": headers,
            "cookies": {},
        },
    }


@dataclass(kw_only=True)
class Edge:
    """The edge before one origin; `read_seconds` is CloudFront's read timeout."""

    origin: str
    rules: Policy = field(default_factory=policy)
    read_seconds: float = Ladder().edge_read_seconds
    guard_code: str | None = None
    """The function's code, if not the policy's own."""

    def __post_init__(self) -> None:
        """Compile the guard and order the behaviours."""
        self._guard = Guard(self.guard_code or render(self.rules))
        self._behaviours = behaviours(self.rules)
        self._session: aiohttp.ClientSession | None = None

    def app(self) -> web.Application:
        """The server."""
        app = web.Application(
            client_max_size=0,
            handler_args={
                "max_line_size": LARGEST_HEADER,
                "max_field_size": LARGEST_HEADER,
                "auto_decompress": False,
            },
        )
        app.router.add_route("*", "/{path:.*}", self._handle)
        app.cleanup_ctx.append(self._connections)
        return app

    async def _connections(self, _app: web.Application) -> AsyncIterator[None]:
        connector = aiohttp.TCPConnector(limit=MANY_CONNECTIONS)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=False) as session:
            self._session = session
            yield

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        target = request.raw_path
        path = target.partition("?")[0]
        refusal = self._guard.refusal(request, path)
        if refusal is not None:
            return _made(refusal)
        chosen = match(self._behaviours, path)
        if chosen.refused or request.method not in chosen.methods:
            return _error(403, "The distribution is not configured to allow this request.")
        return await self._forward(request, target)

    async def _forward(self, request: web.Request, target: str) -> web.StreamResponse:
        assert self._session is not None  # noqa: S101 - made before the first request
        body = request.content if request.body_exists else None
        try:
            # The silence of the origin counts from the end of the upload, as with CloudFront.
            async with asyncio.timeout(None) as patience:
                upload = _upload(body, patience, self.read_seconds) if body is not None else None
                if upload is None:
                    patience.reschedule(_from_now(self.read_seconds))
                origin = await self._session.request(
                    request.method,
                    URL(self.origin + target, encoded=True),
                    headers=_forwarded(request),
                    data=upload,
                    allow_redirects=False,
                    skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
                )
        except TimeoutError:
            return _error(504, "The origin did not answer in time.")
        except aiohttp.ClientConnectorError:
            return _error(502, "The origin takes no connection.")
        except aiohttp.ClientError:
            return _error(502, "The origin closed the connection without an answer.")
        async with origin:
            return await self._relay(request, origin)

    async def _relay(self, request: web.Request, origin: aiohttp.ClientResponse) -> web.StreamResponse:
        response = web.StreamResponse(status=origin.status, reason=origin.reason, headers=_kept(origin.headers.items()))
        response.headers.add("Via", VIA)
        if "Content-Length" not in response.headers and request.version >= (1, 1) and origin.status not in {204, 304}:
            response.enable_chunked_encoding()
        try:
            await response.prepare(request)
            while True:
                async with asyncio.timeout(self.read_seconds):
                    piece = await origin.content.readany()
                if not piece:
                    break
                await response.write(piece)
        except (TimeoutError, aiohttp.ClientError):
            # Half an answer must not look whole: the connection is cut.
            if request.transport is not None:
                request.transport.abort()
            return response
        await response.write_eof()
        return response


def _from_now(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds


async def _upload(content: aiohttp.StreamReader, patience: asyncio.Timeout, seconds: float) -> AsyncIterator[bytes]:
    async for piece in content.iter_any():
        yield piece
    patience.reschedule(_from_now(seconds))


def _forwarded(request: web.Request) -> CIMultiDict[str]:
    headers = _kept(request.headers.items())
    known = request.headers.get("X-Forwarded-For")
    address = request.remote or ""
    headers["X-Forwarded-For"] = f"{known}, {address}" if known else address
    headers.add("Via", VIA)
    return headers


def _kept(headers: Iterable[tuple[str, str]]) -> CIMultiDict[str]:
    every = list(headers)
    # A message may name more headers that are for one hop alone.
    own = {name.strip().lower() for key, value in every if key.lower() == "connection" for name in value.split(",")}
    return CIMultiDict((name, value) for name, value in every if name.lower() not in HOP_BY_HOP | own)


def _made(refusal: dict[str, Any]) -> web.Response:
    headers = {name: item["value"] for name, item in refusal.get("headers", {}).items()}
    body = refusal.get("body", {}).get("data", "")
    return web.Response(
        status=refusal["statusCode"], reason=refusal.get("statusDescription"), headers=headers, body=body.encode()
    )


def _error(status: int, message: str) -> web.Response:
    """An error of the edge itself; CloudFront's own is a page of HTML."""
    body = {"type": "error", "error": {"type": "api_error", "message": message, "code": str(status)}}
    return web.json_response(body, status=status)


def main() -> None:
    """Listen on loopback until SIGTERM or SIGINT: `python -m stargate.gateway.local.edge --port 8080 --origin URL`."""
    parser = argparse.ArgumentParser(prog="edge", description="CloudFront on loopback.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--origin", required=True)
    parser.add_argument("--open", type=Opening, action="append", default=[])
    parser.add_argument("--read-timeout", type=float, default=float(Ladder().edge_read_seconds))
    options = parser.parse_args()
    edge = Edge(origin=options.origin, rules=policy(options.open), read_seconds=options.read_timeout)
    # A handler is ended with its client, and with it the call to the origin, which stops paying for the answer.
    web.run_app(
        edge.app(),
        host=options.host,
        port=options.port,
        access_log=None,
        print=None,
        handler_cancellation=True,
        shutdown_timeout=5.0,
    )


if __name__ == "__main__":
    main()

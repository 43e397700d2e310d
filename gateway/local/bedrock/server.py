"""The emulator's HTTP server: one address for every operation, as Bedrock's runtime has it."""

import asyncio
import base64
import ipaddress
import itertools
import json
import uuid
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final

from aiohttp import web

from stargate.gateway.local.bedrock import access, converse, eventstream, faults, messages, shape
from stargate.gateway.local.bedrock.answer import Answer, answer
from stargate.gateway.local.bedrock.cache import PromptCache
from stargate.gateway.local.bedrock.errors import BedrockError, invalid
from stargate.gateway.local.bedrock.question import Question
from stargate.gateway.models import Model
from stargate.gateway.token_prices import Usage

# Bedrock takes bodies of up to 25 MB.
LARGEST_BODY: Final = 25 * 1024 * 1024
REMEMBERED: Final = 1000
# Bedrock has no such paths: whether the emulator answers, and what it metered, for tests to compare with the charge.
READY_PATH: Final = "/-/ready"
REQUESTS_PATH: Final = "/-/requests"
INVOKE_STREAM: Final = "invoke-with-response-stream"
# AWS's own suffix of an error's name.
ERROR_NAMESPACE: Final = "http://internal.amazon.com/coral/com.amazon.bedrock/"


class Emulator:
    """What lasts between requests: the prompt cache, the throttled messages, and the last requests' figures."""

    def __init__(self, region: str, cache: PromptCache | None = None) -> None:
        """Answer as this region does."""
        self._region = region
        self._cache = cache or PromptCache()
        self._throttled: dict[str, int] = {}
        self._requests: deque[dict[str, Any]] = deque(maxlen=REMEMBERED)
        self._numbers = itertools.count(1)

    def app(self) -> web.Application:
        """The server."""
        app = web.Application(client_max_size=LARGEST_BODY, middlewares=[_errors])
        app.add_routes(
            [
                web.post("/model/{model}/converse", self._converse),
                web.post("/model/{model}/converse-stream", self._converse_stream),
                web.post("/model/{model}/invoke", self._invoke),
                web.post(f"/model/{{model}}/{INVOKE_STREAM}", self._invoke_stream),
                web.post("/model/{model}/count-tokens", self._count),
                web.get(READY_PATH, self._ready),
                web.get(REQUESTS_PATH, self._figures),
            ]
        )
        return app

    async def _converse(self, request: web.Request) -> web.StreamResponse:
        asked, said, usage = await self._ask(request, converse.question)
        return await self._whole(request, asked, converse.whole(said, usage))

    async def _converse_stream(self, request: web.Request) -> web.StreamResponse:
        asked, said, usage = await self._ask(request, converse.question)
        return await _stream(request, asked, (eventstream.event(*event) for event in converse.events(said, usage)))

    async def _invoke(self, request: web.Request) -> web.StreamResponse:
        asked, said, usage = await self._ask(request, messages.question)
        return await self._whole(request, asked, messages.whole(asked, said, usage, uuid.uuid4().hex[:24]))

    async def _invoke_stream(self, request: web.Request) -> web.StreamResponse:
        asked, said, usage = await self._ask(request, messages.question)
        events = messages.events(asked, said, usage, uuid.uuid4().hex[:24])
        return await _stream(request, asked, (eventstream.chunk(event) for event in events))

    async def _count(self, request: web.Request) -> web.StreamResponse:
        self._authenticate(request)
        access.foundation(request.match_info["model"])
        given = shape.mapping((await _body(request)).get("input"), "input")
        if "converse" in given:
            segments = converse.segments(shape.mapping(given["converse"], "input.converse"))
        elif "invokeModel" in given:
            segments = messages.counted(_encoded(shape.mapping(given["invokeModel"], "input.invokeModel").get("body")))
        else:
            raise invalid("input: one of converse and invokeModel is required")
        return _json({"inputTokens": sum(segment.tokens for segment in segments)}, headers=_identified())

    async def _ready(self, _request: web.Request) -> web.StreamResponse:
        return _json({"region": self._region})

    async def _figures(self, request: web.Request) -> web.StreamResponse:
        """The last requests, oldest first; `?after=N` gives those with a higher number."""
        if request.remote is None or not ipaddress.ip_address(request.remote).is_loopback:
            raise web.HTTPForbidden
        after = request.query.get("after", "0")
        if not after.isdecimal():
            raise invalid(f"after is {after!r}: give a request's number")
        return _json([one for one in self._requests if one["number"] > int(after)])

    async def _ask(
        self, request: web.Request, read: Callable[[dict[str, Any], Model, str], Question]
    ) -> tuple[Question, Answer, Usage]:
        """Check, read and answer a request; faults that refuse it whole happen here, before anything is counted."""
        self._authenticate(request)
        identity = request.match_info["model"]
        chosen, _profile = access.model(identity, self._region)
        asked = read(await _body(request), chosen, identity)
        wished = asked.wishes
        if wished.error:
            raise faults.error(wished.error)
        if self._throttled.get(asked.digest, 0) < wished.throttle:
            self._throttled[asked.digest] = self._throttled.get(asked.digest, 0) + 1
            raise faults.error(429)
        said = answer(asked)
        usage = self._cache.usage(chosen, asked.segments, said.tokens)
        self._requests.append(
            {
                "number": next(self._numbers),
                "model": chosen.name,
                "profile": identity,
                "operation": request.path.rsplit("/", 1)[1],
                "betas": list(asked.betas),
                "stop_reason": said.stop_reason,
                "usage": asdict(usage),
            }
        )
        return asked, said, usage

    def _authenticate(self, request: web.Request) -> None:
        access.signature(request.headers.get("Authorization"), request.headers.get("X-Amz-Date"), self._region)

    async def _whole(self, request: web.Request, asked: Question, body: dict[str, Any]) -> web.StreamResponse:
        await asyncio.sleep(asked.wishes.silence)
        if asked.wishes.abort is not None:
            return await _cut(request)
        usage = body["usage"]
        return _json(
            body,
            headers={
                **_identified(),
                "x-amzn-bedrock-invocation-latency": "1",
                "x-amzn-bedrock-input-token-count": str(usage.get("input_tokens", usage.get("inputTokens"))),
                "x-amzn-bedrock-output-token-count": str(usage.get("output_tokens", usage.get("outputTokens"))),
            },
        )


async def _stream(request: web.Request, asked: Question, frames: Iterable[bytes]) -> web.StreamResponse:
    wished = asked.wishes
    response = web.StreamResponse(headers={**_identified(), "Content-Type": eventstream.CONTENT_TYPE})
    if request.path.endswith(INVOKE_STREAM):
        response.headers["x-amzn-bedrock-content-type"] = "application/json"
    await response.prepare(request)
    # The status and the headers go out before the first event, however long the model is silent.
    await response.write(b"")
    every = list(frames)
    await asyncio.sleep(wished.silence)
    async for position, frame in _paced(every, wished):
        if position == wished.abort:
            return await _cut(request)
        if wished.break_ and position == len(every) // 2:
            await response.write(eventstream.exception(faults.error(wished.break_)))
            break
        await response.write(frame)
    await response.write_eof()
    return response


async def _paced(frames: list[bytes], wished: faults.Wishes) -> AsyncIterator[tuple[int, bytes]]:
    for position, frame in enumerate(frames):
        if position:
            await asyncio.sleep(wished.slow)
        if position == len(frames) // 2:
            await asyncio.sleep(wished.pause)
        yield position, frame


async def _cut(request: web.Request) -> web.StreamResponse:
    """Close the connection without another byte: a reset for whoever still reads."""
    if request.transport is not None:
        request.transport.abort()
    # The handler never answers; it ends with its connection.
    raise asyncio.CancelledError


def _json(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    # AWS names no character set.
    return web.Response(
        body=json.dumps(value).encode(), status=status, headers={"Content-Type": "application/json", **(headers or {})}
    )


def _identified() -> dict[str, str]:
    return {"x-amzn-requestid": str(uuid.uuid4())}


def _encoded(body: Any) -> dict[str, Any]:
    try:
        return shape.mapping(json.loads(base64.b64decode(body)), "input.invokeModel.body")
    except (ValueError, TypeError) as error:
        raise invalid("input.invokeModel.body: Input should be valid JSON in base64") from error


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.read())
    except ValueError as error:
        raise invalid("The request body is not valid JSON.") from error
    if not isinstance(body, dict):
        raise invalid("The request body is not a JSON object.")
    return body


@web.middleware
async def _errors(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        answered: web.StreamResponse = await handler(request)
    except ConnectionResetError:
        # Who asked has left in the middle of the stream: nobody is to be answered.
        raise asyncio.CancelledError from None
    except BedrockError as error:
        return _refusal(error)
    except web.HTTPRequestEntityTooLarge:
        return _refusal(invalid("Input is too long for requested model."))
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
        return _refusal(BedrockError("UnknownOperationException", ""))
    return answered


def _refusal(error: BedrockError) -> web.Response:
    headers = {**_identified(), "x-amzn-ErrorType": f"{error.name}:{ERROR_NAMESPACE}"}
    return _json({"message": error.message}, status=error.status, headers=headers)

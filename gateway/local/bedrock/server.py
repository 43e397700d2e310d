"""The emulator's HTTP server: one address for every operation, as Bedrock's runtime has it."""

import asyncio
import base64
import json
import uuid
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import asdict
from typing import Any, Final

from aiohttp import web

from stargate.gateway.local.bedrock import converse, eventstream, faults, messages, validation
from stargate.gateway.local.bedrock.answer import Answer, answer
from stargate.gateway.local.bedrock.cache import PromptCache
from stargate.gateway.local.bedrock.errors import BedrockError, invalid
from stargate.gateway.local.bedrock.question import Question, tokens
from stargate.gateway.models import Model, Usage

# Bedrock takes bodies of up to 25 MB.
LARGEST_BODY: Final = 25 * 1024 * 1024
REMEMBERED: Final = 1000
# Bedrock has no such path: what was metered, for tests to compare with what was charged.
REQUESTS_PATH: Final = "/-/requests"
CUT: Final = "abort"


class Emulator:
    """What lasts between requests: the prompt cache, the throttled messages, and the last requests' figures."""

    def __init__(self, region: str, cache: PromptCache | None = None) -> None:
        """Answer as this region does."""
        self._region = region
        self._cache = cache or PromptCache()
        self._throttled: dict[str, int] = {}
        self._requests: deque[dict[str, Any]] = deque(maxlen=REMEMBERED)

    def app(self) -> web.Application:
        """The server."""
        app = web.Application(client_max_size=LARGEST_BODY, middlewares=[_errors])
        app.add_routes(
            [
                web.post("/model/{model}/converse", self._converse),
                web.post("/model/{model}/converse-stream", self._converse_stream),
                web.post("/model/{model}/invoke", self._invoke),
                web.post("/model/{model}/invoke-with-response-stream", self._invoke_stream),
                web.post("/model/{model}/count-tokens", self._count),
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
        validation.foundation(request.match_info["model"])
        given = (await _body(request)).get("input") or {}
        if "converse" in given:
            segments = converse.segments(given["converse"])
        elif "invokeModel" in given:
            try:
                inner = json.loads(base64.b64decode(given["invokeModel"]["body"]))
            except (ValueError, KeyError, TypeError) as error:
                raise invalid("input.invokeModel.body: Input should be valid JSON in base64") from error
            segments = messages.counted(inner)
        else:
            raise invalid("input: one of converse and invokeModel is required")
        return web.json_response({"inputTokens": sum(tokens(segment.content) for segment in segments)})

    async def _figures(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response(list(self._requests))

    async def _ask(
        self, request: web.Request, read: Callable[[dict[str, Any], Model, str], Question]
    ) -> tuple[Question, Answer, Usage]:
        """Check, read and answer a request; faults that refuse it whole happen here, before anything is counted."""
        self._authenticate(request)
        identity = request.match_info["model"]
        chosen, _profile = validation.model(identity, self._region)
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
        validation.signature(request.headers.get("Authorization"), request.headers.get("X-Amz-Date"), self._region)

    async def _whole(self, request: web.Request, asked: Question, body: dict[str, Any]) -> web.StreamResponse:
        await asyncio.sleep(asked.wishes.silence)
        if asked.wishes.abort is not None:
            return _cut(request)
        usage = body["usage"]
        headers = {
            "x-amzn-requestid": str(uuid.uuid4()),
            "x-amzn-bedrock-input-token-count": str(usage.get("input_tokens", usage.get("inputTokens"))),
            "x-amzn-bedrock-output-token-count": str(usage.get("output_tokens", usage.get("outputTokens"))),
        }
        return web.json_response(body, headers=headers)


async def _stream(request: web.Request, asked: Question, frames: Iterable[bytes]) -> web.StreamResponse:
    wished = asked.wishes
    response = web.StreamResponse(
        headers={"Content-Type": eventstream.CONTENT_TYPE, "x-amzn-requestid": str(uuid.uuid4())}
    )
    await response.prepare(request)
    every = list(frames)
    await asyncio.sleep(wished.silence)
    async for position, frame in _paced(every, wished):
        if position == wished.abort:
            return _cut(request)
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


def _cut(request: web.Request) -> web.StreamResponse:
    """Close the connection without another byte."""
    if request.transport is not None:
        request.transport.abort()
    raise ConnectionResetError(CUT)


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError as error:
        raise invalid("The request body is not valid JSON.") from error
    if not isinstance(body, dict):
        raise invalid("The request body is not a JSON object.")
    return body


@web.middleware
async def _errors(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        answered: web.StreamResponse = await handler(request)
    except BedrockError as error:
        return _refusal(error)
    except web.HTTPRequestEntityTooLarge:
        return _refusal(invalid("Input is too long for requested model."))
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
        return _refusal(BedrockError("UnknownOperationException", ""))
    return answered


def _refusal(error: BedrockError) -> web.Response:
    headers = {"x-amzn-ErrorType": error.name, "x-amzn-requestid": str(uuid.uuid4())}
    return web.json_response({"message": error.message}, status=error.status, headers=headers)

"""Bedrock's prompt cache: which part of a prompt was read from it, and which was written.

A request marks points in its prompt; what stands before a point is kept for five minutes or an hour from its last
use, for one model in one region. A prefix below the model's minimum is not kept, as on Bedrock.
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from typing import Final

from stargate.gateway.local.bedrock.question import Segment, tokens
from stargate.gateway.models import Model, Usage

SECONDS: Final = {"5m": 300.0, "1h": 3600.0}
# An emulator may run for weeks.
MOST_ENTRIES: Final = 10_000


class PromptCache:
    """What was kept, by model and prefix."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin empty; `clock` gives seconds."""
        self._clock = clock
        self._until: dict[str, float] = {}

    def usage(self, model: Model, segments: Sequence[Segment], output: int) -> Usage:
        """Count a prompt's tokens, reading and writing the cache."""
        now = self._clock()
        points: list[tuple[int, str, str]] = []
        digest = hashlib.sha256(model.bedrock.encode())
        total = 0
        for segment in segments:
            digest.update(segment.content.encode())
            total += tokens(segment.content)
            if segment.ttl and total >= model.cache_minimum_tokens:
                points.append((total, digest.hexdigest(), segment.ttl))
        read = max((at for at, key, _ in points if self._until.get(key, 0.0) > now), default=0)
        written = {"5m": 0, "1h": 0}
        position = read
        for at, key, ttl in points:
            if at > position:
                written[ttl] += at - position
                position = at
            self._keep(key, now + SECONDS[ttl])
        return Usage(
            input=total - position,
            output=output,
            cache_read=read,
            cache_write_5m=written["5m"],
            cache_write_1h=written["1h"],
        )

    def _keep(self, key: str, until: float) -> None:
        self._until.pop(key, None)
        self._until[key] = until
        while len(self._until) > MOST_ENTRIES:
            del self._until[next(iter(self._until))]

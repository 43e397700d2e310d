"""Bedrock's prompt cache: which part of a prompt was read from it, and which was written.

A request marks points in its prompt; what stands before a point is kept for five minutes or an hour from its last
use, for one model in one region. A prefix below the model's minimum is not kept, as on Bedrock. From each point the
cache is searched backwards, so that a conversation whose point moved on by a turn still finds the turn before.
"""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from stargate.gateway.local.bedrock.question import Segment
from stargate.gateway.models import Model
from stargate.gateway.token_prices import Usage

SECONDS: Final = {"5m": 300.0, "1h": 3600.0}
# AWS's user guide, prompt caching, "simplified cache management for Claude": about this many blocks before a point.
LOOKBACK: Final = 20
# An emulator may run for weeks.
MOST_ENTRIES: Final = 10_000


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """A prefix that was kept."""

    until: float
    seconds: float


class PromptCache:
    """What was kept, by model and prefix."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin empty; `clock` gives seconds."""
        self._clock = clock
        self._entries: dict[str, _Entry] = {}

    def usage(self, model: Model, segments: Sequence[Segment], output: int) -> Usage:
        """Count a prompt's tokens, reading and writing the cache."""
        now = self._clock()
        prefixes = list(_prefixes(model, segments))
        total = prefixes[-1][0] if prefixes else 0
        points = [
            position
            for position, segment in enumerate(segments)
            if segment.ttl and prefixes[position][0] >= model.cache_minimum_tokens
        ]
        read = max((self._read(prefixes, point, now) for point in points), default=0)
        written = {"5m": 0, "1h": 0}
        reached = read
        for point in points:
            (at, key), ttl = prefixes[point], segments[point].ttl or "5m"
            if at > reached:
                written[ttl] += at - reached
                reached = at
            self._keep(key, now, SECONDS[ttl])
        return Usage(
            input=total - reached,
            output=output,
            cache_read=read,
            cache_write_5m=written["5m"],
            cache_write_1h=written["1h"],
        )

    def _read(self, prefixes: Sequence[tuple[int, str]], point: int, now: float) -> int:
        """The longest kept prefix that ends at a point or shortly before it; reading it keeps it for longer."""
        for at, key in reversed(prefixes[max(0, point - LOOKBACK) : point + 1]):
            entry = self._entries.get(key)
            if entry is not None and entry.until > now:
                self._keep(key, now, entry.seconds)
                return at
        return 0

    def _keep(self, key: str, now: float, seconds: float) -> None:
        before = self._entries.pop(key, None)
        if before is not None and before.until > now + seconds:
            self._entries[key] = before
        else:
            self._entries[key] = _Entry(until=now + seconds, seconds=seconds)
        while len(self._entries) > MOST_ENTRIES:
            del self._entries[next(iter(self._entries))]


def _prefixes(model: Model, segments: Sequence[Segment]) -> list[tuple[int, str]]:
    """For each segment, the tokens and the digest of the prompt up to its end."""
    digest = hashlib.sha256(model.bedrock.encode())
    total = 0
    found: list[tuple[int, str]] = []
    for segment in segments:
        digest.update(b"\0" + segment.content.encode())
        total += segment.tokens
        found.append((total, digest.hexdigest()))
    return found

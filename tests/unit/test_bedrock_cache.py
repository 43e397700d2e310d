"""The emulator's prompt cache: what is written, what is read, for how long."""

import pytest

from stargate.gateway.local.bedrock.cache import LOOKBACK, MOST_ENTRIES, PromptCache
from stargate.gateway.local.bedrock.question import MEDIA_TOKENS, Segment, segment, tokens
from stargate.gateway.models import BY_NAME
from stargate.gateway.token_prices import Usage

SONNET = BY_NAME["claude-sonnet-4-5"]
HAIKU = BY_NAME["claude-haiku-4-5"]


class Clock:
    """Seconds that pass when told."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def cache(clock):
    return PromptCache(clock)


def text(count: int, letter: str = "a", ttl: str | None = None) -> Segment:
    return segment(letter * 4 * count, ttl)


def test_a_text_counts_a_token_for_every_four_bytes():
    assert [tokens(text) for text in ("", "a", "abcd", "abcde", "üü")] == [0, 1, 1, 2, 1]


def test_an_image_counts_the_same_whatever_its_bytes():
    small, large = (
        segment({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}})
        for data in ("A" * 8, "A" * 400_000)
    )
    assert small.tokens == large.tokens
    assert MEDIA_TOKENS < large.tokens < MEDIA_TOKENS + 100
    assert small.content != large.content, "two images are two prefixes"


def test_a_document_of_converse_counts_as_one_too():
    made = segment({"document": {"format": "pdf", "name": "a", "source": {"bytes": "A" * 400_000}}})
    assert MEDIA_TOKENS < made.tokens < MEDIA_TOKENS + 100


def test_the_first_request_writes_and_the_second_reads(cache):
    prompt = (text(1024, ttl="5m"), text(10, "b"))
    assert cache.usage(SONNET, prompt, 7) == Usage(input=10, output=7, cache_write_5m=1024)
    assert cache.usage(SONNET, prompt, 7) == Usage(input=10, output=7, cache_read=1024)


def test_without_a_point_nothing_is_cached(cache):
    prompt = (text(5000),)
    cache.usage(SONNET, prompt, 0)
    assert cache.usage(SONNET, prompt, 0) == Usage(input=5000)


@pytest.mark.parametrize(("model", "least"), [(SONNET, 1024), (HAIKU, 4096)])
def test_a_prefix_below_the_models_minimum_is_not_cached(cache, model, least):
    assert cache.usage(model, (text(least - 1, ttl="5m"),), 0) == Usage(input=least - 1)
    assert cache.usage(model, (text(least, ttl="5m"),), 0) == Usage(cache_write_5m=least)


@pytest.mark.parametrize(("ttl", "seconds"), [("5m", 300), ("1h", 3600)])
def test_a_prefix_is_forgotten_after_its_time(cache, clock, ttl, seconds):
    prompt = (text(1024, ttl=ttl),)
    cache.usage(SONNET, prompt, 0)
    clock.now = seconds - 1
    assert cache.usage(SONNET, prompt, 0).cache_read == 1024
    # Reading it has kept it for as long again.
    clock.now += seconds - 1
    assert cache.usage(SONNET, prompt, 0).cache_read == 1024
    clock.now += seconds + 1
    assert cache.usage(SONNET, prompt, 0).cache_read == 0, "unused for longer than its time to live"


def test_an_hours_prefix_read_by_a_five_minute_point_keeps_its_hour(cache, clock):
    cache.usage(SONNET, (text(1024, ttl="1h"),), 0)
    cache.usage(SONNET, (text(1024, ttl="5m"),), 0)
    clock.now = 3000
    assert cache.usage(SONNET, (text(1024, ttl="5m"),), 0).cache_read == 1024


def test_two_times_to_live_are_counted_apart(cache):
    prompt = (text(2000, ttl="1h"), text(500, "b", ttl="5m"), text(3, "c"))
    assert cache.usage(SONNET, prompt, 1) == Usage(input=3, output=1, cache_write_5m=500, cache_write_1h=2000)
    assert cache.usage(SONNET, prompt, 1) == Usage(input=3, output=1, cache_read=2500)


def test_a_conversation_whose_point_moves_on_reads_the_turn_before(cache):
    first = (text(2000), text(10, "b", ttl="5m"))
    second = (text(2000), text(10, "b"), text(20, "c"), text(30, "d", ttl="5m"))
    assert cache.usage(SONNET, first, 0) == Usage(cache_write_5m=2010)
    assert cache.usage(SONNET, second, 0) == Usage(cache_read=2010, cache_write_5m=50)
    assert cache.usage(SONNET, second, 0) == Usage(cache_read=2060)


@pytest.mark.parametrize(("blocks", "read"), [(LOOKBACK, 1024), (LOOKBACK + 1, 0)])
def test_a_prefix_is_found_only_so_many_blocks_before_a_point(cache, blocks, read):
    cache.usage(SONNET, (text(1024, ttl="5m"),), 0)
    later = (text(1024), *(text(1, "b") for _ in range(blocks - 1)), text(1, "c", ttl="5m"))
    assert cache.usage(SONNET, later, 0).cache_read == read


def test_another_model_shares_nothing(cache):
    prompt = (text(5000, ttl="5m"),)
    cache.usage(SONNET, prompt, 0)
    assert cache.usage(HAIKU, prompt, 0) == Usage(cache_write_5m=5000)


def test_a_changed_word_before_the_point_reads_nothing(cache):
    cache.usage(SONNET, (text(5000, ttl="5m"),), 0)
    assert cache.usage(SONNET, (text(5000, "z", ttl="5m"),), 0).cache_read == 0


def test_every_token_of_a_prompt_is_counted_once(cache):
    prompt = (text(3000, ttl="1h"), text(700, "b"), text(40, "c", ttl="5m"), text(5, "d"))
    for _ in range(3):
        assert cache.usage(SONNET, prompt, 9).prompt == 3745


def test_the_store_is_bounded(cache):
    for number in range(MOST_ENTRIES + 10):
        cache.usage(SONNET, (Segment(content=str(number), tokens=2000, ttl="5m"),), 0)
    assert len(cache._entries) == MOST_ENTRIES
    oldest = Segment(content="0", tokens=2000, ttl="5m")
    assert cache.usage(SONNET, (oldest,), 0).cache_read == 0, "the oldest went first"

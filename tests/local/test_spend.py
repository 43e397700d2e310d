"""Every token and every dollar: what is charged is the price table times the tokens, and a budget ends it."""

import json
from decimal import Decimal

import anthropic
import openai
import pytest

from stargate.gateway.models import BY_NAME, Profile
from stargate.gateway.token_prices import Usage

SONNET = "claude-sonnet-4-5"
# Long enough to be kept by the prompt cache: 8,000 bytes are 2,000 of the emulator's tokens.
LONG = "All of this stands before the question. " * 200
TINY = Decimal("1e-12")


def cost(model: str, metered: list[dict]) -> Decimal:
    return sum((BY_NAME[model].cost(Usage(**one["usage"]), Profile.US) for one in metered), Decimal(0))


def messages(url, key):
    return anthropic.Anthropic(base_url=url, api_key=key, max_retries=0)


def chats(url, key):
    return openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0)


def ask_messages(client, stream, content, system=None):
    with_system = {"system": system} if system else {}
    asked = {"model": SONNET, "max_tokens": 200, "messages": [{"role": "user", "content": content}], **with_system}
    if stream:
        with client.messages.stream(**asked) as events:
            events.until_done()
    else:
        client.messages.create(**asked)


def ask_chat(client, stream, content):
    answer = client.chat.completions.create(
        model=SONNET, messages=[{"role": "user", "content": content}], stream=stream
    )
    if stream:
        list(answer)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("interface", ["messages", "chat"])
def test_the_spend_of_a_key_is_the_price_table_times_its_tokens(gateway, interface, stream):
    key, before = gateway.key(), len(gateway.metered())
    for words in (30, 300):
        content = f"[[bedrock: tokens={words}]] " + "word " * words
        if interface == "messages":
            ask_messages(messages(gateway.public_url, key), stream, content)
        else:
            ask_chat(chats(gateway.public_url, key), stream, content)
    metered = gateway.metered()[before:]
    expected = cost(SONNET, metered)
    rows = gateway.logged(key, 2)
    assert [row["prompt_tokens"] for row in rows] == [one["usage"]["input"] for one in metered]
    assert [row["completion_tokens"] for row in rows] == [one["usage"]["output"] for one in metered]
    charged = sum(Decimal(str(row["spend"])) for row in rows)
    assert abs(charged - expected) < TINY, "to the last digit, not only to the cent"
    assert abs(gateway.spent(key, expected - TINY) - expected) < TINY


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("ttl", ["5m", "1h"])
def test_tokens_of_the_prompt_cache_are_charged_at_their_own_prices(gateway, stream, ttl):
    key, before = gateway.key(), len(gateway.metered())
    system = [{"type": "text", "text": f"{key} {LONG}", "cache_control": {"type": "ephemeral", "ttl": ttl}}]
    for _ in range(2):
        ask_messages(messages(gateway.public_url, key), stream, "Hello", system)
    written, read = gateway.metered()[before:]
    assert written["usage"][f"cache_write_{ttl}"] > 1024, "the first request writes the cache"
    assert read["usage"]["cache_read"] == written["usage"][f"cache_write_{ttl}"], "the second reads it"
    rows = gateway.logged(key, 2)
    for row, one in zip(rows, (written, read), strict=True):
        assert abs(Decimal(str(row["spend"])) - cost(SONNET, [one])) < TINY


def test_a_price_that_is_off_would_be_seen(gateway):
    key, before = gateway.key(), len(gateway.metered())
    ask_messages(messages(gateway.public_url, key), False, "Hello")
    wrong = BY_NAME["claude-haiku-4-5"].cost(Usage(**gateway.metered()[before]["usage"]), Profile.US)
    charged = Decimal(str(gateway.logged(key, 1)[0]["spend"]))
    assert abs(charged - wrong) > TINY, "the comparison above must be able to fail"


def test_over_budget_is_429_with_a_clear_body(gateway):
    key = gateway.key(max_budget=0.01)
    # LiteLLM reserves what an answer of `max_tokens` would cost: without it a small budget refuses the first request.
    body = {"model": SONNET, "max_tokens": 500, "messages": [{"role": "user", "content": "[[bedrock: tokens=400]]"}]}
    answers = [gateway.post("/v1/chat/completions", key, **body) for _ in range(6)]
    assert answers[0].status_code == 200
    refused = answers[-1]
    assert refused.status_code == 429
    error = refused.json()["error"]
    assert error["type"] == "budget_exceeded"
    assert "Budget has been exceeded" in error["message"]
    assert key not in refused.text
    in_messages = gateway.post("/v1/messages", key, **body)
    assert in_messages.status_code == 429


def test_the_budget_of_a_user_holds_for_all_keys_of_the_user(gateway):
    with gateway.admin() as admin:
        user = str(admin.create_user(max_budget=0.01, models=[SONNET], auto_create_key=False)["user_id"])
    body = {"model": SONNET, "max_tokens": 500, "messages": [{"role": "user", "content": "[[bedrock: tokens=400]]"}]}
    first, second = gateway.key(user_id=user), gateway.key(user_id=user)
    answers = [gateway.post("/v1/chat/completions", first, **body).status_code for _ in range(6)]
    assert (answers[0], answers[-1]) == (200, 429)
    assert gateway.post("/v1/chat/completions", second, **body).status_code == 429


def test_no_prompt_and_no_answer_is_stored(gateway):
    key, secret = gateway.key(), "a sentence that nobody else may read"
    ask_messages(messages(gateway.public_url, key), False, secret)
    gateway.logged(key, 1)
    stored = gateway.rows('SELECT row_to_json(t)::text FROM "LiteLLM_SpendLogs" t')
    assert stored, "there are rows"
    assert not any(secret in json.dumps(row) for row in stored)

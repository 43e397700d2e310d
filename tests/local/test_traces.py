"""Traces as LiteLLM sends them: whose, what it cost, no words of anybody, to nobody else, and at no one's expense."""

import importlib.util
import json
import sys
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from alert_programs import Receiver
from conftest import Gateway, run, wait_for

from stargate.gateway.local.state import address, folder
from stargate.gateway.local.supervisor import Supervisor
from stargate.gateway.local.traces import reader
from stargate.gateway.local.traces.server import INGESTION_PATH, SPANS_PATH, TRACES_PATH

HAIKU, SONNET = "claude-haiku-4-5", "claude-sonnet-4-5"
# The local LiteLLM sends every second.
SENT_SECONDS = 15
STOCK = """from litellm.integrations.langfuse.langfuse_otel import LangfuseOtelLogger

langfuse = LangfuseOtelLogger(callback_name="langfuse_otel")
"""
BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "traces.py"


def ask(gateway, key, words="Hello", path="/v1/messages", headers=None, **more):
    body = {"model": SONNET, "max_tokens": 50, "messages": [{"role": "user", "content": words}], **more}
    sent = {"Authorization": f"Bearer {key}", **(headers or {})}
    return httpx.post(gateway.public_url + path, headers=sent, json=body, timeout=60)


def traced(gateway, alias, count=1):
    """The traces of a key, once there are so many."""
    state = folder(gateway.state).load()

    def read():
        return [trace for trace in reader.last(state, 1000, attributes=True) if trace["key"] == alias]

    return wait_for(read, lambda found: len(found) >= count, SENT_SECONDS)


def settled(gateway):
    """Every trace of what was asked before: a last request is traced after all of it."""
    alias = uuid4().hex
    assert ask(gateway, gateway.key(key_alias=alias)).status_code == 200
    assert traced(gateway, alias)
    return reader.last(folder(gateway.state).load(), 1000, attributes=True)


@pytest.fixture(scope="module")
def capturing(tmp_path_factory):
    started = Gateway.start(tmp_path_factory.mktemp("capturing") / "state", "--capture-content")
    yield started
    started.stop()


@pytest.fixture(scope="module")
def stock(capturing):
    """The broken twin: the same gateway with LiteLLM's own `langfuse_otel`, and content off."""
    run_folder = folder(capturing.state).run
    config = (run_folder / "litellm.yaml").read_text()
    (run_folder / "litellm.yaml").write_text(
        config.replace("turn_off_message_logging: false", "turn_off_message_logging: true")
    )
    (run_folder / "stargate_tracing.py").write_text(STOCK)
    supervisor = Supervisor(folder(capturing.state))
    supervisor.stop("litellm")
    supervisor.resume("litellm")
    ready = f"{capturing.admin_url}/health/readiness"
    assert wait_for(lambda: _status(ready) == 200, bool, 90)
    return capturing


def _status(url):
    try:
        return httpx.get(url, timeout=5).status_code
    except httpx.HTTPError:
        return None


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("path", ["/v1/messages", "/v1/chat/completions"])
def test_a_trace_says_who_asked_what_and_what_it_cost(gateway, path, stream):
    alias = uuid4().hex
    with gateway.admin() as admin:
        user = str(admin.create_user(models=[SONNET], auto_create_key=False)["user_id"])
    key = gateway.key(key_alias=alias, user_id=user)
    assert ask(gateway, key, "Hello there", path, stream=stream).status_code == 200
    [trace] = traced(gateway, alias)
    [logged] = gateway.logged(key, 1)
    assert (trace["environment"], trace["user"], trace["model"]) == ("local", user, SONNET)
    assert (trace["input_tokens"], trace["output_tokens"]) == (logged["prompt_tokens"], logged["completion_tokens"])
    assert trace["input_tokens"] > 0
    assert trace["output_tokens"] > 0
    assert trace["cost_usd"] == pytest.approx(float(logged["spend"]), rel=1e-9)
    assert 0 < trace["seconds"] < 30
    assert trace["error"] is None


def test_a_failed_request_is_traced_as_such(gateway):
    alias = uuid4().hex
    assert ask(gateway, gateway.key(key_alias=alias), "[[bedrock: error=403]]").status_code == 403
    [trace] = traced(gateway, alias)
    assert trace["error"] == "PermissionDeniedError"
    assert trace["cost_usd"] == 0


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/chat/completions"])
def test_what_the_gateway_itself_refuses_is_traced_once(gateway, path):
    alias = uuid4().hex
    key = gateway.key(key_alias=alias, models=[HAIKU])
    assert ask(gateway, key, path=path).status_code == 403
    settled(gateway)
    assert [trace["error"] for trace in traced(gateway, alias)] == ["ModelAccessDeniedProxyException"]


def test_the_command_lists_the_last_traces(gateway):
    alias = f"listed-{uuid4().hex[:8]}"
    ask(gateway, gateway.key(key_alias=alias))
    traced(gateway, alias)
    shown = run("traces", state=gateway.state).stdout
    assert alias in shown
    assert SONNET in shown
    found = json.loads(run("traces", "--json", "-n", "1000", state=gateway.state).stdout)
    assert alias in {trace["key"] for trace in found}
    assert "attributes" not in found[-1]


def words_in(gateway, **more):
    """Whether the words of a question, which its answer repeats, stand in any trace."""
    secret = f"words-{uuid4().hex}"
    key = gateway.key()
    for path in ("/v1/messages", "/v1/chat/completions"):
        for stream in (False, True):
            ask(gateway, key, secret, path, stream=stream, **more)
    ask(gateway, key, f"[[bedrock: error=403]] {secret}", **more)
    return secret in json.dumps(settled(gateway))


def test_no_words_of_anybody_are_in_a_trace(gateway):
    assert not words_in(gateway)


def test_words_are_there_where_they_are_wanted(capturing):
    assert words_in(capturing), "the test above could not fail otherwise"


OPT_OUTS = {
    "header": {"headers": {"litellm-disable-message-redaction": "true"}},
    "body": {"turn_off_message_logging": False},
    "metadata": {"metadata": {"turn_off_message_logging": False}},
}


@pytest.mark.parametrize("way", OPT_OUTS)
def test_a_client_cannot_have_words_put_into_a_trace(gateway, way):
    assert not words_in(gateway, **OPT_OUTS[way])


def destinations(url):
    """Every place where a request may name a trace store of its own."""
    own = {"langfuse_host": url, "langfuse_public_key": "pk-lf-mine", "langfuse_secret_key": "sk-lf-mine"}
    dashed = {name.replace("_", "-"): value for name, value in own.items()}
    return [
        own,
        {"metadata": own},
        {"litellm_metadata": own},
        {"metadata": json.dumps(own)},
        {"headers": own},
        {"headers": {f"x-litellm-{name}": value for name, value in dashed.items()}},
    ]


def leaks(gateway):
    """What another trace store gets when clients, with a key and without, name it in every way."""
    with Receiver() as other:
        base = other.url.removesuffix("/alerts")
        for key in (gateway.key(), "sk-nobody-has-this-key"):
            for way in destinations(base):
                ask(gateway, key, **way)
                ask(gateway, key, path="/v1/chat/completions", **way)
        wait_for(lambda: other.paths, bool, 6)
        return list(other.paths)


def test_a_client_cannot_redirect_traces(gateway):
    assert leaks(gateway) == []


def test_it_could_with_litellms_own_callback(stock):
    assert set(leaks(stock)) == {INGESTION_PATH}, "the file beside the configuration is what prevents it"


OTHERS = {
    "headers": {"headers": {"langfuse_trace_user_id": "somebody-else", "langfuse_trace_id": "a" * 32}},
    "metadata": {"metadata": {"trace_user_id": "somebody-else", "existing_trace_id": "a" * 32}},
    "body": {"user": "somebody-else"},
}


def user_of(gateway, way, *, known=True):
    alias, user = uuid4().hex, None
    if known:
        with gateway.admin() as admin:
            user = str(admin.create_user(models=[SONNET], auto_create_key=False)["user_id"])
    answer = ask(gateway, gateway.key(key_alias=alias, user_id=user), path="/v1/chat/completions", **OTHERS[way])
    assert answer.status_code == 200
    [trace] = traced(gateway, alias)
    return user, trace["user"]


@pytest.mark.parametrize("way", OTHERS)
def test_the_trace_of_a_key_without_a_user_is_nobodys(gateway, way):
    assert not user_of(gateway, way, known=False)[1]


@pytest.mark.parametrize("way", OTHERS)
def test_a_trace_is_its_keys_users_whatever_the_request_says(gateway, way):
    user, shown = user_of(gateway, way)
    assert shown == user


def test_it_would_be_anybodys_with_litellms_own_callback(stock):
    assert user_of(stock, "metadata")[1] == "somebody-else"


@pytest.mark.parametrize(
    "way",
    [
        {"no-log": True},
        {"headers": {"traceparent": f"00-{'f' * 32}-{'1' * 16}-00"}},
        {"headers": {"x-litellm-disable-callbacks": "langfuse_otel"}},
    ],
    ids=["no-log", "traceparent", "disable-callbacks"],
)
def test_a_client_cannot_ask_not_to_be_traced(gateway, way):
    alias = uuid4().hex
    assert ask(gateway, gateway.key(key_alias=alias), **way).status_code == 200
    [trace] = traced(gateway, alias)
    assert trace["trace_id"] != "f" * 32, "nor choose the trace that it becomes a part of"


def test_who_has_no_key_cannot_fill_the_store(gateway):
    before = {trace["trace_id"] for trace in settled(gateway)}
    for _ in range(10):
        assert ask(gateway, "sk-nobody-has-this-key").status_code == 401
    new = [trace for trace in settled(gateway) if trace["trace_id"] not in before]
    assert len(new) == 1, "the request that was asked to see"


def test_nobody_reads_traces_without_the_stores_keys(gateway):
    state = folder(gateway.state).load()
    url = address(state.ports.inner["traces"])
    own = (state.secrets.traces_public_key, state.secrets.traces_secret_key)
    for path in (TRACES_PATH, SPANS_PATH):
        assert httpx.get(url + path, auth=own).status_code == 200
        assert httpx.get(url + path).status_code == 401
        assert httpx.get(url + path, auth=(own[0], "sk-lf-guessed")).status_code == 401
        assert httpx.get(url + path, headers={"Authorization": f"Bearer {gateway.user_key}"}).status_code == 401
        assert httpx.get(gateway.public_url + path).status_code == 403, "nor through the edge"
    for path in (INGESTION_PATH, "/langfuse/api/public/traces", "/otel-spans"):
        headers = {"Authorization": f"Bearer {gateway.user_key}"}
        assert httpx.get(gateway.public_url + path, headers=headers).status_code == 403
    assert httpx.post(url + INGESTION_PATH, content=b"\x00not a batch", auth=own).status_code == 400


def test_a_lost_trace_store_costs_no_request_anything(gateway, capsys):
    spec = importlib.util.spec_from_file_location("benchmark_of_traces", BENCHMARK)
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    supervisor = Supervisor(folder(gateway.state))
    times = benchmark.measure(gateway.admin_url, gateway.user_key, supervisor, rounds=2)
    with capsys.disabled():
        sys.stdout.write(f"\n{benchmark.told(times)}\n")
    for state in ("hanging", "closed"):
        assert len(times[state]) == 2 * benchmark.REQUESTS, "every one was answered"
        ratio = sorted(times[state])[benchmark.REQUESTS] / sorted(times["answering"])[benchmark.REQUESTS]
        assert ratio < 2, f"{state}: {ratio:.2f} times; one that waited would take five seconds, some 200 times"
        assert max(times[state]) < 3, "not one waited for the store"


def test_traces_come_again_after_the_store_was_lost(gateway):
    url = address(folder(gateway.state).load().ports.inner["traces"])
    assert wait_for(lambda: _status(url) == 401, bool, 10), "it runs again"
    assert settled(gateway)

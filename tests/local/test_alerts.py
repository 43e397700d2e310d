"""Alerts for real: real requests, real faults, VictoriaMetrics, vmalert, Alertmanager, and somebody who is told.

Time passes thirty times faster for the rules: five minutes of a window are ten seconds. What is asked, and the words,
are those of a stack.
"""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest
from alert_programs import Receiver, alertmanager, free_port, running, wait_for
from conftest import MODELS

from stargate.dashboards.alerts.alertmanager import to_webhook
from stargate.dashboards.alerts.rule import Pace
from stargate.dashboards.alerts.rules import alerts, render
from stargate.dashboards.alerts.thresholds import Thresholds
from stargate.dashboards.scrape import Target, key_in_file, scrape_config

FASTER = 30
# So small a part of a budget is spent within the minute that its gauge is late, on a busy machine too.
THRESHOLDS = Thresholds(fewest_requests=5, first_token_seconds=0.6, refused_per_second=1.0, key_budget_share=0.2)
HAIKU, SONNET, OPUS, NEWER = MODELS
EXPECTED = {
    "GatewayErrors",
    "ModelFails",
    "ModelThrottled",
    "ModelRefused",
    "ModelSlowToStart",
    "KeysRefused",
    "KeyBudgetNear",
    "TargetDown",
}
# Nothing in the traffic is wrong in these ways.
# Not among them: what a pause of LiteLLM's sets off. Minutes are seconds here, and a busy machine takes as many.
SILENT = {"DatabaseFails", "CacheFails", "RulesFail", "AlertsNotDelivered"}
SECONDS = 150
POOR = "nearly-spent"


@pytest.fixture(scope="module")
def watched(gateway, tmp_path_factory):
    """The session's gateway under a metrics store, vmalert and Alertmanager of this test's own."""
    place = tmp_path_factory.mktemp("alerts")
    (place / "rules").mkdir()
    store, vmalert = free_port(), free_port()
    with ExitStack() as stack:
        receiver = stack.enter_context(Receiver())
        notifier = stack.enter_context(alertmanager(place, to_webhook(receiver.url)))
        (place / "scrape.yaml").write_text(_scraped(gateway, store, vmalert, notifier))
        url = f"http://127.0.0.1:{store}"
        stack.enter_context(
            running(
                "victoria-metrics",
                f"-storageDataPath={place / 'metrics'}",
                f"-httpListenAddr=127.0.0.1:{store}",
                f"-promscrape.config={place / 'scrape.yaml'}",
                "-memory.allowedBytes=128MiB",
                "-search.latencyOffset=0s",
                ready=f"{url}/health",
                log=place / "store.log",
            )
        )
        # To vmalert a store that has read nothing yet is a gateway that cannot be read.
        assert wait_for(lambda: _values(url, 'up{job="litellm"} == 1'), 20), "the gateway is read"
        for name, text in render(stack="test", thresholds=THRESHOLDS, pace=Pace(divisor=FASTER)).items():
            (place / "rules" / name).write_text(text)
        stack.enter_context(
            running(
                "vmalert",
                f"-rule={place}/rules/*.yaml",
                f"-datasource.url={url}",
                f"-remoteWrite.url={url}",
                f"-notifier.url={notifier}",
                f"-httpListenAddr=127.0.0.1:{vmalert}",
                ready=f"http://127.0.0.1:{vmalert}/health",
                log=place / "vmalert.log",
            )
        )
        yield receiver, url


def _values(url, expression):
    answer = httpx.get(f"{url}/api/v1/query", params={"query": expression, "nocache": "1"}).json()
    return [float(series["value"][1]) for series in answer["data"]["result"]]


def _scraped(gateway, store, vmalert, notifier):
    gone = Target(host="127.0.0.1", port=free_port())
    return scrape_config(
        stack="test",
        litellm=Target(host="127.0.0.1", port=int(gateway.admin_url.rpartition(":")[2])),
        key=key_in_file(gateway.state / "run" / "metrics.key"),
        store=Target(host="127.0.0.1", port=store),
        vmalert=Target(host="127.0.0.1", port=vmalert),
        alertmanager=Target(host="127.0.0.1", port=int(notifier.rpartition(":")[2])),
        grafana=gone,
        interval_seconds=2,
    )


def _near(receiver):
    """The keys whose budget is said to be nearly spent."""
    return {a["labels"]["api_key_alias"] for a in receiver.alerts if a["labels"]["alertname"] == "KeyBudgetNear"}


def _ask(gateway, key, model, words, path="/v1/messages", **more):
    said = [{"role": "user", "content": words}]
    return gateway.post(path, key, model=model, max_tokens=100, messages=said, **more)


@pytest.fixture(scope="module")
def told(gateway, watched):
    """Everybody's alerts after traffic with every fault in it, for as long as it takes and no longer."""
    receiver, url = watched
    key = gateway.key(key_alias="faulty")
    # LiteLLM's gauge of a budget is a minute late: it must not be spent before.
    poor = gateway.key(key_alias=POOR, max_budget=0.2)
    faults = [
        lambda: _ask(gateway, key, HAIKU, "[[bedrock: error=503]]"),
        lambda: _ask(gateway, key, HAIKU, "[[bedrock: break=500]]", "/v1/chat/completions", stream=True),
        lambda: _ask(gateway, key, SONNET, "[[bedrock: error=429]]"),
        lambda: _ask(gateway, key, OPUS, "[[bedrock: error=403]]"),
        lambda: _ask(gateway, key, NEWER, "[[bedrock: silence=1]]", stream=True),
        lambda: [_ask(gateway, "sk-nobody-has-this-key", HAIKU, "Hello") for _ in range(4)],
        lambda: _ask(gateway, poor, SONNET, "[[bedrock: tokens=90]] Hello"),
    ]
    enough, started = threading.Event(), time.monotonic()

    def repeat(fault):
        while not enough.is_set():
            fault()
            # Four processes of the test share the machine with the gateway.
            enough.wait(0.5)

    with ThreadPoolExecutor(len(faults)) as pool:
        ended = [pool.submit(repeat, fault) for fault in faults]
        # Another test of the session may have spent a key's budget before.
        wait_for(lambda: receiver.names() >= EXPECTED and POOR in _near(receiver), SECONDS)
        enough.set()
    sys.stdout.write(f"\n{len(receiver.names())} alerts within {time.monotonic() - started:.0f} s\n")
    for one in ended:
        one.result()
    return receiver, url


def test_somebody_is_told_of_every_fault(told):
    receiver, _ = told
    assert receiver.names() >= EXPECTED, f"not told of {EXPECTED - receiver.names()}"


def test_nobody_is_told_of_what_is_not_so(told):
    receiver, _ = told
    assert not receiver.names() & SILENT
    assert receiver.names() & EXPECTED, "there are alerts at all"


def test_an_alert_names_its_thing_its_stack_and_its_way_out(told):
    receiver, _ = told
    known = {alert.name: group for group, every in alerts().items() for alert in every}
    for alert in receiver.alerts:
        name = alert["labels"]["alertname"]
        assert alert["labels"]["stack"] == "test"
        assert alert["annotations"]["runbook"] == f"docs/runbooks/{known[name]}.md#{name.lower()}"
        said = f"{alert['annotations']['summary']} {alert['annotations']['description']}"
        assert "{{" not in said, "vmalert knows every function of the templates"
        assert "error" not in alert["annotations"]["summary"].lower(), said
    things = {
        (alert["labels"]["alertname"], alert["labels"].get("model_group") or alert["labels"].get("requested_model"))
        for alert in receiver.alerts
    }
    assert {
        ("GatewayErrors", HAIKU),
        ("ModelFails", HAIKU),
        ("ModelThrottled", SONNET),
        ("ModelRefused", OPUS),
        ("ModelSlowToStart", NEWER),
    } <= things
    assert ("ModelThrottled", HAIKU) not in things
    assert POOR in _near(receiver)
    assert "faulty" not in _near(receiver)


def test_what_is_recorded_is_there_for_the_dashboards(told):
    _, url = told
    shares = [f"stargate:request_errors:ratio_rate{window}" for window in ("5m", "30m", "1h")]
    for name in ("stargate:requests:rate5m", *shares, "stargate:spend:increase1h"):
        [value] = _values(url, f'{name}{{stack="test"}}')
        assert 0 < value < 100, name

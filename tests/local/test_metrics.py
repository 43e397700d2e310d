"""VictoriaMetrics reads the real gateway's metrics, with a key that opens nothing else."""

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import yaml
from conftest import run, wait_for

from stargate.dashboards.alerts.rules import render
from stargate.gateway import metrics_key
from stargate.gateway.litellm_metrics import LATENCIES
from stargate.gateway.local.state import folder
from stargate.gateway.routes import LIVELINESS, METRICS, AdminRoute

# Two scrapes and LiteLLM's own delay.
SECONDS = 60


def query(url, expression):
    answer = httpx.get(f"{url}/api/v1/query", params={"query": expression, "nocache": "1"}).json()
    return [float(series["value"][1]) for series in answer["data"]["result"]]


def test_requests_are_counted_in_victoriametrics(gateway):
    url = json.loads(run("env", "--json", state=gateway.state).stdout)["metrics_url"]
    body = {"model": "claude-haiku-4-5", "messages": [{"role": "user", "content": "Hello"}]}
    assert gateway.post("/v1/chat/completions", gateway.key(key_alias="counted-by-a-test"), **body).is_success
    counted = 'sum(litellm_proxy_total_requests_metric_total{api_key_alias="counted-by-a-test"})'
    assert wait_for(lambda: query(url, counted), bool, SECONDS) == [1.0]
    assert query(url, 'sum(up{stack="local"})') == [2.0], "LiteLLM and VictoriaMetrics itself"


def test_the_key_that_reads_metrics_opens_nothing_else(gateway):
    headers = {"Authorization": f"Bearer {folder(gateway.state).load().secrets.metrics_key}"}
    assert httpx.get(f"{gateway.admin_url}/metrics/", headers=headers).status_code == 200
    for path in ("/v1/models", "/key/list", "/user/list"):
        assert httpx.get(gateway.admin_url + path, headers=headers).status_code in {401, 403}, path


def test_a_new_value_of_the_metrics_key_takes_the_old_ones_place(gateway):
    """As the container beside each LiteLLM on AWS does it."""
    state = folder(gateway.state).load()
    settings = metrics_key.settings() | {"key_alias": "another-reader"}
    environment = {
        "PORT": gateway.admin_url.rpartition(":")[2],
        "READY_ROUTE": LIVELINESS.path,
        "KEY_ROUTE": AdminRoute.KEY_NEW,
        "KEY_INFO_ROUTE": AdminRoute.KEY_INFO,
        "KEY_DELETE_ROUTE": AdminRoute.KEY_DELETE,
        "METRICS_KEY_SETTINGS": json.dumps(settings),
        "LITELLM_MASTER_KEY": state.secrets.master_key,
    }
    script = Path(metrics_key.__file__).with_name("image") / "metrics_key.py"
    statuses = []
    for key in ("sk-" + "a" * 40, "sk-" + "b" * 40, "sk-" + "b" * 40):
        done = subprocess.run(
            [sys.executable, "-I", "-S", script], env=environment | {"LITELLM_METRICS_KEY": key}, check=False
        )
        opened = [
            httpx.get(f"{gateway.admin_url}{METRICS.path}", headers={"Authorization": f"Bearer sk-{letter * 40}"})
            for letter in "ab"
        ]
        statuses.append((done.returncode, *(answer.status_code for answer in opened)))
    assert statuses == [(0, 200, 401), (0, 401, 200), (0, 401, 200)]


@pytest.fixture(scope="module")
def exposed(gateway):
    """What LiteLLM says of itself after a request that was answered and one that failed."""
    for words in ("Hello", "[[bedrock: error=403]]"):
        said = [{"role": "user", "content": words}]
        gateway.post("/v1/messages", gateway.key(max_budget=1.0), model="claude-haiku-4-5", max_tokens=9, messages=said)
    headers = {"Authorization": f"Bearer {folder(gateway.state).load().secrets.metrics_key}"}
    read = lambda: httpx.get(f"{gateway.admin_url}/metrics/", headers=headers).text  # noqa: E731 - read twice
    return wait_for(read, lambda text: "litellm_deployment_failure_responses_total{" in text, 10)


def families(text):
    """Every family of LiteLLM's that is named in a text, without the suffix of a histogram's series."""
    return set(re.findall(r"\b(litellm_[a-z_]+?)(?:_bucket|_count|_sum)?\b(?=[{\[\s)]|$)", text)) - {
        "litellm_model_name"
    }


def expressions():
    for text in render(stack="test").values():
        yield from (rule["expr"] for rule in yaml.safe_load(text)["groups"][0]["rules"])


def test_every_family_in_the_rules_is_one_of_litellms(exposed):
    known = set(re.findall(r"^# TYPE (\S+)", exposed, re.MULTILINE))
    named = set().union(*map(families, expressions()))
    assert len(named) > 15
    assert named - known == set()
    assert families("rate(litellm_requests_total[5m])") - known, "a family that is not there would be seen"


def test_every_label_in_the_rules_is_one_of_its_familys(exposed):
    labels = {}
    for name, pairs in re.findall(r"^(litellm_\w+?)(?:_bucket|_count|_sum)?\{(.*)\} \S+$", exposed, re.MULTILINE):
        labels.setdefault(name, set()).update(re.findall(r'(\w+)="', pairs))
    checked = 0
    for expression in expressions():
        for name, matchers in re.findall(r"(litellm_\w+?)(?:_bucket)?\{([^}]*)\}", expression):
            if name in labels:
                checked += 1
                assert set(re.findall(r"(\w+)[=!]", matchers)) <= labels[name], f"{name}: {matchers}"
        held = [labels[name] for name in families(expression) if name in labels]
        for names in re.findall(r"by \(([^)]*)\)", expression):
            wanted = {name.strip() for name in names.split(",")} - {"le", "instance"}
            assert not held or any(wanted <= one for one in held), expression
    assert checked > 10


def test_another_key_makes_no_series_of_a_latency(exposed):
    series = re.findall(r"^(litellm_\w+)_bucket\{(.*)\} \S+$", exposed, re.MULTILINE)
    assert {name for name, _ in series} >= {name for name in LATENCIES if "first_token" not in name}
    assert not [name for name, labels in series if "api_key" in labels]
    assert 'litellm_spend_metric_total{api_key_alias="' in exposed, "who used it is counted"


def test_labels_that_nobody_bounds_are_not_there(exposed):
    assert 'api_key_alias="' in exposed
    for label in ("client_ip", "user_agent", "end_user", "user_email"):
        assert f'{label}="' not in exposed
    assert "_created{" not in exposed

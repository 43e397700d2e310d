"""VictoriaMetrics reads the real gateway's metrics, with a key that opens nothing else."""

import json

import httpx
from conftest import run, wait_for

from stargate.gateway.local.state import folder

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
    assert query(url, "sum(up)") == [2.0], "LiteLLM and VictoriaMetrics itself"


def test_the_key_that_reads_metrics_opens_nothing_else(gateway):
    headers = {"Authorization": f"Bearer {folder(gateway.state).load().secrets.metrics_key}"}
    assert httpx.get(f"{gateway.admin_url}/metrics/", headers=headers).status_code == 200
    for path in ("/v1/models", "/key/list", "/user/list"):
        assert httpx.get(gateway.admin_url + path, headers=headers).status_code in {401, 403}, path

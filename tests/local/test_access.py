"""Who gets in: keys, models, administrative paths, metrics."""

import httpx
import pytest

from stargate.gateway.routes import ADMIN_FAMILIES, METRICS

MODEL = "claude-haiku-4-5"
ASKED = [{"role": "user", "content": "Hello"}]
# One path of each family that LiteLLM answers to its administrator without a licence.
WORKING = (
    "/user/list",
    "/key/list",
    "/model/info",
    "/spend/logs?start_date=2026-01-01&end_date=2026-01-02",
    "/team/list",
    "/customer/list",
    "/budget/list",
    "/global/spend",
    "/guardrails/list",
    "/credentials",
)


def chat(gateway, key, model=MODEL):
    return gateway.post("/v1/chat/completions", key, model=model, messages=ASKED)


def test_a_key_gets_in_and_no_key_or_a_wrong_one_does_not(gateway):
    assert chat(gateway, gateway.key()).status_code == 200
    assert chat(gateway, None).status_code == 401
    assert chat(gateway, "sk-not-a-key-of-this-gateway").status_code == 401


def test_a_blocked_key_stops_working(gateway):
    key = gateway.key()
    assert chat(gateway, key).status_code == 200
    with gateway.admin() as admin:
        admin.update_key(key, blocked=True)
    refused = chat(gateway, key)
    assert refused.status_code == 401
    assert "blocked" in refused.json()["error"]["message"]


def test_a_model_outside_the_key_is_refused(gateway):
    key = gateway.key(models=[MODEL])
    assert chat(gateway, key).status_code == 200
    refused = chat(gateway, key, "claude-opus-4-5")
    assert refused.status_code == 403
    assert refused.json()["error"]["type"] == "key_model_access_denied"


def test_an_unknown_model_is_the_clients_mistake(gateway):
    assert chat(gateway, gateway.key(), "no-such-model").status_code in {400, 403}


@pytest.mark.parametrize("family", ADMIN_FAMILIES, ids=lambda family: family.prefix)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_administrative_family_is_refused_at_the_edge(gateway, family, method):
    for path in (family.prefix, f"{family.prefix}/new", f"{family.prefix}/list"):
        answer = httpx.request(
            method, gateway.public_url + path, headers={"Authorization": f"Bearer {gateway.master_key}"}
        )
        assert answer.status_code == 403, "even with the master key"
        assert answer.json()["error"]["message"] == "This path is not public."


@pytest.mark.parametrize("path", WORKING)
def test_an_administrative_path_works_on_the_gateways_own_address(gateway, path):
    headers = {"Authorization": f"Bearer {gateway.master_key}"}
    inside = httpx.get(gateway.admin_url + path, headers=headers, timeout=30)
    assert inside.status_code == 200, "what the edge refuses must exist, or its refusal shows nothing"
    assert httpx.get(gateway.public_url + path, headers=headers).status_code == 403


@pytest.mark.parametrize("path", ["/%75ser/list", "/user%2Flist", "//user/list", "/v1/../user/list", "/user/list;a"])
def test_an_encoded_administrative_path_is_refused_at_the_edge(gateway, path):
    request = httpx.Request("GET", gateway.public_url, headers={"Authorization": f"Bearer {gateway.master_key}"})
    request.url = httpx.URL(gateway.public_url).copy_with(raw_path=path.encode())
    with httpx.Client() as client:
        assert client.send(request).status_code == 403


def test_an_encoded_administrative_path_reaches_litellm_where_no_edge_stands_before_it(gateway):
    headers = {"Authorization": f"Bearer {gateway.master_key}"}
    request = httpx.Request("GET", gateway.admin_url, headers=headers)
    request.url = httpx.URL(gateway.admin_url).copy_with(raw_path=b"/%75ser/list")
    with httpx.Client() as client:
        assert client.send(request).status_code == 200, "or the edge's refusal of it would show nothing"


def test_a_users_key_manages_nothing_on_the_gateways_own_address(gateway):
    headers = {"Authorization": f"Bearer {gateway.user_key}"}
    for method, path in (("POST", "/key/generate"), ("GET", "/key/info"), ("GET", "/user/list"), ("POST", "/user/new")):
        answer = httpx.request(method, gateway.admin_url + path, headers=headers, json={})
        assert answer.status_code in {401, 403}, path


def test_the_metrics_are_closed_in_public_and_ask_for_a_key_inside(gateway):
    assert httpx.get(gateway.public_url + METRICS.path).status_code == 403
    assert httpx.get(gateway.admin_url + METRICS.path).status_code == 401
    shown = httpx.get(gateway.admin_url + METRICS.path, headers={"Authorization": f"Bearer {gateway.master_key}"})
    assert shown.status_code == 200
    assert "litellm_proxy_total_requests_metric" in shown.text


def test_the_probes_are_public_and_tell_nothing(gateway):
    for path in ("/health/liveliness", "/health/readiness"):
        answer = httpx.get(gateway.public_url + path)
        assert answer.status_code == 200
        assert "sk-" not in answer.text
    assert httpx.get(f"{gateway.public_url}/health").status_code == 403, "it makes paid model calls"


def test_the_documentation_and_the_pages_are_closed(gateway):
    for path in ("/docs", "/redoc", "/openapi.json", "/ui/", "/"):
        assert httpx.get(gateway.public_url + path).status_code == 403

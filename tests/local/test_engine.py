"""Whichever query engine serves: LiteLLM's administration works through it, and its log holds no error of Prisma's."""

from uuid import uuid4

import httpx
import pytest

DAYS = "start_date=2026-01-01&end_date=2030-01-01"


@pytest.fixture(scope="module")
def admin(gateway):
    headers = {"Authorization": f"Bearer {gateway.master_key}"}
    with httpx.Client(base_url=gateway.admin_url, headers=headers, timeout=60) as client:
        yield client


@pytest.fixture(autouse=True)
def no_prisma_error(gateway):
    log = gateway.state / "log" / "litellm.log"
    before = log.stat().st_size
    yield
    with log.open(errors="replace") as file:
        file.seek(before)
        said = file.read()
    faults = [line[:300] for line in said.splitlines() if "prisma.errors" in line or "prisma.engine" in line]
    assert faults == []


def done(answer):
    assert answer.status_code == 200, answer.text[:400]
    return answer.json()


def test_a_team_its_user_and_their_keys_live_and_go(admin):
    team = done(admin.post("/team/new", json={"team_alias": uuid4().hex, "max_budget": 5, "metadata": {"cost": "it"}}))
    user = done(admin.post("/user/new", json={"user_email": f"{uuid4().hex}@example.com", "auto_create_key": False}))
    member = {"member": {"role": "user", "user_id": user["user_id"]}, "team_id": team["team_id"]}
    done(admin.post("/team/member_add", json=member))
    key = done(admin.post("/key/generate", json={"team_id": team["team_id"], "user_id": user["user_id"]}))["key"]
    done(admin.post("/key/update", json={"key": key, "metadata": {"a": [1, {"b": None}]}, "tpm_limit": 10**10}))
    info = done(admin.get("/key/info", params={"key": key}))["info"]
    assert info["metadata"]["a"] == [1, {"b": None}], "JSON comes back as it went in"
    assert info["tpm_limit"] == 10**10, "an integer of eight bytes too"
    shown = done(admin.get("/team/info", params={"team_id": team["team_id"]}))
    assert shown["team_info"]["metadata"] == {"cost": "it"}
    assert len(shown["keys"]) == 1
    done(admin.post("/team/update", json={"team_id": team["team_id"], "max_budget": 7}))
    assert done(admin.get("/key/list", params={"team_id": team["team_id"], "size": 10}))["total_count"] == 1
    done(admin.post("/key/block", json={"key": key}))
    done(admin.post("/key/delete", json={"keys": [key]}))
    done(admin.post("/team/delete", json={"team_ids": [team["team_id"]]}))
    done(admin.post("/user/delete", json={"user_ids": [user["user_id"]]}))
    assert done(admin.get("/key/list", params={"team_id": team["team_id"], "size": 10}))["total_count"] == 0


def test_budgets_live_and_go(admin):
    budget = done(admin.post("/budget/new", json={"max_budget": 1.5, "budget_duration": "30d"}))["budget_id"]
    done(admin.post("/budget/update", json={"budget_id": budget, "max_budget": 2.5}))
    assert done(admin.post("/budget/info", json={"budgets": [budget]}))[0]["max_budget"] == 2.5
    done(admin.post("/budget/delete", json={"id": budget}))


@pytest.mark.parametrize("twice", ["key_alias", "user_id"])
def test_what_must_be_unique_is_refused_the_second_time(admin, twice):
    path = "/key/generate" if twice == "key_alias" else "/user/new"
    body = {twice: uuid4().hex, "auto_create_key": False} if twice == "user_id" else {twice: uuid4().hex}
    assert admin.post(path, json=body).status_code == 200
    assert admin.post(path, json=body).status_code in {400, 409}


@pytest.mark.parametrize(
    "path",
    [
        "/user/list?page=1&page_size=25",
        "/team/list",
        "/v2/team/list?page=1&page_size=10",
        "/key/list?page=1&size=100&return_full_object=true&sort_by=spend",
        f"/user/daily/activity?{DAYS}",
        f"/team/daily/activity?{DAYS}",
        f"/spend/logs/v2?{DAYS}&page=1&page_size=10".replace("2026-01-01", "2026-01-01 00:00:00").replace(
            "2030-01-01", "2030-01-01 00:00:00"
        ),
        f"/spend/logs?{DAYS}",
        "/spend/keys",
        "/spend/users",
        "/global/spend",
        "/global/spend/logs",
        "/global/spend/keys?limit=5",
        "/global/spend/models?limit=5",
        f"/global/activity?{DAYS}",
        "/model/info",
        "/budget/list",
        "/customer/list",
        "/health/readiness",
    ],
)
def test_what_administrators_read_is_answered(admin, path):
    done(admin.get(path))

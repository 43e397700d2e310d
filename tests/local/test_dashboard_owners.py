"""Whose spend the tables show: of keys without an alias, of nobody's keys, and of who is gone."""

import hashlib
import time
from uuid import uuid4

import httpx
import pytest
from conftest import wait_for
from dashboard_panels import TRACES, Panels
from dashboard_rehearsal import WRITTEN

from stargate.dashboards.rehearsal.macros import Range
from stargate.dashboards.rehearsal.stores import Stores
from stargate.dashboards.rehearsal.traffic import HAIKU, SONNET, Caller, Driver, total
from stargate.gateway.local.state import folder
from stargate.gateway.local.traces import reader

COST, CLAUDE_CODE = "stargate-cost", "stargate-claude-code"
# LiteLLM writes spend every ten seconds, and a trace every second.
SECONDS = 60
TINY = 1e-9


class Story(Panels):
    """A team with two keys of nobody, without an alias, and one of a user: first as it is, then when it is gone."""

    def __init__(self, gateway):
        super().__init__(Stores(gateway.state, TRACES))
        self.began, self.gateway = time.time(), gateway
        self.team, self.user = (f"{uuid4().hex[:8]}-{word}" for word in ("team", "user"))
        self.driver = Driver(gateway.state)
        with gateway.admin() as admin:
            self.team_id = str(admin.create_team(team_alias=self.team)["team_id"])
            admin.create_user(user_id=self.user, auto_create_key=False)
        self.keys = [self.key(None, budget) for budget in (1.0, 2.0)]
        self.session = str(uuid4())
        for caller, session in (*((one, str(uuid4())) for one in self.keys), (self.key(self.user, 4.0), self.session)):
            self.driver.code(caller, SONNET, session, "[[bedrock: tokens=20]] Hello")
        self.driver.ask(self.keys[1], HAIKU, "Hello")
        rows = wait_for(self.written, lambda found: found >= len(self.driver.traffic.sent), SECONDS)
        assert rows == len(self.driver.traffic.sent)

    @property
    def over(self):
        return Range(begin=self.began - 60, end=time.time())

    def key(self, user, budget):
        made = self.gateway.key(key_alias=None, team_id=self.team_id, user_id=user, max_budget=budget)
        return Caller(alias="none", key=made, user=user, team=self.team)

    def written(self):
        return self.gateway.rows(WRITTEN, *([[self.team_id]] * 4))[0][0]

    def ours(self, uid, name, *of):
        """Which of these names a variable offers."""
        return sorted(set(self.chosen(uid)[name]) & set(of))

    def delete(self):
        for what, field, value in (("team", "team_ids", self.team_id), ("user", "user_ids", self.user)):
            headers = {"Authorization": f"Bearer {self.gateway.master_key}"}
            answer = httpx.post(f"{self.gateway.admin_url}/{what}/delete", headers=headers, json={field: [value]})
            assert answer.status_code == 200, answer.text


@pytest.fixture(scope="module")
def story(gateway):
    found = Story(gateway)
    yield found
    found.stores.close()


@pytest.fixture(scope="module")
def gone(story):
    """The same, after the team, its keys and the user were deleted."""
    story.delete()
    assert story.gateway.rows('SELECT 1 FROM "LiteLLM_TeamTable" WHERE team_id = %s', story.team_id) == []
    return story


def test_keys_without_an_alias_are_told_apart(story):
    rows = story.table(COST, "Keys", team=[story.team])
    assert len(rows) == 3
    hashes = {hashlib.sha256(one.key.encode()).hexdigest()[:8]: one for one in story.keys}
    found = {row["Key"]: row for row in rows if row["User"] == "None"}
    assert set(found) == set(hashes), "each by the beginning of its hash"
    assert sorted(row["Budget"] for row in found.values()) == [1.0, 2.0], "each with its own budget"
    for short, caller in hashes.items():
        spent = total([one for one in story.driver.traffic.sent if one.caller == caller])
        assert abs(found[short]["Spent"] - float(spent)) < TINY


@pytest.mark.parametrize(
    ("uid", "title", "column", "choice"),
    [
        (COST, "Users", "User", "team"),
        (COST, "Keys", "User", "team"),
        (CLAUDE_CODE, "Each developer", "Developer", "person"),
    ],
)
def test_a_user_leads_to_the_users_traces_and_nobody_to_none(story, uid, title, column, choice):
    chosen = {choice: [story.team] if choice == "team" else ["None", story.user]}
    found = {row[column]: row["Traces"] for row in story.table(uid, title, **chosen)}
    assert found == {story.user: f"{TRACES}/users/{story.user}", "None": None}
    rows = story.table(uid, title, **chosen, traces=[""])
    assert {row["Traces"] for row in rows} == {None}, "no link where there are no traces"


def test_a_session_leads_to_the_traces_that_carry_it(story):
    rows = story.table(CLAUDE_CODE, "Dearest sessions", person=[story.user])
    assert [row["Traces"] for row in rows] == [f"{TRACES}/sessions/{story.session}"]
    state = folder(story.gateway.state).load()

    def sessions():
        traces = reader.last(state, 1000, attributes=True)
        return [one["attributes"].get("session.id") for one in traces if one["user"] == story.user]

    assert wait_for(sessions, bool, SECONDS) == [story.session]


def test_what_a_deleted_team_spent_stays_in_the_sums(gone):
    assert gone.ours(COST, "team", gone.team, gone.team_id) == [gone.team_id], "by its id: its name is gone too"
    spent = gone.value(COST, "Spent", team=gone.ours(COST, "team", gone.team, gone.team_id))
    assert abs(spent - float(total(gone.driver.traffic.sent))) < TINY
    assert {row["Key"] for row in gone.table(COST, "Keys", team=[gone.team_id])} == {"a deleted key"}


def test_what_a_deleted_user_asked_stays_among_the_developers(gone):
    chosen = gone.ours(CLAUDE_CODE, "person", gone.user)
    assert chosen == [gone.user]
    [row] = gone.table(CLAUDE_CODE, "Each developer", person=chosen)
    assert row["Sessions"] == 1
    assert abs(gone.value(CLAUDE_CODE, "Spent", person=chosen) - row["Spent"]) < TINY, "though its key is gone too"

"""Every query of every panel and variable on what real traffic left, and the sums of what was sent."""

import json
import re
import time
from collections import Counter
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from conftest import wait_for

from stargate.dashboards.rehearsal import expressions
from stargate.dashboards.rehearsal.macros import Range
from stargate.dashboards.rehearsal.stores import Stores, of_cloudwatch, targets
from stargate.dashboards.rehearsal.traffic import Driver, total
from stargate.gateway.local.state import folder

FOLDER = Path(__file__).parents[2] / "dashboards" / "json"
DASHBOARDS = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
TRACES = "https://traces.example.com/project/stargate"
# Three scrapes, and LiteLLM writes spend every ten seconds; twice that for a busy machine.
SECONDS = 90
# The store hides what is younger (`-search.latencyOffset` in gateway/local/metrics.py).
HIDDEN_SECONDS = 1
TINY = 1e-9

# What cannot show anything here, and what it would need.
CONDITIONS = {
    "cloudwatch": "AWS only: its names are checked in tests/dashboards/test_cloudwatch.py",
}
REQUESTS = "litellm_proxy_total_requests_metric_total"
TOKENS = "litellm_input_tokens_metric_total"
# What LiteLLM writes by and by, each table by itself.
WRITTEN = """SELECT least(
    (SELECT count(*) FROM "LiteLLM_SpendLogs" WHERE team_id = ANY(%s)),
    (SELECT coalesce(sum(successful_requests), 0) FROM "LiteLLM_DailyTeamSpend" WHERE team_id = ANY(%s)),
    (SELECT coalesce(sum(successful_requests), 0) FROM "LiteLLM_DailyUserSpend" d
       JOIN "LiteLLM_VerificationToken" k ON k.token = d.api_key WHERE k.team_id = ANY(%s)),
    (SELECT coalesce(sum(successful_requests), 0) FROM "LiteLLM_DailyTagSpend" d
       JOIN "LiteLLM_VerificationToken" k ON k.token = d.api_key
       WHERE k.team_id = ANY(%s) AND tag NOT LIKE '%%/%%')
)"""


class Rehearsal:
    """A gateway after the traffic, and what was sent."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.began = time.time()
        self.driver = Driver(gateway.state, f"{uuid4().hex[:8]}-")
        self.stores = Stores(gateway.state, TRACES)
        self.driver.people()
        self.driver.round(0)
        self.driver.failures(0)
        # A rate needs two scrapes, and something between them.
        self.counted()
        self.driver.round(1)
        self.counted()
        rows = wait_for(self.written, lambda found: found >= len(self.answered), SECONDS)
        assert rows == len(self.answered), "every table holds every answered request"

    @property
    def teams(self):
        return list(self.driver.traffic.teams)

    @property
    def people(self):
        return sorted({caller.user for caller in self.driver.traffic.callers if caller.user})

    @property
    def sent(self):
        return [one for one in self.driver.traffic.sent if one.caller]

    @property
    def answered(self):
        return [one for one in self.sent if one.status == 200]

    @property
    def over(self):
        return Range(begin=self.began - 60, end=time.time() - HIDDEN_SECONDS)

    def counted(self):
        """Wait until the store has read every request, and what is counted only after the answer: its tokens."""
        for counter, expected in ((REQUESTS, len(self.sent)), (TOKENS, sum(o.usage.prompt for o in self.answered))):
            ours = f'sum({counter}{{team_alias=~"{"|".join(self.teams)}"}})'
            found = wait_for(
                lambda ours=ours: [one.values[0] for one in self.stores.instant(ours, self.over.end).series],
                lambda values, expected=expected: values == [expected],
                SECONDS,
            )
            assert found == [expected], counter

    def written(self):
        teams = list(self.driver.traffic.teams.values())
        return self.gateway.rows(WRITTEN, teams, teams, teams, teams)[0][0]

    def panel(self, uid, title):
        return next(one for one in DASHBOARDS[uid]["panels"] if one["title"] == title and "targets" in one)

    def chosen(self, uid):
        """The variables as a person would choose them to see this traffic alone."""
        values = self.stores.variables(DASHBOARDS[uid], self.over)
        return values | {name: ours for name, ours in (("team", self.teams), ("person", self.people)) if name in values}

    def shown(self, uid, title):
        """A panel's answer for this traffic alone."""
        return self.stores.answer(self.panel(uid, title)["targets"][0], self.chosen(uid), self.over)

    def value(self, uid, title):
        return self.shown(uid, title).rows[0][0]

    def counters(self, uid, title):
        """What a panel's counters stand at, by its legend: its own matchers and labels, without the rate."""
        target = self.panel(uid, title)["targets"][0]
        bare = (
            re.sub(r"rate\(([^()]*)\[[^\]]*\]\)", r"\1", target["expr"]).removeprefix("60 * ").removeprefix("3600 * ")
        )
        assert bare != target["expr"]
        found = self.stores.answer(target | {"expr": bare, "instant": True}, self.chosen(uid), self.over)
        return {one.name: one.values[0] for one in found.series}


@pytest.fixture(scope="module")
def rehearsal(gateway):
    found = Rehearsal(gateway)
    yield found
    found.stores.close()


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_no_panel_is_empty(rehearsal, uid):
    dashboard = DASHBOARDS[uid]
    values, over = rehearsal.stores.variables(dashboard, rehearsal.over), rehearsal.over
    shown, empty = 0, []
    for panel, target in targets(dashboard):
        if of_cloudwatch(target):
            assert target["datasource"]["type"] in CONDITIONS
            continue
        shown += 1
        if rehearsal.stores.answer(target, values, over).empty:
            empty.append(f"{panel['title']} ({target['refId']})")
    assert empty == []
    assert shown > 10


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_every_variable_has_values(rehearsal, uid):
    values = rehearsal.stores.variables(DASHBOARDS[uid], rehearsal.over)
    assert all(values.values()), values
    asked = {
        one["name"]
        for one in DASHBOARDS[uid]["templating"]["list"]
        if one["type"] == "query" and one["datasource"]["type"] not in CONDITIONS
    }
    assert asked <= set(values)


def test_a_panel_that_shows_nothing_would_be_seen(rehearsal):
    target = rehearsal.panel("stargate-gateway", "Requests by status")["targets"][0]
    values = rehearsal.stores.variables(DASHBOARDS["stargate-gateway"], rehearsal.over)
    assert not rehearsal.stores.answer(target, values, rehearsal.over).empty
    misspelt = target | {"expr": target["expr"].replace("status_code", "status").replace("_total{", "{")}
    assert rehearsal.stores.answer(misspelt, values, rehearsal.over).empty


def test_every_metric_and_label_of_a_panel_is_one_that_exists(rehearsal):
    state = folder(rehearsal.gateway.state).load()
    headers = {"Authorization": f"Bearer {state.secrets.metrics_key}"}
    text = httpx.get(f"{rehearsal.gateway.admin_url}/metrics/", headers=headers).text
    # A family without a sample has a help text already; a histogram's series are named after it.
    described = set(re.findall(r"^# HELP (\S+)", text, re.MULTILINE))
    unknown = set()
    for dashboard in DASHBOARDS.values():
        names = [one["name"] for one in dashboard["templating"]["list"]]
        for panel, target in targets(dashboard):
            if "expr" not in target:
                continue
            for one in expressions.selectors(expressions.parsed(target["expr"], names)):
                found = rehearsal.stores.labels(one.metric, rehearsal.over)
                if not found and one.metric in described:
                    continue
                if not one.labels <= found:
                    unknown.add((panel["title"], one.metric, *sorted(one.labels - found)))
    assert unknown == set()


def test_requests_are_counted_one_by_one(rehearsal):
    statuses = Counter(str(one.status) for one in rehearsal.sent)
    assert {"200", "403", "429", "503"} <= set(statuses), "answers, refusals, limits and errors were all sent"
    assert rehearsal.counters("stargate-gateway", "Requests by status") == statuses
    models = Counter("other" if "unheard" in one.model else one.model for one in rehearsal.sent)
    assert rehearsal.counters("stargate-gateway", "Requests by model") == models


def test_what_a_budget_refused_is_no_throttle_of_bedrocks(rehearsal):
    ours = f'team_alias=~"{"|".join(rehearsal.teams)}"'
    target = rehearsal.panel("stargate-models", "Throttles by model")["targets"][0]["expr"]
    counter, matchers = re.search(r"rate\((\w+)\{(.*),requested_model", target).groups()
    found = rehearsal.stores.instant(
        f"sum by (requested_model) ({counter}{{{matchers},{ours}}})", time.time(), "{{requested_model}}"
    )
    # One was healed by a retry, one was not.
    assert {one.name: one.values[0] for one in found.series} == {"claude-haiku-4-5": 1, "claude-opus-4-5": 1}
    limits = rehearsal.counters("stargate-gateway", "Limits that refused")
    refused = sum(one.status == 429 and one.caller.alias.endswith("intern-trial") for one in rehearsal.sent)
    assert limits["litellm_rate_limit budget"] == refused > 0
    assert limits["vendor_rate_limit None"] == 1


def test_tokens_are_counted_one_by_one(rehearsal):
    prompt, answer = Counter(), Counter()
    for one in rehearsal.answered:
        prompt[one.model] += one.usage.prompt
        answer[one.model] += one.usage.output
    table = rehearsal.shown("stargate-cost", "Teams")
    named = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    by_team = Counter()
    for one in rehearsal.answered:
        by_team[one.caller.team] += one.usage.prompt + one.usage.output
    assert {row["Team"]: int(row["Tokens"]) for row in named} == by_team
    assert {row["Team"]: int(row["Requests"]) for row in named} == Counter(
        one.caller.team for one in rehearsal.answered
    )
    # The panels by model have no choice of team: ours is put into their matchers.
    for title, expected in (("Prompt tokens a minute", prompt), ("Answer tokens a minute", answer)):
        target = rehearsal.panel("stargate-models", title)["targets"][0]["expr"]
        counter = re.search(r"rate\((\w+)\{", target)[1]
        ours = f'sum by (requested_model) ({counter}{{team_alias=~"{"|".join(rehearsal.teams)}"}})'
        found = rehearsal.stores.instant(ours, time.time(), "{{requested_model}}")
        assert {one.name: one.values[0] for one in found.series} == expected, title


def test_dollars_agree_to_the_last_digit(rehearsal):
    expected = float(total(rehearsal.answered))
    logged = rehearsal.gateway.rows(
        'SELECT sum(spend) FROM "LiteLLM_SpendLogs" WHERE team_id = ANY(%s)',
        list(rehearsal.driver.traffic.teams.values()),
    )[0][0]
    assert expected > 0.1
    assert abs(logged - expected) < TINY, "what LiteLLM charged is the price table times the tokens"
    assert abs(rehearsal.value("stargate-cost", "Spent") - logged) < TINY
    assert abs(sum(rehearsal.counters("stargate-cost", "Dollars an hour, by team").values()) - logged) < TINY
    by_model = {one.name: one.values for one in rehearsal.shown("stargate-cost", "Spent a day, by model").series}
    for model, values in by_model.items():
        of_model = total([one for one in rehearsal.answered if one.model == model])
        assert abs(sum(values) - float(of_model)) < TINY, model


def test_claude_code_is_told_from_other_clients(rehearsal):
    asked = [one for one in rehearsal.answered if one.session]
    assert 0 < len(asked) < len(rehearsal.answered)
    uid = "stargate-claude-code"
    assert rehearsal.value(uid, "Developers") == len({one.caller.user for one in asked})
    assert rehearsal.value(uid, "Sessions") == len({one.session for one in asked})
    assert abs(Decimal(str(rehearsal.value(uid, "Spent"))) - total(asked)) < Decimal(str(TINY))
    read = sum(one.usage.cache_read for one in asked) / sum(one.usage.prompt for one in asked)
    assert abs(rehearsal.value(uid, "Read from the cache") - read) < TINY


def test_a_user_leads_to_the_users_traces(rehearsal):
    table = rehearsal.shown("stargate-claude-code", "Each developer")
    found = {row[0]: row[table.columns.index("Traces")] for row in table.rows}
    assert found == {person: f"{TRACES}/users/{person}" for person in found}
    with Stores(rehearsal.gateway.state) as stores:
        target = rehearsal.panel("stargate-claude-code", "Each developer")["targets"][0]
        values = stores.variables(DASHBOARDS["stargate-claude-code"], rehearsal.over)
        rows = stores.answer(target, values, rehearsal.over).rows
    assert rows
    assert {row[table.columns.index("Traces")] for row in rows} == {None}, "no link where there are no traces"

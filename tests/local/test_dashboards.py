"""Every query of every panel and variable on what real traffic left, and the sums of what was sent."""

import re
from collections import Counter
from decimal import Decimal

import httpx
import pytest
from dashboard_panels import DASHBOARDS, panel_of
from dashboard_rehearsal import Rehearsal

from stargate.dashboards.alerts import recording
from stargate.dashboards.gateway import OBJECTIVE
from stargate.dashboards.rehearsal import expressions, macros
from stargate.dashboards.rehearsal.macros import Range
from stargate.dashboards.rehearsal.stores import of_cloudwatch, targets
from stargate.dashboards.rehearsal.traffic import total
from stargate.gateway.local.state import folder

TINY = 1e-9
# How long a new task is a new one (frame.py), and how long it may take to be scraped.
STARTING_SECONDS = 300 + 90
# What the emulator takes at the least for an answer of forty tokens, a hundredth of a second between its parts.
SLOW_SECONDS = 0.15

# What cannot show anything here, and what it would need.
CONDITIONS = {
    "cloudwatch": "AWS only: its names are checked in tests/dashboards/test_cloudwatch.py",
}


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
    target = panel_of("stargate-gateway", "Requests by status")["targets"][0]
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


def test_failures_of_bedrocks_are_seen_on_both_routes(rehearsal):
    failed = Counter(
        (one.model, one.status)
        for one in rehearsal.sent
        if one.status in {429, 503} and not one.caller.alias.endswith("intern-trial")
    )
    assert {one.route.path for one in rehearsal.sent if one.status == 503} == {"/v1/chat/completions", "/v1/messages"}
    # One throttle was healed by a retry, and counts all the same.
    failed["claude-haiku-4-5", 429] += 1
    causes = rehearsal.counters("stargate-models", "Failures by cause")
    assert {tuple(name.split()[:2]): count for name, count in causes.items()} == {
        (model, str(status)): count for (model, status), count in failed.items()
    }
    shares = rehearsal.counters("stargate-models", "Failing calls, by model")
    for model, share in shares.items():
        of_model = sum(count for (name, _), count in failed.items() if name == model)
        calls = of_model + len([one for one in rehearsal.answered if one.model == model])
        assert abs(share - of_model / calls) < TINY, model
    assert len(shares) == 3


def test_what_a_budget_refused_is_no_throttle_of_bedrocks(rehearsal):
    assert rehearsal.counters("stargate-models", "Throttles by model") == {
        "claude-haiku-4-5": 1,
        "claude-opus-4-5": 1,
        "claude-sonnet-4-5": 1,
    }
    limits = rehearsal.counters("stargate-gateway", "Limits that refused")
    refused = sum(one.status == 429 and one.caller.alias.endswith("intern-trial") for one in rehearsal.sent)
    assert limits["litellm_rate_limit budget"] == refused > 0
    assert limits["vendor_rate_limit None"] == 2


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
    assert rehearsal.counters("stargate-models", "Prompt tokens a minute") == prompt
    assert rehearsal.counters("stargate-models", "Answer tokens a minute") == answer


def test_a_models_time_for_each_token_is_that_of_whole_answers(rehearsal):
    mean = rehearsal.counters("stargate-models", "Model's time for each token, mean")["claude-sonnet-4-5"]
    of_model = [one for one in rehearsal.answered if one.model == "claude-sonnet-4-5"]
    slow = [one for one in of_model if one.stream and not one.session]
    taken = mean * sum(one.usage.output for one in of_model)
    # Each of them begins at once and then goes on slowly.
    assert len(slow) * SLOW_SECONDS < taken < sum(one.seconds for one in of_model)


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


def test_nothing_is_in_flight_at_rest(rehearsal):
    for uid, title in (
        ("stargate-gateway", "In flight"),
        ("stargate-gateway", "In flight by task"),
        ("stargate-claude-code", "Requests open"),
    ):
        [found] = rehearsal.shown(uid, title).series
        assert min(found.values) == 0, "the scrape itself is not counted"


def test_a_start_is_marked_once_and_where_it_was(rehearsal):
    [started] = rehearsal.stores.instant('process_start_time_seconds{job="litellm"}', rehearsal.over.end).series
    over = Range(begin=started.values[0] - 60, end=rehearsal.over.end)
    for dashboard in DASHBOARDS.values():
        marks = {
            one["name"]: rehearsal.stores.range(macros.promql(one["expr"], {}, over), over).series
            for one in dashboard["annotations"]["list"]
        }
        [found] = marks["Starts of LiteLLM"]
        assert set(found.values) == {1000 * started.values[0]}, "all points are one mark"
        assert max(found.times) <= started.values[0] + STARTING_SECONDS, "and it is not new for ever"
        assert marks["Firing alerts"] == [], "a local gateway has no alerts, but the question is understood"


def test_a_month_is_as_long_as_it_is(rehearsal):
    statement = panel_of("stargate-cost", "This month, at this pace")["targets"][0]["rawSql"]
    over = re.search(r"nullif\((.*), 0\) AS forecast", statement)[1]
    for moment in ("2026-02-15 00:00Z", "2026-11-16 00:00Z", "2026-12-16 12:00Z"):
        found = rehearsal.stores.table("SELECT " + over.replace("now()", f"timestamptz '{moment}'"))
        assert float(found.rows[0][0]) == 0.5, moment
    assert rehearsal.value("stargate-cost", "This month, at this pace") >= rehearsal.value("stargate-cost", "Spent")


def test_the_error_budget_is_what_was_recorded_of_every_request(rehearsal):
    [left] = rehearsal.shown("stargate-gateway", "Error budget left").series
    counted = {}
    for name, least in (
        (recording.COUNTED, len(rehearsal.driver.traffic.sent)),
        (recording.FAILED, sum(one.status == 503 for one in rehearsal.sent)),
    ):
        [found] = rehearsal.stores.instant(f"sum_over_time({name}[1d])", rehearsal.over.end).series
        # Rules are evaluated twice a minute: the youngest requests were counted once so far, all others twice.
        assert found.values[0] >= least > 0, name
        counted[name] = found.values[0]
    assert left.values == [pytest.approx(1 - counted[recording.FAILED] / counted[recording.COUNTED] / OBJECTIVE)]

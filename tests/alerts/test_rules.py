"""Every alert fires when it must, stays silent beside it, and waits as long as it says: judged by promtool."""

import re
import subprocess

import pytest
import yaml
from alert_cases import CASES, Case
from alert_series import budget
from situations import SITUATIONS

from stargate.dashboards.alerts.rule import Pace
from stargate.dashboards.alerts.rules import alerts, render
from stargate.dashboards.alerts.thresholds import Thresholds
from stargate.errors import StargateError

THRESHOLDS = Thresholds(tasks=2)
ALERTS = {alert.name: (group, alert) for group, every in alerts(THRESHOLDS).items() for alert in every}
EVERY = [(name, case) for cases in CASES.values() for name, case in cases.items()]
STORIES = [(name, situation, title) for title, situation in SITUATIONS.items() for name in situation.alerts]


def promtool(*words, cwd=None):
    return subprocess.run(["promtool", *words], capture_output=True, text=True, check=False, cwd=cwd)


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    place = tmp_path_factory.mktemp("rules")
    for name, text in render(stack="dev", thresholds=THRESHOLDS).items():
        (place / name).write_text(text)
    return place


def judge(rules, name, series, expected, step=1):
    """Whether promtool finds, at each minute, as many series of the alert in each state as expected."""
    group = {
        "interval": f"{step}m",
        "input_series": [{"series": one, "values": values} for one, values in series.items()],
        "promql_expr_test": [
            {
                "expr": f'count by (severity, stack) (ALERTS{{alertname="{name}",alertstate="{state}"}})',
                "eval_time": f"{minute}m",
                "exp_samples": [{"labels": f'{{severity="{ALERTS[name][1].severity}",stack="dev"}}', "value": 1}]
                if present
                else [],
            }
            for minute, state, present in expected
        ],
    }
    test = {"rule_files": [f"{ALERTS[name][0]}.yaml"], "evaluation_interval": f"{step}m"}
    file = rules / f"{name}.test"
    file.write_text(yaml.safe_dump({**test, "tests": [group]}))
    done = promtool("test", "rules", file.name, cwd=rules)
    return done.returncode == 0, done.stdout + done.stderr


def timeline(name, case):
    """Nothing before the condition holds, pending while it waits, firing from then on."""
    wait = ALERTS[name][1].hold_seconds // 60
    before = [(case.holds - 1, state, False) for state in ("pending", "firing")] if case.holds else []
    waiting = [(case.holds, "pending", True), (case.holds + wait - 1, "firing", False)] if wait else []
    return [*before, *waiting, (case.holds + wait, "firing", True), (case.holds + wait, "pending", False)]


@pytest.mark.parametrize(("name", "case"), EVERY, ids=[name for name, _ in EVERY])
def test_it_fires_when_it_must_and_not_before(rules, name, case):
    passed, said = judge(rules, name, case.wrong, timeline(name, case), case.step)
    assert passed, said


@pytest.mark.parametrize(("name", "case"), EVERY, ids=[name for name, _ in EVERY])
def test_it_stays_silent_beside_it(rules, name, case):
    wait = ALERTS[name][1].hold_seconds // 60
    minutes = sorted({*range(0, case.minutes, 7), case.holds + wait, case.minutes})
    passed, said = judge(rules, name, case.fine, [(minute, "firing", False) for minute in minutes], case.step)
    assert passed, said


@pytest.mark.parametrize(
    ("name", "situation", "title"), STORIES, ids=[f"{name}: {title}" for name, _, title in STORIES]
)
def test_somebody_is_told_when_it_is_worth_it(rules, name, situation, title):
    expected = [(minute, "firing", minute in situation.told) for minute in (*situation.told, *situation.silent)]
    assert expected, title
    passed, said = judge(rules, name, situation.series, expected, situation.step)
    assert passed, said


def test_a_case_that_is_off_would_be_seen(rules):
    case = CASES["gateway"]["GatewayErrors"]
    early = Case(wrong=case.wrong, fine=case.fine, holds=case.holds - 1)
    assert not judge(rules, "GatewayErrors", early.wrong, timeline("GatewayErrors", early))[0], "one minute too early"
    assert not judge(rules, "GatewayErrors", case.fine, timeline("GatewayErrors", case))[0], "nothing is wrong"


def test_promtool_takes_every_file(rules):
    done = promtool("check", "rules", *(str(path) for path in rules.glob("*.yaml")))
    assert done.returncode == 0, done.stdout + done.stderr
    (rules / "broken").write_text((rules / "gateway.yaml").read_text().replace("humanizePercentage", "humanise"))
    assert promtool("check", "rules", str(rules / "broken")).returncode != 0, "a template that cannot be would be seen"


def test_vmalert_takes_every_file(rules):
    done = subprocess.run(["vmalert", "-dryRun", f"-rule={rules}/*.yaml"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("name", "series", "labels", "summary"),
    [
        (
            "TeamBudgetNear",
            CASES["money"]["TeamBudgetNear"].wrong,
            {"team": "t1", "team_alias": "growth"},
            "85% of the budget of team growth is spent",
        ),
        (
            "TeamBudgetNear",
            budget("team", 'team="t1",team_alias=""', 15, 100),
            {"team": "t1"},
            "85% of the budget of team t1 is spent",
        ),
        (
            "KeyBudgetNear",
            budget("api_key", 'api_key_alias="",hashed_api_key="abc"', 1, 20),
            {"hashed_api_key": "abc"},
            "95% of the budget of key abc is spent",
        ),
    ],
    ids=["a team", "a team without an alias", "a key without an alias"],
)
def test_what_a_person_is_told_names_the_thing_and_the_figure(rules, name, series, labels, summary):
    test = {
        "rule_files": ["money.yaml"],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": one, "values": values} for one, values in series.items()],
                "alert_rule_test": [
                    {
                        "alertname": name,
                        "eval_time": "6m",
                        "exp_alerts": [
                            {
                                "exp_labels": {"severity": "ticket", "stack": "dev", "component": "money", **labels},
                                "exp_annotations": {
                                    "summary": summary,
                                    "description": ALERTS[name][1].description,
                                    "dashboard": "/d/stargate-cost",
                                    "runbook": f"docs/runbooks/money.md#{name.lower()}",
                                },
                            }
                        ],
                    }
                ],
            }
        ],
    }
    (rules / "told.test").write_text(yaml.safe_dump(test))
    done = promtool("test", "rules", "told.test", cwd=rules)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_two_alerts_have_one_name():
    names = [alert.name for every in alerts().values() for alert in every]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"error_share": 5}, "alerts.error_share is 5: choose a share below 1"),
        ({"objective": 1.0}, "alerts.objective is 1.0"),
        ({"latency_seconds": 0}, "choose more than 0"),
    ],
)
def test_thresholds_that_always_or_never_fire_are_refused(fields, message):
    with pytest.raises(StargateError, match=re.escape(message)):
        Thresholds(**fields)


def test_a_stack_without_a_name_is_refused():
    with pytest.raises(StargateError, match="the stack's name is empty"):
        render(stack="")


def test_a_faster_pace_divides_windows_and_holds_alike():
    paced = yaml.safe_load(render(stack="dev", pace=Pace(divisor=30))["gateway.yaml"])["groups"][0]
    rule = next(rule for rule in paced["rules"] if rule.get("alert") == "GatewayErrors")
    assert rule["for"] == "10s"
    assert "[10s]" in rule["expr"]
    assert paced["interval"] == "1s"

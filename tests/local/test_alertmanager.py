"""Alertmanager takes the configuration, and what it publishes reaches the right topic in words for people."""

import os
import subprocess
from datetime import UTC, datetime, timedelta

import boto3
import httpx
import pytest
import yaml
from alert_programs import Receiver, alertmanager, wait_for
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.server import ThreadedMotoServer
from moto.sns.models import sns_backends

from stargate.dashboards.alerts.alertmanager import render, to_sns, to_webhook
from stargate.dashboards.alerts.rule import Severity

REGION = "us-west-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
PAGE = f"arn:aws:sns:{REGION}:123456789012:page"
TICKET = f"arn:aws:sns:{REGION}:123456789012:ticket"


def alert(name, severity, **labels):
    return {
        "labels": {"alertname": name, "severity": severity, "stack": "dev", **labels},
        "annotations": {
            "summary": "85% of the budget of team growth is spent",
            "description": "At its end they are refused.",
            "dashboard": "/d/stargate-cost",
            "runbook": "docs/runbooks/money.md#teambudgetnear",
        },
        "startsAt": datetime.now(UTC).isoformat(),
    }


def send(url, *alerts):
    httpx.post(f"{url}/api/v2/alerts", json=list(alerts)).raise_for_status()


@pytest.fixture(scope="module")
def sns():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def topics(sns):
    client = boto3.client(
        "sns", endpoint_url=sns, region_name=REGION, aws_access_key_id="local", aws_secret_access_key="local"
    )
    return {severity: client.create_topic(Name=severity.value)["TopicArn"] for severity in Severity}


def published(topic):
    return [
        (subject, message)
        for _, message, subject, *_ in sns_backends[DEFAULT_ACCOUNT_ID][REGION].topics[topic].sent_notifications
    ]


def test_amtool_takes_it(tmp_path):
    config = render(
        region=REGION, page_topic_arn=PAGE, ticket_topic_arn=TICKET, grafana_url="https://grafana.example.com"
    )
    for name, text, accepted in (
        ("sns", config, True),
        ("webhook", to_webhook("http://127.0.0.1:1/"), True),
        ("broken", config.replace("receiver: page", "receiver: pager"), False),
    ):
        (tmp_path / name).write_text(text)
        done = subprocess.run(["amtool", "check-config", tmp_path / name], capture_output=True, text=True, check=False)
        assert (done.returncode == 0) is accepted, done.stdout + done.stderr


def test_pages_and_tickets_reach_their_own_topics_in_words(tmp_path, sns, topics):
    config = to_sns(region=REGION, topics=topics, api_url=sns, grafana_url="https://grafana.example.com/", hurry=True)
    with alertmanager(tmp_path, config, {**os.environ, **CREDENTIALS}) as url:
        send(url, alert("TeamBudgetNear", "ticket"), alert("DatabaseFails", "page"))
        assert wait_for(lambda: published(topics["page"]) and published(topics["ticket"]), 20)
    [(subject, message)] = published(topics["ticket"])
    assert subject == "[ticket] dev: TeamBudgetNear (1)"
    assert len(subject) <= 100, "SNS takes no more"
    assert message.startswith("85% of the budget of team growth is spent\nAt its end they are refused.\nSince 20")
    assert "Dashboard: https://grafana.example.com/d/stargate-cost\n" in message
    assert "What to do: docs/runbooks/money.md#teambudgetnear" in message
    assert "GRAFANA" not in message
    assert "<no value>" not in message
    assert [subject for subject, _ in published(topics["page"])] == ["[page] dev: DatabaseFails (1)"]


def test_a_page_silences_only_the_ticket_about_the_same_thing(tmp_path):
    with Receiver() as receiver, alertmanager(tmp_path, to_webhook(receiver.url)) as url:
        send(url, alert("Hard", "page", concerns="throttling", model_group="a"))
        assert wait_for(lambda: "Hard" in receiver.names(), 20)
        send(
            url,
            alert("Same", "ticket", concerns="throttling", model_group="a"),
            alert("OtherModel", "ticket", concerns="throttling", model_group="b"),
            alert("OtherThing", "ticket"),
        )
        assert wait_for(lambda: {"OtherModel", "OtherThing"} <= receiver.names(), 20)
        send(url, {**alert("Last", "ticket"), "endsAt": (datetime.now(UTC) + timedelta(hours=1)).isoformat()})
        assert wait_for(lambda: "Last" in receiver.names(), 20)
        assert "Same" not in receiver.names(), "the page says it already"


def test_alerts_without_a_severity_are_not_lost():
    config = yaml.safe_load(render(region=REGION, page_topic_arn=PAGE, ticket_topic_arn=TICKET))
    assert config["route"]["receiver"] == "ticket"
    assert config["receivers"][1]["sns_configs"][0]["topic_arn"] == TICKET

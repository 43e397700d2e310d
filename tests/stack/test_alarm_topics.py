"""Where alarms and the budget's notices go: who may send them, who hears them."""

import json

import pulumi
import pytest

from stargate.components import alarm_topics
from stargate.components.alarm_topics import AlarmTopics, AlarmTopicsArgs, key_policy
from stargate.components.budget import MonthlyBudget, MonthlyBudgetArgs
from stargate.components.testing import Graph, record
from stargate.errors import StargateError

ACCOUNT = "123456789012"


def topics(**settings) -> Graph:
    return record(lambda: AlarmTopics("topics", AlarmTopicsArgs(**settings)))


def test_messages_are_encrypted_with_a_key_that_turns():
    graph = topics()
    key = graph.one("aws:kms/key:Key")
    assert key.inputs["enableKeyRotation"] is True
    used = {topic.inputs["kmsMasterKeyId"] for topic in graph.of("Topic")}
    assert used == {"arn:aws:kms:us-west-1:123456789012:topics-key"}, "alarms cannot use alias/aws/sns"


def faults_of_a_topic_policy(policy: str) -> list[str]:
    """Who may publish without saying for this account, or without TLS."""
    statements = json.loads(policy)["Statement"]
    faults = []
    for statement in (s for s in statements if s["Effect"] == "Allow"):
        services = statement["Principal"].get("Service", "somebody") if statement["Principal"] != "*" else "everybody"
        account = statement.get("Condition", {}).get("StringEquals", {}).get("aws:SourceAccount")
        if account != ACCOUNT and services != "events.amazonaws.com":
            faults.append(f"{services} for any account")
    if not any(s["Effect"] == "Deny" and "aws:SecureTransport" in str(s.get("Condition")) for s in statements):
        faults.append("without TLS")
    return faults


def test_a_topic_takes_messages_of_this_accounts_services_over_tls_alone():
    for name in ("topics-page-policy", "topics-ticket-policy"):
        policy = topics().one("TopicPolicy", name).inputs["policy"]
        assert faults_of_a_topic_policy(policy) == []
    weak = json.loads(policy)
    weak["Statement"] = [{k: v for k, v in s.items() if k != "Condition"} for s in weak["Statement"]]
    assert len(faults_of_a_topic_policy(json.dumps(weak))) == 2, "the check sees what it looks for"


def test_eventbridge_is_admitted_without_a_condition_and_never_to_the_topic_that_wakes():
    def admits(policy: str) -> list[dict]:
        return [s for s in json.loads(policy)["Statement"] if "events.amazonaws.com" in str(s["Principal"])]

    page, ticket = (topics().one("TopicPolicy", f"topics-{s}-policy").inputs["policy"] for s in ("page", "ticket"))
    assert admits(page) == [], "it does not say for which account it acts"
    (statement,) = admits(ticket)
    assert "Condition" not in statement, "with one SNS would drop every event"
    (key,) = admits(key_policy(ACCOUNT))
    assert "Condition" not in key, "with one KMS would drop every event"


def test_the_account_keeps_the_key_and_every_publisher_may_use_it():
    statements = json.loads(key_policy(ACCOUNT))["Statement"]
    assert statements[0]["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    users = {service for s in statements[1:] for service in s["Principal"]["Service"]}
    assert users == {*alarm_topics.PUBLISHERS, alarm_topics.EVENTS}
    assert "*" not in users


def test_addresses_are_subscribed_by_what_they_are():
    graph = topics(page_emails=["Ops@example.com"], ticket_urls={"chat": "https://example.com/hook"})
    mail = graph.one("TopicSubscription", "topics-page-ops-example-com").inputs
    hook = graph.one("TopicSubscription", "topics-ticket-chat").inputs
    assert (mail["protocol"], mail["endpoint"]) == ("email", "Ops@example.com")
    assert (hook["protocol"], hook["endpoint"]) == ("https", "https://example.com/hook")
    assert hook["endpointAutoConfirms"] is True, "an endpoint that stays deaf fails the deploy"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"page_emails": ["ops"]}, "alarms.page_emails has ops: choose an address"),
        ({"ticket_emails": ["a@example.com", "a@example.com"]}, "name each address once"),
        ({"page_urls": {"Pager Duty": "https://example.com"}}, "alarms.page_urls names Pager Duty"),
        ({"ticket_urls": {"chat": "http://example.com/t0k3n"}}, "alarms.ticket_urls chat does not begin with https"),
    ],
)
def test_an_address_that_aws_could_not_reach_is_refused(settings, sentence):
    with pytest.raises(StargateError, match=sentence) as refused:
        AlarmTopicsArgs(**settings)
    assert "t0k3n" not in str(refused.value), "an address may carry a token"


def test_an_address_that_is_secret_stays_so():
    def program() -> None:
        url = pulumi.Output.secret("https://example.com/hook")
        AlarmTopics("topics", AlarmTopicsArgs(page_urls={"pager": url}))

    assert "endpoint" in record(program).one("TopicSubscription").secrets


def test_a_budget_tells_before_and_when_it_is_spent_and_when_it_will_be():
    budget = record(lambda: MonthlyBudget("budget", MonthlyBudgetArgs(limit_usd=75, topic_arn="arn:topic")))
    made = budget.one("Budget").inputs
    assert (made["budgetType"], made["timeUnit"], made["limitAmount"]) == ("COST", "MONTHLY", "75.00")
    notices = [(n["threshold"], n["notificationType"]) for n in made["notifications"]]
    assert notices == [(80, "ACTUAL"), (100, "ACTUAL"), (100, "FORECASTED")]
    assert {tuple(n["subscriberSnsTopicArns"]) for n in made["notifications"]} == {("arn:topic",)}
    assert "costFilters" not in made, "Bedrock's tokens carry no tag"


def test_a_budget_of_a_tag_counts_what_carries_it():
    args = MonthlyBudgetArgs(limit_usd=75, topic_arn="arn", tag=("Stack", "dev"))
    made = record(lambda: MonthlyBudget("budget", args)).one("Budget").inputs
    assert made["costFilters"] == [{"name": "TagKeyValue", "values": ["user:Stack$dev"]}]


@pytest.mark.parametrize(
    ("settings", "sentence"), [({"limit_usd": 0}, "budget.limit_usd is 0"), ({"tag": ("Stack", "")}, "budget.tag")]
)
def test_a_budget_of_nothing_is_refused(settings, sentence):
    with pytest.raises(StargateError, match=sentence):
        MonthlyBudgetArgs(**({"limit_usd": 75, "topic_arn": "arn"} | settings))

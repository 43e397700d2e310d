"""What AWS knows reaches who must know: the table, what is made of it, the runbook."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from stargate.components import alarm_events as events
from stargate.components.alarm_rules import Metric, Scope, Severity, Subject, Thresholds, condition, description, limit
from stargate.components.alarm_subjects import (
    BalancerWatch,
    CacheWatch,
    CertificateWatch,
    DatabaseWatch,
    ModelWatch,
    NatWatch,
    ServicesWatch,
)
from stargate.components.alarm_table import ALARMS
from stargate.components.alarm_topics import AlarmTopics, AlarmTopicsArgs
from stargate.components.alarms import Alarms, AlarmsArgs
from stargate.components.testing import Graph, parsed, record
from stargate.errors import StargateError

RUNBOOK = Path(__file__).parents[2] / "docs" / "runbooks" / "aws.md"
ACCOUNT = "123456789012"
CLUSTER = f"arn:aws:ecs:us-west-1:{ACCOUNT}:cluster/stargate"
KEYS = [alarm.key for alarm in ALARMS]

WATCHED = {
    "load_balancer": BalancerWatch(suffix="app/lb/1", target_suffixes={"gateway": "targetgroup/gateway/2"}),
    "services": ServicesWatch(
        cluster_name="stargate",
        cluster_arn=CLUSTER,
        service_names={"gateway": "gateway-1", "metrics": "metrics-1"},
    ),
    "database": DatabaseWatch(identifier="db-1", storage_gb=20, memory_gb=1, max_connections=80),
    "nat": NatWatch(group_names={"us-west-1a": "nat-a"}, gateway_ids={"us-west-1b": "nat-1"}),
    "caches": {"gateway": CacheWatch(replication_group_id="valkey", nodes=2)},
    "models": {"sonnet": ModelWatch(id="us.anthropic.claude-sonnet-4-5", tokens_per_minute=200_000)},
    "certificates": {"edge": CertificateWatch(arn="arn:certificate", region="us-east-1")},
    "distribution_id": "E123",
}


def built(**settings) -> Graph:
    def program() -> None:
        topics = AlarmTopics("topics", AlarmTopicsArgs())
        edge = AlarmTopics("edge-topics", AlarmTopicsArgs(region="us-east-1"))
        Alarms("alarms", AlarmsArgs(topics=topics, edge_topics=edge, **(WATCHED | settings)))

    return record(program)


def alarm(graph: Graph, name: str) -> dict:
    return graph.one("MetricAlarm", f"alarms-{name}").inputs


def test_every_alarm_has_its_section_of_the_runbook_and_every_section_its_alarm():
    sections = re.findall(r"^## (\S+)$", RUNBOOK.read_text(encoding="utf-8"), flags=re.MULTILINE)
    keys = [*KEYS, *(event.key for event in events.EVENTS), events.DATABASE_EVENT]
    assert sorted(sections) == sorted(keys)


def test_a_section_of_the_runbook_says_what_it_means_where_to_look_and_what_to_do():
    text = RUNBOOK.read_text(encoding="utf-8")
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    lacking = [s.split("\n", 1)[0] for s in sections if not all(f"**{w}**" in s for w in ("Means", "Look", "Do"))]
    assert lacking == []


def test_every_alarm_of_the_table_is_made_where_everything_is_watched():
    made = {a.inputs["alarmDescription"].rsplit("#", 1)[1] for a in built().of("MetricAlarm")}
    assert made == set(KEYS)


def test_what_is_not_given_is_not_watched():
    def program() -> None:
        Alarms("alarms", AlarmsArgs(topics=AlarmTopics("topics", AlarmTopicsArgs()), database=WATCHED["database"]))

    scopes = {a.key for a in ALARMS if a.scope in {Scope.DATABASE, Scope.BURSTABLE_DATABASE}}
    assert {a.name.removeprefix("alarms-") for a in record(program).of("MetricAlarm")} == scopes


def test_a_page_wakes_and_tells_of_its_end_and_a_ticket_does_neither():
    graph = built()
    page, ticket = alarm(graph, "unserved-gateway"), alarm(graph, "service-cpu-gateway")
    assert page["alarmActions"] == page["okActions"] == ["arn:aws:sns:us-west-1:123456789012:topics-page"]
    assert ticket["alarmActions"] == ["arn:aws:sns:us-west-1:123456789012:topics-ticket"]
    assert "okActions" not in ticket


def test_nobody_is_woken_for_what_users_do_not_notice():
    graph = built()
    assert alarm(graph, "service-down-metrics")["alarmActions"] == ["arn:aws:sns:us-west-1:123456789012:topics-ticket"]
    asked = built(essential=("gateway", "metrics"))
    assert alarm(asked, "service-down-metrics")["alarmActions"] == ["arn:aws:sns:us-west-1:123456789012:topics-page"]


def test_nobody_is_woken_where_pages_are_off():
    actions = {action for a in built(pages=False).of("MetricAlarm") for action in a.inputs["alarmActions"]}
    assert all(action.endswith("ticket") for action in actions)


def test_a_service_behind_the_balancer_is_judged_by_its_health_and_another_by_its_silence():
    names = {a.name for a in built().of("MetricAlarm")}
    assert "alarms-service-down-metrics" in names
    assert "alarms-service-down-gateway" not in names
    assert alarm(built(), "unserved-gateway")["treatMissingData"] == "breaching", "no data is no task"


def test_errors_are_a_share_of_enough_requests():
    made = alarm(built(), "public-errors")
    result, *metrics = made["metricQueries"]
    assert result["expression"].startswith("IF(requests > 20, 100 * ")
    assert result["returnData"] is True
    assert {m["metric"]["metricName"] for m in metrics} == {
        "RequestCount",
        "HTTPCode_Target_5XX_Count",
        "HTTPCode_ELB_5XX_Count",
    }
    assert {json.dumps(m["metric"]["dimensions"]) for m in metrics} == {'{"LoadBalancer": "app/lb/1"}'}


def test_shares_are_of_what_the_subject_offers():
    graph = built(thresholds=Thresholds(database_connections_percent=50))
    assert alarm(graph, "database-connections")["threshold"] == 40
    assert alarm(graph, "database-storage")["threshold"] == pytest.approx(0.08 * 20 * 1024**3)
    assert alarm(graph, "bedrock-quota-sonnet")["threshold"] == 160_000


def test_a_model_without_a_known_quota_is_watched_for_refusals_alone():
    graph = built(models={"haiku": ModelWatch(id="us.anthropic.claude-haiku-4-5")})
    assert {a.name for a in graph.of("MetricAlarm") if "bedrock" in a.name} == {
        "alarms-bedrock-throttles-haiku",
        "alarms-bedrock-errors-haiku",
    }


def test_every_node_of_a_cache_is_watched_by_itself():
    ids = [
        a.inputs["dimensions"]["CacheClusterId"] for a in built().of("MetricAlarm") if a.name.startswith("alarms-cache")
    ]
    assert Counter(ids) == {"valkey-001": 2, "valkey-002": 2}, "in whatever order the mocks come to them"


def test_what_is_in_another_region_alarms_there():
    graph = built()
    for name in ("edge-errors", "certificate-expiry-edge"):
        made = alarm(graph, name)
        assert made["region"] == "us-east-1"
        assert "edge-topics" in made["alarmActions"][0], "an alarm cannot reach a topic of another region"
    assert {r.inputs.get("region") for r in graph.of("Topic")} == {None, "us-east-1"}


@pytest.mark.parametrize(
    "watched",
    [{"distribution_id": "E123"}, {"certificates": {"edge": CertificateWatch(arn="arn", region="us-east-1")}}],
)
def test_an_alarm_that_could_reach_nobody_is_refused(watched):
    with pytest.raises(StargateError, match="no topic is there: add edge_topics in us-east-1"):
        record(lambda: Alarms("alarms", AlarmsArgs(topics=AlarmTopics("topics", AlarmTopicsArgs()), **watched)))


def test_a_failed_deploy_of_this_cluster_is_told_and_no_other():
    rule = parsed(built().one("EventRule", "alarms-deployment-failed"), "eventPattern")
    assert rule["resources"] == [{"prefix": f"arn:aws:ecs:us-west-1:{ACCOUNT}:service/stargate/"}]
    assert rule["detail"] == {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]}


def test_a_task_that_ecs_ends_is_no_event():
    detail = parsed(built().one("EventRule", "alarms-task-stopped"), "eventPattern")["detail"]
    assert detail["clusterArn"] == [CLUSTER]
    codes = detail["$or"][0]["stopCode"]
    assert "EssentialContainerExited" in codes
    assert not {"ServiceSchedulerInitiated", "SpotInterruption", "UserInitiated"} & set(codes)


def test_every_event_is_a_ticket_whose_message_names_the_runbook():
    for target in built().of("EventTarget"):
        assert target.inputs["arn"].endswith("topics-ticket")
        transformer = target.inputs["inputTransformer"]
        text = json.loads(transformer["inputTemplate"])
        assert "docs/runbooks/aws.md#" in text
        assert set(re.findall(r"<(\w+)>", text)) == set(transformer["inputPaths"])


def test_the_databases_own_events_are_tickets():
    subscription = built().one("EventSubscription").inputs
    assert subscription["eventCategories"] == ["failover", "failure", "low storage"]
    assert subscription["sourceIds"] == ["db-1"]
    assert subscription["snsTopic"].endswith("topics-ticket")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"database_cpu_percent": 0}, "choose more than 0 and at most 100"),
        ({"cache_memory_percent": 101}, "alarms.thresholds.cache_memory_percent is 101"),
        ({"certificate_days": -1}, "choose 0 or more"),
    ],
)
def test_a_limit_that_is_never_reached_or_always_is_refused(settings, sentence):
    with pytest.raises(StargateError, match=sentence):
        Thresholds(**settings)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: DatabaseWatch(identifier="x", storage_gb=20, memory_gb=0, max_connections=80), "memory_gb is 0"),
        (lambda: CacheWatch(replication_group_id="x", nodes=0), "has 0 nodes"),
        (lambda: ModelWatch(id="m", tokens_per_minute=0), "tokens_per_minute of m is 0"),
        (lambda: built(essential=("langfuse",)), "alarms.essential names langfuse: choose from gateway, metrics"),
        (lambda: limit(by_key("bedrock-quota"), Thresholds(), Subject(dimensions={})), "needs tokens_per_minute"),
    ],
)
def test_something_that_cannot_be_watched_is_refused(make, sentence):
    with pytest.raises(StargateError, match=sentence):
        make()


def by_key(key: str):
    return next(a for a in ALARMS if a.key == key)


@pytest.mark.parametrize("alarm", ALARMS, ids=KEYS)
def test_an_alarm_is_one_that_cloudwatch_takes(alarm):
    assert alarm.period_seconds in {60, 300, 86400}
    assert alarm.period_seconds * alarm.periods <= 86400, "CloudWatch looks back a day at most"
    assert (alarm.datapoints or 1) <= alarm.periods
    assert all(re.fullmatch(r"[a-z][A-Za-z0-9_]*", id_) for id_ in alarm.metrics)
    assert all(isinstance(m, Metric) and m.namespace.startswith("AWS/") for m in alarm.metrics.values())
    assert description(alarm).endswith(f"docs/runbooks/aws.md#{alarm.key}")
    assert " in " in condition(alarm, Thresholds())


def test_every_threshold_is_read_by_an_alarm():
    read = {a.threshold for a in ALARMS} | {n for a in ALARMS for n in re.findall(r"{(\w+)}", a.expression or "")}
    assert set(Thresholds.__dataclass_fields__) == read


def test_a_condition_reads_as_it_is_set():
    assert condition(by_key("database-connections"), Thresholds()) == (
        "DatabaseConnections > 80 % of max connections in 2 of 2 x 5 min"
    )


def test_pages_are_few():
    assert sum(a.severity is Severity.PAGE for a in ALARMS) <= len(ALARMS) / 3

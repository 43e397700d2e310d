"""What AWS says once, and no metric keeps: a deploy rolled back, a task that died, the database's own events."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from stargate.components.alarm_rules import RUNBOOK, RUNBOOKS

# The database's alarms page for what users notice; its events are read beside them.
DATABASE_EVENTS: Final = ("failover", "failure", "low storage")


@dataclass(frozen=True, kw_only=True)
class Event:
    """An event of ECS that becomes a ticket."""

    key: str
    """Names the resources and the section of the runbook."""
    summary: str
    fields: Mapping[str, str]
    """What the message tells, by JSON path."""


DATABASE_EVENT: Final = "database-event"
EVENTS: Final = (
    Event(
        key="deployment-failed",
        summary="A deploy did not come up and was rolled back.",
        fields={"service": "$.resources[0]", "reason": "$.detail.reason"},
    ),
    Event(
        key="task-stopped",
        summary="A task ended by itself.",
        fields={"service": "$.detail.group", "code": "$.detail.stopCode", "reason": "$.detail.stoppedReason"},
    ),
)


def pattern(key: str, cluster_arn: pulumi.Input[str]) -> dict[str, Any]:
    """Which events of a cluster are meant, as EventBridge spells it; outputs stay outputs."""
    if key == "deployment-failed":
        # A deployment's event names its service alone: the cluster stands in the middle of the service's ARN.
        services = pulumi.Output.from_input(cluster_arn).apply(_services)
        return {
            "source": ["aws.ecs"],
            "detail-type": ["ECS Deployment State Change"],
            "resources": [{"prefix": services}],
            "detail": {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]},
        }
    return {
        "source": ["aws.ecs"],
        "detail-type": ["ECS Task State Change"],
        "detail": {
            "clusterArn": [cluster_arn],
            "lastStatus": ["STOPPED"],
            # A task that ECS ends, as a deploy, scaling or Spot does, has another code.
            "$or": [
                {"stopCode": ["EssentialContainerExited", "TaskFailedToStart"]},
                {"containers": {"reason": [{"prefix": "OutOfMemoryError"}]}},
            ],
        },
    }


def _services(cluster_arn: str) -> str:
    return cluster_arn.replace(":cluster/", ":service/") + "/"


def message(event: Event, runbooks: str = RUNBOOKS) -> str:
    """The text of the message, its fields in angle brackets for EventBridge to fill in."""
    told = ", ".join(f"{name}: <{name}>" for name in event.fields)
    return json.dumps(f"{event.summary} {told}. Runbook: {runbooks}/{RUNBOOK}#{event.key}")


def watch_cluster(
    name: str,
    cluster_arn: pulumi.Input[str],
    topic_arn: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
    runbooks: str = RUNBOOKS,
) -> None:
    """Have a cluster's events of `EVENTS` sent to a topic."""
    for event in EVENTS:
        rule = aws.cloudwatch.EventRule(
            f"{name}-{event.key}",
            description=event.summary,
            event_pattern=pulumi.Output.json_dumps(pattern(event.key, cluster_arn)),
            opts=opts,
        )
        aws.cloudwatch.EventTarget(
            f"{name}-{event.key}-target",
            rule=rule.name,
            arn=topic_arn,
            input_transformer={"input_paths": dict(event.fields), "input_template": message(event, runbooks)},
            opts=opts,
        )


def watch_database(
    name: str, identifier: pulumi.Input[str], topic_arn: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> None:
    """Have a database's own events sent to a topic."""
    aws.rds.EventSubscription(
        f"{name}-{DATABASE_EVENT}",
        sns_topic=topic_arn,
        source_type="db-instance",
        source_ids=[identifier],
        event_categories=list(DATABASE_EVENTS),
        opts=opts,
    )

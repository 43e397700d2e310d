"""CloudWatch's alarms on a stack: everything that AWS knows, sent to who must know."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from stargate.components import alarm_subjects as subjects
from stargate.components.alarm_events import watch_cluster, watch_database
from stargate.components.alarm_rules import (
    RUNBOOKS,
    Alarm,
    Scope,
    Severity,
    Subject,
    Thresholds,
    arithmetic,
    description,
    limit,
    severity,
)
from stargate.components.alarm_table import ALARMS
from stargate.components.alarm_topics import AlarmTopics
from stargate.components.edge_region import EDGE_REGION
from stargate.components.naming import component_name
from stargate.errors import StargateError


@dataclass(frozen=True, kw_only=True)
class AlarmsArgs:
    """What is watched, and where the alarms go. What is not given is not watched."""

    topics: AlarmTopics
    """Where alarms of the stack's own region go."""
    edge_topics: AlarmTopics | None = None
    """Topics in us-east-1, for the distribution and its certificate: CloudFront's metrics are kept there, and an alarm
    reads the metrics and reaches the topics of its own region alone."""
    pages: bool = True
    """Whether anybody is woken; every alarm is a ticket without."""
    essential: Sequence[str] = ("gateway",)
    """The roles of the services whose loss users notice; nobody is woken for the others."""
    thresholds: Thresholds = field(default_factory=Thresholds)
    """The limits, each with its unit in its name."""
    runbooks: str = RUNBOOKS
    """The address below which whoever is woken reads the runbooks."""
    dashboard_url: pulumi.Input[str] | None = None
    """The dashboard that every message leads to; none is named without."""
    load_balancer: subjects.BalancerWatch | None = None
    """The balancer as a whole, and each of its target groups."""
    services: subjects.ServicesWatch | None = None
    """Those of one cluster; one without a target group is judged by whether its tasks report at all."""
    database: subjects.DatabaseWatch | None = None
    """One RDS instance, and the sizes that shares are taken of."""
    nat: subjects.NatWatch | None = None
    """The private subnets' way out, zone by zone."""
    caches: Mapping[str, subjects.CacheWatch] = field(default_factory=dict)
    """Valkey groups, by the role that their alarms carry."""
    models: Mapping[str, subjects.ModelWatch] = field(default_factory=dict)
    """What is invoked on Bedrock, by the name that the alarms carry."""
    certificates: Mapping[str, subjects.CertificateWatch] = field(default_factory=dict)
    """Certificates of ACM, by the role that their alarms carry."""
    distribution_id: pulumi.Input[str] | None = None
    """CloudFront's distribution; needs `edge_topics`."""

    def __post_init__(self) -> None:
        """Refuse an alarm that could reach nobody, and a role that is not there."""
        elsewhere = [c.region for c in self.certificates.values() if c.region]
        if self.distribution_id is not None:
            elsewhere.append(EDGE_REGION)
        for region in elsewhere:
            if region not in {t.region for t in (self.topics, self.edge_topics) if t}:
                raise StargateError(
                    f"alarms watch something in {region} and no topic is there: add edge_topics in {region}"
                )
        known = self.targets | frozenset(self.services.service_names if self.services else ())
        for role in self.essential if known else ():
            if role not in known:
                raise StargateError(f"alarms.essential names {role}: choose from {', '.join(sorted(known))}")

    @property
    def targets(self) -> frozenset[str]:
        """The roles behind the load balancer."""
        return frozenset(self.load_balancer.target_suffixes if self.load_balancer else ())


class Alarms(pulumi.ComponentResource):
    """An alarm for each line of `ALARMS` and each subject that it is for, and the events that no metric keeps.

    Builds: the metric alarms; rules for failed deploys and tasks that end by themselves; the subscription of RDS's
    events. A page tells of its end as well. It makes no topics: `AlarmTopics` does.
    """

    def __init__(self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build them."""
        super().__init__("stargate:index:Alarms", component_name(name), None, opts)
        self._name, self._args = name, args
        self._below = pulumi.ResourceOptions(parent=self)
        watched = list(_watched(args))
        for alarm in ALARMS:
            for scope, subject in watched:
                if scope is alarm.scope:
                    self._alarm(alarm, subject)
        if args.services:
            watch_cluster(name, args.services.cluster_arn, args.topics.ticket_arn, self._below, args.runbooks)
        if args.database:
            watch_database(name, args.database.identifier, args.topics.ticket_arn, self._below)
        self.register_outputs({})

    def _alarm(self, alarm: Alarm, subject: Subject) -> None:
        args = self._args
        level = severity(alarm, subject, pages=args.pages)
        topic = self._topic(level, subject.region)
        aws.cloudwatch.MetricAlarm(
            "-".join(part for part in (self._name, alarm.key, subject.role) if part),
            alarm_description=self._description(alarm),
            comparison_operator=alarm.compare,
            threshold=limit(alarm, args.thresholds, subject),
            evaluation_periods=alarm.periods,
            datapoints_to_alarm=alarm.datapoints or alarm.periods,
            treat_missing_data=alarm.missing,
            alarm_actions=[topic],
            # Whoever was woken may sleep again.
            ok_actions=[topic] if level is Severity.PAGE else None,
            region=subject.region,
            opts=self._below,
            **_reading(alarm, args.thresholds, subject),
        )

    def _description(self, alarm: Alarm) -> pulumi.Output[str]:
        url = pulumi.Output.from_input(self._args.dashboard_url or "")
        return url.apply(lambda known: description(alarm, self._args.runbooks, known))

    def _topic(self, level: Severity, region: str | None) -> pulumi.Output[str]:
        args = self._args
        topics = args.topics
        if args.edge_topics and region == args.edge_topics.region:
            topics = args.edge_topics
        return topics.page_arn if level is Severity.PAGE else topics.ticket_arn


def _watched(args: AlarmsArgs) -> Iterator[tuple[Scope, Subject]]:
    essential = frozenset(args.essential)
    if args.load_balancer:
        yield from subjects.of_balancer(args.load_balancer, essential)
    if args.services:
        yield from subjects.of_services(args.services, essential, args.targets)
    if args.database:
        yield from subjects.of_database(args.database)
    if args.nat:
        yield from subjects.of_nat(args.nat)
    for role, cache in args.caches.items():
        yield from subjects.of_cache(role, cache)
    for role, model in args.models.items():
        yield from subjects.of_model(role, model)
    for role, certificate in args.certificates.items():
        yield subjects.of_certificate(role, certificate)
    if args.distribution_id is not None:
        yield subjects.of_distribution(args.distribution_id, EDGE_REGION)


def _reading(alarm: Alarm, thresholds: Thresholds, subject: Subject) -> dict[str, Any]:
    """The metric that an alarm reads, or the metrics and what is made of them."""
    expression = arithmetic(alarm, thresholds)
    if expression is None:
        (metric,) = alarm.metrics.values()
        return {
            "namespace": metric.namespace,
            "metric_name": metric.name,
            "statistic": metric.statistic,
            "period": alarm.period_seconds,
            "dimensions": subject.dimensions,
        }
    queries = [
        aws.cloudwatch.MetricAlarmMetricQueryArgs(
            id=id_,
            return_data=False,
            metric=aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
                namespace=metric.namespace,
                metric_name=metric.name,
                stat=metric.statistic,
                period=alarm.period_seconds,
                dimensions=subject.dimensions,
            ),
        )
        for id_, metric in alarm.metrics.items()
    ]
    result = aws.cloudwatch.MetricAlarmMetricQueryArgs(
        id="result", expression=expression, label=alarm.key, return_data=True
    )
    return {"metric_queries": [result, *queries]}

"""What is seen of the gateway, and who hears of what."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import pulumi

import stargate.dashboards
from stargate import components as on_aws
from stargate.components import alerting, grafana, metrics_store
from stargate.components.settings.connections import limit, memory_gib
from stargate.components.settings.stack import LITELLM
from stargate.dashboards import scrape
from stargate.dashboards.alerts import alertmanager, rules
from stargate.dashboards.alerts.rule import Dashboard
from stargate.errors import StargateError
from stargate.gateway import spend_reader
from stargate.gateway.models import Model
from stargate.stack.base import Stack
from stargate.stack.entrance import GRAFANA, TRACES

SOURCE: Final = Path(stargate.dashboards.__file__).parent
# The key under which the metrics store finds LiteLLM's metrics key.
METRICS_KEY: Final = "LITELLM_METRICS_KEY"
# The store's own password, which opens its metrics and Grafana's.
PASSWORD: Final = f"%{{{metrics_store.PASSWORD}}}"
LOOPBACK: Final = "127.0.0.1"
# Domains that stand for others (RFC 2606), as in the settings that we ship.
PLACEHOLDER: Final = re.compile(r"[@.](example\.(com|net|org)|(example|invalid|test))$")
# The store's hostname.
METRICS: Final = "metrics"


def topics(stack: Stack, region: str | None = None) -> on_aws.AlarmTopicsArgs:
    """Who is woken, and who is told in the morning. Raises `StargateError` where nobody could be woken."""
    chosen, url = stack.settings.alarms, pulumi.Config().get_secret("alarmPageUrl")
    if chosen.pages and not chosen.page_emails and url is None:
        raise StargateError(
            "alarms.pages is true and nobody is named: set alarms.page_emails, or the secret alarmPageUrl, or leave "
            "pages out"
        )
    if chosen.page_emails and not chosen.pages:
        raise StargateError(
            f"alarms.page_emails names {chosen.page_emails[0]} and alarms.pages is false: set pages, or name them in "
            "ticket_emails"
        )
    named = dict.fromkeys((*chosen.page_emails, *chosen.ticket_emails))
    unread = [email for email in named if PLACEHOLDER.search(email)]
    # The topics for CloudFront have the same addresses: once is enough.
    if unread and region is None:
        pulumi.log.warn(f"nobody reads {' and '.join(unread)}: name your own in alarms of Pulumi.{stack.name}.yaml")
    return on_aws.AlarmTopicsArgs(
        page_emails=chosen.page_emails,
        ticket_emails=chosen.ticket_emails,
        page_urls={"on-call": url} if url is not None else {},
        region=region,
    )


def observability(
    stack: Stack,
    *,
    place: on_aws.Placement,
    database: on_aws.Database,
    gateway: on_aws.Gateway,
    front: on_aws.FrontDoor,
    pages: on_aws.Pages,
    topics: on_aws.AlarmTopics,
    langfuse: on_aws.Langfuse | None,
    traces: on_aws.Pages | None,
) -> on_aws.ObservabilityArgs:
    """The metrics store with its alerts, and Grafana with its dashboards."""
    chosen = stack.settings.observability.grafana
    return on_aws.ObservabilityArgs(
        **place.place(),
        metrics=_metrics(stack, place, gateway, pages, topics),
        grafana=on_aws.GrafanaSettings(
            root_url=pages.url,
            hostname=GRAFANA,
            secure_cookies=pages.public,
            database=database if chosen.own_database else None,
            spend_reader=on_aws.SpendReader(
                server=database,
                database=LITELLM,
                role=spend_reader.ROLE,
                password_secret=database.reader_secret(LITELLM),
            ),
            tracing_url=_project_url(stack, traces, langfuse),
            target_group_arns=front.target_group_arns(GRAFANA),
            wait_for=front.balancer.ready,
            desired_count=chosen.desired_count,
            cpu=chosen.cpu,
            memory_mb=chosen.memory_mb,
        ),
        grafana_image=stack.image(SOURCE / "Dockerfile", SOURCE),
    )


def _project_url(
    stack: Stack, pages: on_aws.Pages | None, langfuse: on_aws.Langfuse | None
) -> pulumi.Output[str] | str | None:
    """The page that the dashboards' links to traces lead below."""
    chosen = stack.settings.tracing
    if pages and langfuse:
        return pulumi.Output.concat(pages.url, "/project/", langfuse.project_id)
    return f"{chosen.host}/project/{chosen.project}" if chosen.host and chosen.project else None


def _metrics(
    stack: Stack,
    place: on_aws.Placement,
    gateway: on_aws.Gateway,
    pages: on_aws.Pages,
    topics: on_aws.AlarmTopics,
) -> on_aws.MetricsSettings:
    chosen = stack.settings.observability.metrics
    thresholds = replace(stack.settings.alarms.gateway_thresholds, tasks=stack.settings.gateway.tasks.least)
    page = topics.page_arn if stack.settings.alarms.pages else topics.ticket_arn
    reached = pulumi.Output.all(page, topics.ticket_arn, pages.url)
    return on_aws.MetricsSettings(
        scrape_config=scrape.scrape_config(
            stack=stack.name,
            litellm=scrape.Target(host=gateway.host, port=gateway.port, discovered=True),
            key=scrape.key_in_variable(METRICS_KEY),
            store=scrape.Target(host=LOOPBACK, port=metrics_store.PORT, password=PASSWORD),
            vmalert=scrape.Target(host=LOOPBACK, port=alerting.VMALERT_PORT),
            alertmanager=scrape.Target(host=LOOPBACK, port=alerting.ALERTMANAGER_PORT),
            grafana=scrape.Target(host=f"{GRAFANA}.{place.cluster.domain}", port=grafana.PORT, password=PASSWORD),
        ),
        scrape_secrets={METRICS_KEY: gateway.metrics_key_secret},
        rules=rules.render(stack=stack.name, thresholds=thresholds, runbooks=stack.settings.alarms.runbooks),
        alertmanager_config=reached.apply(
            lambda known: alertmanager.render(
                region=stack.region, page_topic_arn=known[0], ticket_topic_arn=known[1], grafana_url=known[2]
            )
        ),
        topic_arns=[topics.page_arn, topics.ticket_arn],
        topic_key_arn=topics.key_arn,
        hostname=METRICS,
        **chosen.model_dump(),
    )


def alarms(
    stack: Stack,
    *,
    topics: on_aws.AlarmTopics,
    edge_topics: on_aws.AlarmTopics | None,
    network: on_aws.Network,
    cluster: on_aws.Cluster,
    front: on_aws.FrontDoor,
    edge: on_aws.Edge,
    database: on_aws.Database,
    cache: on_aws.Cache | None,
    langfuse: on_aws.Langfuse | None,
    pages: Mapping[str, on_aws.Pages | None],
    services: Mapping[str, pulumi.Output[str]],
) -> on_aws.AlarmsArgs:
    """CloudWatch's alarms: what AWS knows by itself."""
    chosen, kept, shown = stack.settings.alarms, stack.settings.database, pages[GRAFANA]
    return on_aws.AlarmsArgs(
        topics=topics,
        edge_topics=edge_topics,
        pages=chosen.pages,
        thresholds=chosen.thresholds,
        runbooks=chosen.runbooks,
        dashboard_url=pulumi.Output.concat(shown.url, "/d/", Dashboard.PLATFORM.value) if shown else None,
        load_balancer=on_aws.BalancerWatch(
            suffix=front.balancer.suffix, target_suffixes=front.balancer.target_suffixes
        ),
        services=on_aws.ServicesWatch(
            cluster_name=cluster.name,
            cluster_arn=cluster.arn,
            service_names={**services, **langfuse_services(langfuse)},
        ),
        database=on_aws.DatabaseWatch(
            identifier=database.identifier,
            storage_gb=kept.storage_gb,
            memory_gb=memory_gib(kept.instance_class),
            max_connections=limit(kept.instance_class),
            burstable=kept.instance_class.startswith("db.t"),
        ),
        nat=on_aws.NatWatch(
            group_names=network.nat_group_names or None,
            gateway_ids=network.nat_gateway_ids or None,
            essential="bedrock-runtime" not in stack.settings.network.endpoints,
        ),
        caches=_caches(stack, cache, langfuse),
        models={model.name: _model(stack, model) for model in stack.models},
        certificates=_certificates(front, {"edge": edge, **pages} if edge_topics else {}),
        distribution_id=edge.distribution_id if edge_topics else None,
    )


def _certificates(
    front: on_aws.FrontDoor, edges: Mapping[str, on_aws.Edge | on_aws.Pages | None]
) -> dict[str, on_aws.CertificateWatch]:
    """The way's from the edge, and each edge's own; those are where CloudFront reads them."""
    found = {}
    if front.certificate_arn is not None:
        found["origin"] = on_aws.CertificateWatch(arn=front.certificate_arn)
    for role, edge in edges.items():
        if edge and edge.certificate_arn is not None:
            found[role] = on_aws.CertificateWatch(arn=edge.certificate_arn, region=on_aws.EDGE_REGION)
    return found


def _model(stack: Stack, model: Model) -> on_aws.ModelWatch:
    return on_aws.ModelWatch(
        id=model.profile_id(stack.settings.gateway.profile),
        tokens_per_minute=stack.settings.alarms.tokens_per_minute.get(model.name),
    )


def langfuse_services(langfuse: on_aws.Langfuse | None) -> dict[str, pulumi.Output[str]]:
    """Its services by role."""
    return _traced(langfuse.service_names) if langfuse else {}


def langfuse_log_groups(langfuse: on_aws.Langfuse | None) -> dict[str, pulumi.Output[str]]:
    """Its services' log groups, by the same roles."""
    return _traced(langfuse.log_group_names) if langfuse else {}


def _traced(by_role: Mapping[str, pulumi.Output[str]]) -> dict[str, pulumi.Output[str]]:
    """The roles as a stack calls them; the web's is that of its target group."""
    return {TRACES if role == "web" else f"{TRACES}-{role}": name for role, name in by_role.items()}


def _caches(stack: Stack, cache: on_aws.Cache | None, langfuse: on_aws.Langfuse | None) -> dict[str, on_aws.CacheWatch]:
    found = {}
    if cache:
        nodes = 1 + stack.settings.cache.replicas
        found["counters"] = on_aws.CacheWatch(replication_group_id=cache.replication_group_id, nodes=nodes)
    if langfuse:
        found[f"{TRACES}-queue"] = on_aws.CacheWatch(replication_group_id=langfuse.queue_id)
    return found


def budget(stack: Stack, topics: on_aws.AlarmTopics) -> on_aws.MonthlyBudgetArgs:
    """What the stack may cost a month, Bedrock's tokens aside. Raises `StargateError` for none."""
    return on_aws.MonthlyBudgetArgs(
        limit_usd=stack.settings.alarms.monthly_budget_usd or 0,
        topic_arn=topics.ticket_arn,
        tag=(on_aws.STACK_TAG, stack.name),
    )

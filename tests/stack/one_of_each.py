"""How to make one of every component beside neighbours that two of it share, for tests."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pulumi
from entrance_of_a_test import front_door, pages

import stargate.components as on_aws
import stargate.gateway
from stargate.components.pages import Everything

SOURCE = Path(stargate.gateway.__file__).parent
IMAGE = on_aws.ImageArgs(context=SOURCE / "image", dockerfile=SOURCE / "Dockerfile")
DOMAINS = {name: on_aws.Domain(name=f"{name}.example.com", zone="example.com") for name in ("one", "two")}
PROFILE = on_aws.InferenceProfile(
    id="us.anthropic.claude-haiku-4-5-20251001-v1:0",
    model="anthropic.claude-haiku-4-5-20251001-v1:0",
    destinations=("us-west-1",),
)
TASK = on_aws.Container(name="web", image="docker.io/library/web:1", port=80)


@dataclass(frozen=True)
class Ground:
    """What stands beside: in a whole program, one of each."""

    front: on_aws.FrontDoor
    cluster: on_aws.Cluster
    database: on_aws.Database
    cache: on_aws.Cache
    topics: on_aws.AlarmTopics

    @classmethod
    def made(cls) -> "Ground":
        applications = ("litellm", "langfuse", "grafana")
        readers = {"litellm": on_aws.Reader(role="reader")}
        return cls(
            front_door("ground", pages={"grafana": pages(public=True)}),
            on_aws.Cluster("cluster", on_aws.ClusterArgs(vpc_id="vpc-1", domain="dev.internal")),
            on_aws.Database("db", on_aws.DatabaseArgs(**WHERE, applications=applications, readers=readers)),
            on_aws.Cache("cache", on_aws.CacheArgs(**WHERE)),
            on_aws.AlarmTopics("topics", on_aws.AlarmTopicsArgs()),
        )

    @property
    def place(self) -> dict[str, object]:
        return {"cluster": self.cluster, **WHERE}


WHERE = {"vpc_id": "vpc-1", "subnet_ids": ["a", "b"]}
METRICS = {"scrape_config": "", "rules": {"a.yaml": "groups: []"}, "alertmanager_config": "route: {}"}


def _alarms(ground: Ground, name: str) -> None:
    args = on_aws.AlarmsArgs(
        topics=ground.topics,
        services=on_aws.ServicesWatch(
            cluster_name="cluster", cluster_arn="arn:cluster", service_names={"gateway": "gateway"}
        ),
        database=on_aws.DatabaseWatch(identifier="db", storage_gb=20, memory_gb=1, max_connections=84),
    )
    on_aws.Alarms(name, args)


def _gateway(ground: Ground, name: str) -> None:
    args = on_aws.GatewayArgs(
        **ground.place,
        image=IMAGE,
        config="",
        environment={},
        routes=on_aws.GatewayRoutes(liveliness="/alive", key_new="/new", key_info="/info", key_delete="/delete"),
        metrics_key={},
        profiles=[PROFILE],
        database=ground.database,
        cache=ground.cache,
        balancer=ground.front.balancer,
        stop_seconds=120,
    )
    on_aws.Gateway(name, args)


def _grafana(ground: Ground, name: str, **settings: str) -> None:
    args = on_aws.GrafanaArgs(
        **ground.place,
        **settings,
        root_url="https://grafana.example.com/",
        database=ground.database,
        image="grafana",
        repository_arn="arn:repository",
        metrics_url="http://metrics",
        metrics_password_secret="arn:password",
    )
    on_aws.Grafana(name, args)


def _langfuse(ground: Ground, name: str, **settings: str) -> None:
    args = on_aws.LangfuseArgs(
        **ground.place,
        **settings,
        data_subnet_ids=["c", "d"],
        database=ground.database,
        url="https://traces.example.com",
        admin_email="admin@example.com",
    )
    on_aws.Langfuse(name, args)


def _load_balancer(_: Ground, name: str) -> None:
    target = on_aws.Target(port=80, health_path="/", deregistration_seconds=120)
    args = on_aws.LoadBalancerArgs(
        **WHERE,
        vpc_cidr="10.10.0.0/16",
        targets={"web": target},
        listeners={"admin": on_aws.Listener(port=80, everything_to="web", from_groups={"door": "sg-1"})},
        idle_seconds=620,
        access_logs=True,
    )
    on_aws.LoadBalancer(name, args)


def _edge(_: Ground, name: str) -> None:
    args = on_aws.EdgeArgs(
        behaviours=[Everything()],
        guard_code="function handler(event) { return event.request; }",
        origin=on_aws.Origin(dns_name="lb.internal", vpc_origin_id="vo-1"),
        domain=DOMAINS[name],
        waf=on_aws.Waf(countries=("US",)),
    )
    on_aws.Edge(name, args)


def _observability(ground: Ground, name: str) -> None:
    args = on_aws.ObservabilityArgs(
        **ground.place,
        metrics=on_aws.MetricsSettings(**METRICS, persistent=True),
        grafana=on_aws.GrafanaSettings(root_url="https://grafana.example.com/", database=ground.database),
        grafana_image=IMAGE,
    )
    on_aws.Observability(name, args)


def _service(ground: Ground, name: str, hostname: str | None = None) -> None:
    args = on_aws.FargateServiceArgs(
        **ground.place, containers=[TASK], cpu=256, memory_mb=512, hostname=hostname or name
    )
    on_aws.FargateService(name, args)


def _clickhouse(ground: Ground, name: str, **settings: str) -> None:
    on_aws.ClickHouse(name, on_aws.ClickHouseArgs(**ground.place, **settings))


def _metrics_store(ground: Ground, name: str, **settings: str) -> None:
    on_aws.MetricsStore(name, on_aws.MetricsStoreArgs(**ground.place, **METRICS, persistent=True, **settings))


def _certificate(_: Ground, name: str) -> None:
    on_aws.Certificate(name, on_aws.CertificateArgs(domain=DOMAINS[name], region=on_aws.EDGE_REGION))


def _cluster(_: Ground, name: str) -> None:
    on_aws.Cluster(name, on_aws.ClusterArgs(vpc_id="vpc-1", domain=f"{name}.internal"))


def _door(_: Ground, name: str) -> None:
    on_aws.Door(name, on_aws.DoorArgs(**WHERE, vpc_cidr="10.10.0.0/16"))


def _budget(ground: Ground, name: str) -> None:
    on_aws.MonthlyBudget(name, on_aws.MonthlyBudgetArgs(limit_usd=1, topic_arn=ground.topics.ticket_arn))


def _pages(ground: Ground, name: str) -> None:
    on_aws.Pages(name, on_aws.PagesArgs(front=ground.front, role="grafana", domain=DOMAINS[name]))


def _vpc_origin(ground: Ground, name: str) -> None:
    way = on_aws.VpcOriginArgs(load_balancer_arn=ground.front.balancer.arn, port=80, tls=False)
    on_aws.VpcOrigin(name, way)


MAKERS: Mapping[type[pulumi.ComponentResource], Callable[[Ground, str], object]] = {
    on_aws.AlarmTopics: lambda _, name: on_aws.AlarmTopics(name, on_aws.AlarmTopicsArgs(page_emails=["a@example.com"])),
    on_aws.Alarms: _alarms,
    on_aws.Bucket: lambda _, name: on_aws.Bucket(name, on_aws.BucketArgs(expire_days={"": 1})),
    on_aws.Cache: lambda _, name: on_aws.Cache(name, on_aws.CacheArgs(**WHERE, eviction="noeviction")),
    on_aws.Certificate: _certificate,
    on_aws.ClickHouse: _clickhouse,
    on_aws.Cluster: _cluster,
    on_aws.Database: lambda _, name: on_aws.Database(name, on_aws.DatabaseArgs(**WHERE, applications=["app"])),
    on_aws.Door: _door,
    on_aws.Edge: _edge,
    on_aws.FargateService: _service,
    on_aws.FileSystem: lambda _, name: on_aws.FileSystem(name, on_aws.FileSystemArgs(**WHERE, user_id=1, backups=True)),
    on_aws.FrontDoor: lambda _, name: front_door(name, domain=DOMAINS[name]),
    on_aws.Gateway: _gateway,
    on_aws.Grafana: _grafana,
    on_aws.Image: lambda _, name: on_aws.Image(name, IMAGE),
    on_aws.Langfuse: _langfuse,
    on_aws.LoadBalancer: _load_balancer,
    on_aws.MetricsStore: _metrics_store,
    on_aws.Mirror: lambda _, name: on_aws.Mirror(name).reference(TASK.image),
    on_aws.MonthlyBudget: _budget,
    on_aws.Network: lambda _, name: on_aws.Network(name, on_aws.NetworkArgs()),
    on_aws.Observability: _observability,
    on_aws.Pages: _pages,
    on_aws.Secret: lambda _, name: on_aws.Secret(name, on_aws.SecretArgs(description="of a test")),
    on_aws.VpcOrigin: _vpc_origin,
}

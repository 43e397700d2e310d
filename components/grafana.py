"""Grafana: the dashboards, over the metrics store, the spend in PostgreSQL and CloudWatch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import pulumi
import pulumi_aws as aws

from stargate.components.container import Condition, Container, Volume
from stargate.components.database import Database
from stargate.components.grafana_hardening import HARDENED
from stargate.components.iam import Statement
from stargate.components.metrics_store import USER as METRICS_USER
from stargate.components.naming import component_name
from stargate.components.placement import Placement
from stargate.components.preparation import DONE, preparation
from stargate.components.probe import answers
from stargate.components.secret import Secret, SecretArgs
from stargate.components.service import FargateService, FargateServiceArgs, TargetGroup
from stargate.errors import StargateError

PORT: Final = 3000
HEALTH_PATH: Final = "/api/health"
# Its database, and its role there.
APPLICATION: Final = "grafana"
# As in Grafana's own image.
RUN_AS: Final = "472:0"
# Its data, and the sockets over which it speaks with its data sources' plugins.
WRITABLE: Final = {"data": "/var/lib/grafana", "temporary": "/tmp"}  # noqa: S108 - a mount of the container's own
# Of a small instance's eighty or so, most belong to LiteLLM.
MOST_CONNECTIONS: Final = 5
# A quarter of a core starts slowly, and at the very first start it also makes the database's tables.
START_SECONDS: Final = 180


def check_sessions(desired_count: int, *, shared: bool, what: str, missing: str) -> None:
    """Raise `StargateError` for several tasks that do not share a database.

    `what` is what the tasks are of, and `missing` says what is not there and how it gets there, as whoever reads the
    sentence calls it.
    """
    if desired_count > 1 and not shared:
        raise StargateError(
            f"{what}.desired_count is {desired_count} and {missing}, or choose one task, "
            "else each forgets whom the other signed in"
        )


@dataclass(frozen=True, kw_only=True)
class SpendReader:
    """A role that reads what the gateway spent; Grafana vets no query, so the role is the guard."""

    server: Database
    database: str
    role: str
    password_secret: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class GrafanaSettings:
    """Under which address it is read, where it keeps its own, and what it shows beside the metrics."""

    root_url: pulumi.Input[str]
    """The address in the browser, such as `https://grafana.example.com/`; its redirects lead there."""
    secure_cookies: bool = True
    """False where that address is http, as through a tunnel: a browser would send no session back."""
    database: Database | None = None
    """Where users, stars and sessions stay, with an application `grafana`; without, on the task's disk, which ends
    with the task."""
    spend_reader: SpendReader | None = None
    """As whom dashboards read what was spent; without, their panels of it stay empty."""
    tracing_url: pulumi.Input[str] | None = None
    """Where links to traces lead; nowhere without."""
    target_group_arns: Sequence[pulumi.Input[str]] = ()
    """The load balancer's groups that it stands in, at `PORT`."""
    wait_for: Sequence[pulumi.Resource] = ()
    """What must stand first, such as the listeners of the target groups."""
    hostname: str | None = None
    """Its name in the cluster's domain; the component's own without."""
    desired_count: int = 1
    """How many tasks; more than one needs `database`, where each finds the others' sessions."""
    cpu: int = 256
    memory_mb: int = 512
    """CPU units, 1024 of which are one vCPU, and MiB of memory; Fargate offers certain pairs."""

    def __post_init__(self) -> None:
        """Refuse two tasks that do not know each other's sessions."""
        check_sessions(
            self.desired_count,
            shared=self.database is not None,
            what="grafana",
            missing="grafana.database is not given: give it one",
        )


@dataclass(frozen=True, kw_only=True)
class GrafanaArgs(Placement, GrafanaSettings):
    """The settings, where it runs, its image, and the metrics store."""

    image: pulumi.Input[str]
    """Grafana with data sources and dashboards provisioned; they read the variables of `sources`."""
    repository_arn: pulumi.Input[str]
    """The ECR repository that holds the image."""
    metrics_url: pulumi.Input[str]
    """Where the metrics store is asked."""
    metrics_password_secret: pulumi.Input[str]
    """The secret with the store's password, as a task reads it."""


class Grafana(pulumi.ComponentResource):
    """Grafana as a service.

    Builds: the administrator's password, the key that encrypts what it stores, the service with its name. It admits
    nobody (see `allow`), and opens neither the metrics store nor a database to itself: `Observability` does.
    """

    url: str
    """Within the VPC."""
    hostname: str
    """In the cluster's domain, by which no other service is known there."""
    admin_password_secret_arn: pulumi.Output[str]
    """Counts on the first start with a database; later the password is the database's."""
    security_group_id: pulumi.Output[str]
    service_name: pulumi.Output[str]
    log_group_name: pulumi.Output[str]

    def __init__(self, name: str, args: GrafanaArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build it."""
        super().__init__("stargate:index:Grafana", component_name(name), None, opts)
        self._name, self._args = name, args
        self.hostname = args.hostname or name
        self._below = pulumi.ResourceOptions(parent=self)
        self._region = aws.get_region(opts=pulumi.InvokeOptions(parent=self)).region
        self.url = f"http://{self.hostname}.{args.cluster.domain}:{PORT}"
        self._admin = self._secret("admin", "Password of Grafana's administrator, admin")
        self._key = self._secret("key", "Key that encrypts the secrets in Grafana's database")
        self.admin_password_secret_arn = self._admin.arn
        self._service = self._run()
        self.security_group_id = self._service.security_group_id
        self.service_name, self.log_group_name = self._service.service_name, self._service.log_group_name
        self.register_outputs({"url": self.url, "service_name": self.service_name})

    def allow(self, name: str, source_security_group_id: pulumi.Input[str]) -> None:
        """Admit a load balancer, a tunnel or a service; `name` is its role, unique here."""
        self._service.allow(name, source_security_group_id, PORT, f"Grafana for {name}")

    def _secret(self, role: str, description: str) -> Secret:
        return Secret(f"{self._name}-{role}", SecretArgs(description=description), self._below)

    def _run(self) -> FargateService:
        args = self._args
        first = [preparation(image=args.image, files={}, writable=WRITABLE)]
        waits: Mapping[str, Condition] = DONE
        if args.database:
            bootstrap = args.database.bootstrap_container(APPLICATION)
            first.append(bootstrap)
            waits = {**DONE, bootstrap.name: Condition.SUCCESS}
        return FargateService(
            f"{self._name}-tasks",
            FargateServiceArgs(
                **args.place(),
                hostname=self.hostname,
                containers=[*first, self._container(waits)],
                volumes=[Volume(name=name) for name in WRITABLE],
                statements=[reading_cloudwatch()],
                target_groups=[TargetGroup(arn=arn, container="grafana", port=PORT) for arn in args.target_group_arns],
                desired_count=args.desired_count,
                cpu=args.cpu,
                memory_mb=args.memory_mb,
                grace_seconds=START_SECONDS,
                repository_arns=[args.repository_arn],
                depends_on=args.wait_for,
            ),
            self._below,
        )

    def _container(self, waits: Mapping[str, Condition]) -> Container:
        args = self._args
        environment: dict[str, pulumi.Input[str]] = {
            **HARDENED,
            "GF_LOG_CONSOLE_FORMAT": "json",
            "GF_METRICS_BASIC_AUTH_USERNAME": METRICS_USER,
            "GF_SERVER_HTTP_PORT": str(PORT),
            "GF_SERVER_ROOT_URL": args.root_url,
            # An edge sends the balancer's name as the host, and the browser's origin is another: a write would be
            # taken for a forged one. Source: Grafana, configuration, `csrf_trusted_origins`.
            "GF_SECURITY_CSRF_TRUSTED_ORIGINS": pulumi.Output.from_input(args.root_url).apply(_hostname),
            "GF_SECURITY_COOKIE_SECURE": _word(args.secure_cookies),
            # A browser that was told so once would refuse http under this name for a day.
            "GF_SECURITY_STRICT_TRANSPORT_SECURITY": _word(args.secure_cookies),
        }
        secrets: dict[str, pulumi.Input[str]] = {
            # Its own metrics are for whoever reads the store's, and for nobody who merely reaches its pages.
            "GF_METRICS_BASIC_AUTH_PASSWORD": args.metrics_password_secret,
            "GF_SECURITY_ADMIN_PASSWORD": self._admin.reference,
            "GF_SECURITY_SECRET_KEY": self._key.reference,
        }
        if args.database:
            environment |= _own_database(args.database)
            secrets["GF_DATABASE_PASSWORD"] = args.database.password_secret(APPLICATION)
        source_environment, source_secrets = sources(args, self._region)
        return Container(
            name="grafana",
            image=args.image,
            environment={**environment, **source_environment},
            secrets={**secrets, **source_secrets},
            port=PORT,
            health_check=answers(PORT, HEALTH_PATH, START_SECONDS),
            depends_on=waits,
            mounts=WRITABLE,
            user=RUN_AS,
        )


def sources(args: GrafanaArgs, region: str) -> tuple[Mapping[str, pulumi.Input[str]], Mapping[str, pulumi.Input[str]]]:
    """The plain variables and the secrets that the provisioned data sources read; the image knows these names."""
    environment: dict[str, pulumi.Input[str]] = {
        "AWS_REGION": region,
        "METRICS_URL": args.metrics_url,
        "METRICS_USER": METRICS_USER,
        "STACK": pulumi.get_stack(),
        "TRACING_URL": "" if args.tracing_url is None else args.tracing_url,
    }
    secrets: dict[str, pulumi.Input[str]] = {"METRICS_PASSWORD": args.metrics_password_secret}
    if reader := args.spend_reader:
        environment |= {
            "SPEND_HOST": reader.server.host,
            "SPEND_DATABASE": reader.database,
            "SPEND_USER": reader.role,
            "SPEND_SSL_MODE": "require",
        }
        secrets["SPEND_PASSWORD"] = reader.password_secret
    return environment, secrets


def reading_cloudwatch() -> Statement:
    """What a role needs to show CloudWatch's metrics and alarms."""
    return Statement(
        actions=[
            "cloudwatch:DescribeAlarms",
            "cloudwatch:GetMetricData",
            "cloudwatch:GetMetricStatistics",
            "cloudwatch:ListMetrics",
            "ec2:DescribeRegions",
            "tag:GetResources",
        ],
        resources=["*"],
        reason="AWS authorises reading metrics on no resource",
    )


def _own_database(database: Database) -> Mapping[str, pulumi.Input[str]]:
    return {
        "GF_DATABASE_TYPE": "postgres",
        "GF_DATABASE_HOST": pulumi.Output.concat(database.host, f":{database.port}"),
        "GF_DATABASE_NAME": APPLICATION,
        "GF_DATABASE_USER": APPLICATION,
        "GF_DATABASE_SSL_MODE": "require",
        "GF_DATABASE_MAX_OPEN_CONN": str(MOST_CONNECTIONS),
    }


def _hostname(url: str) -> str:
    return urlsplit(url).hostname or ""


def _word(setting: bool) -> str:
    return "true" if setting else "false"

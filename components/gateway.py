"""LiteLLM on Fargate: its image, its database schema, its keys, its service, and what it may ask of Bedrock."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from stargate.components.bedrock_access import InferenceProfile, statements
from stargate.components.cache import Cache
from stargate.components.cluster import Cluster
from stargate.components.container import Condition, Container, HealthCheck, Volume
from stargate.components.database import Database
from stargate.components.gateway_tasks import Tasks, check_counters
from stargate.components.image import Image, ImageArgs
from stargate.components.load_balancer import LoadBalancer
from stargate.components.log_days import DEFAULT_LOG_DAYS
from stargate.components.naming import component_name
from stargate.components.scaling import Scaling
from stargate.components.secret import Secret, SecretArgs
from stargate.components.service import FargateService, FargateServiceArgs, TargetGroup

PORT: Final = 4000
# The scripts of the image, see gateway/Dockerfile.
SCRIPTS: Final = "/stargate"
# An empty volume and what the image's build left in root's home are root's; root without a capability opens no more.
RUN_AS: Final = "0:0"


@dataclass(frozen=True, kw_only=True)
class GatewayRoutes:
    """The paths of LiteLLM that its own task calls, on loopback."""

    liveliness: str
    key_new: str
    key_info: str
    key_delete: str


@dataclass(frozen=True, kw_only=True)
class GatewayArgs:
    """What LiteLLM is made of and stands beside."""

    cluster: Cluster
    """Where its tasks run; its name is in the cluster's private domain."""
    vpc_id: pulumi.Input[str]
    """The VPC that its security groups belong to."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """Private subnets, one in each zone."""
    image: ImageArgs
    """What its image is built from."""
    config: str
    """LiteLLM's `config.yaml`, without a secret in it."""
    environment: Mapping[str, str]
    """The switches that go with it; no secrets."""
    routes: GatewayRoutes
    """The paths that its own task calls."""
    metrics_key: Mapping[str, Any]
    """LiteLLM's fields of the virtual key that metrics are read with."""
    profiles: Sequence[InferenceProfile]
    """What it may call on Bedrock."""
    database: Database
    """Serves `application`."""
    application: str = "litellm"
    """Its name in the database."""
    reader_grants: str | None = None
    """SQL that lets the database's reading role see what dashboards show; run after each migration, none without."""
    cache: Cache | None = None
    """What several tasks or workers share their counters in; one task with one worker needs none."""
    balancer: LoadBalancer
    """Leads to its tasks by `target`."""
    target: str = "gateway"
    """Its target group there."""
    secrets: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Further secrets by environment variable, such as the trace store's keys: see `Secret.reference`."""
    tasks: Tasks = field(default_factory=Tasks)
    """How many, and how large."""
    stop_seconds: int
    """A task that is being replaced may finish its streams for this long."""
    log_days: int = DEFAULT_LOG_DAYS
    """How many days CloudWatch keeps the log: one of the numbers that it offers, such as 7, 30 or 90."""

    def __post_init__(self) -> None:
        """Refuse several workers without a cache."""
        check_counters(
            self.tasks, cache=self.cache is not None, missing="cache is not given: give it one (cache.enabled)"
        )


class Gateway(pulumi.ComponentResource):
    """LiteLLM as a service.

    Builds: image with its repository, master key, salt and metrics key, and the service. A task of it makes its
    database, migrates it, opens it to the reading role, serves, and gives the metrics store its key, in this order.
    It makes no load balancer and no database: it takes its place in them.
    """

    service_name: pulumi.Output[str]
    security_group_id: pulumi.Output[str]
    log_group_name: pulumi.Output[str]
    host: str
    """Every task's own address, in the cluster's domain."""
    port: int
    master_key_secret_arn: pulumi.Output[str]
    metrics_key_secret: pulumi.Output[str]

    def __init__(self, name: str, args: GatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build it."""
        super().__init__("stargate:index:Gateway", component_name(name), None, opts)
        self._name, self._args = name, args
        self._below = pulumi.ResourceOptions(parent=self)
        self.port = PORT
        image = Image(f"{name}-image", args.image, self._below)
        self._keys = {
            "LITELLM_MASTER_KEY": self._key("master", "Opens everything in LiteLLM"),
            # Encrypts what LiteLLM keeps encrypted in its database: never to be changed.
            "LITELLM_SALT_KEY": self._key("salt", "Encrypts what LiteLLM keeps; must never change"),
            "LITELLM_METRICS_KEY": self._key("metrics", "Opens LiteLLM's metrics and nothing else"),
        }
        self.master_key_secret_arn = self._keys["LITELLM_MASTER_KEY"].arn
        self.metrics_key_secret = self._keys["LITELLM_METRICS_KEY"].reference
        service = self._service(image)
        self.service_name, self.security_group_id = service.service_name, service.security_group_id
        self.log_group_name = service.log_group_name
        self.host = f"{name}.{args.cluster.domain}"
        args.database.allow(name, service.security_group_id)
        if args.cache:
            args.cache.allow(name, service.security_group_id)
        self._allow = service.allow
        self.allow("balancer", args.balancer.security_group_id)
        self.register_outputs({"service_name": self.service_name})

    def allow(self, name: str, source_security_group_id: pulumi.Input[str]) -> None:
        """Admit another security group to every task; `name` is the caller's role, unique here."""
        self._allow(name, source_security_group_id, PORT, f"LiteLLM for {name}")

    def _key(self, role: str, description: str) -> Secret:
        return Secret(f"{self._name}-{role}", SecretArgs(description=description, prefix="sk-"), self._below)

    def _service(self, image: Image) -> FargateService:
        args, tasks = self._args, self._args.tasks
        invoke = pulumi.InvokeOptions(parent=self)
        region = aws.get_region(opts=invoke).region
        account = aws.get_caller_identity(opts=invoke).account_id
        label = args.balancer.labels[args.target]
        scaled = Scaling(
            least=tasks.least,
            most=tasks.most,
            cpu_percent=tasks.cpu_percent,
            requests_per_minute=tasks.requests_per_minute,
            load_balancer_label=label,
        )
        return FargateService(
            self._name,
            FargateServiceArgs(
                cluster=args.cluster,
                vpc_id=args.vpc_id,
                subnet_ids=args.subnet_ids,
                containers=self._containers(image),
                volumes=[Volume(name="scratch")],
                cpu=tasks.cpu,
                memory_mb=tasks.memory_mb,
                hostname=self._name,
                desired_count=tasks.least,
                scaling=scaled if tasks.most > tasks.least else None,
                statements=statements(args.profiles, region, account),
                target_groups=[
                    TargetGroup(arn=args.balancer.target_group_arns[args.target], container=args.application, port=PORT)
                ],
                spot=tasks.spot,
                architecture=args.image.architecture,
                log_days=args.log_days,
                # Migrations, and LiteLLM's imports on one vCPU.
                grace_seconds=300,
                repository_arns=[image.repository_arn],
                depends_on=args.balancer.ready,
            ),
            self._below,
        )

    def _containers(self, image: Image) -> list[Container]:
        """The task, in the order of its start."""
        args = self._args
        environment: dict[str, pulumi.Input[str]] = {
            **args.environment,
            "LITELLM_CONFIG": args.config,
            "PORT": str(PORT),
            "NUM_WORKERS": str(args.tasks.workers),
        }
        secrets: dict[str, pulumi.Input[str]] = {
            "DATABASE_URL": args.database.url_secret(args.application),
            "LITELLM_MASTER_KEY": self._keys["LITELLM_MASTER_KEY"].reference,
            "LITELLM_SALT_KEY": self._keys["LITELLM_SALT_KEY"].reference,
            **args.secrets,
        }
        if args.cache:
            environment |= {"REDIS_HOST": args.cache.host, "REDIS_PORT": str(args.cache.port)}
            secrets["REDIS_PASSWORD"] = args.cache.auth_secret
        before = [args.database.bootstrap_container(args.application)]
        before.append(
            Container(
                name="migrate",
                image=image.reference,
                command=("migrate",),
                essential=False,
                environment=environment,
                secrets=secrets,
                depends_on={before[-1].name: Condition.SUCCESS},
                # Prisma's own tools write beside themselves.
                read_only_root=False,
                user=RUN_AS,
            )
        )
        if args.reader_grants:
            grants = args.database.script_container(args.application, "reader-grants", args.reader_grants)
            before.append(replace(grants, depends_on={before[-1].name: Condition.SUCCESS}))
        serve = Container(
            name=args.application,
            image=image.reference,
            command=("serve",),
            port=PORT,
            environment=environment,
            secrets=secrets,
            depends_on={before[-1].name: Condition.SUCCESS},
            mounts={"scratch": "/tmp"},  # noqa: S108 - the task's own disk
            user=RUN_AS,
            stop_seconds=args.stop_seconds,
            health_check=HealthCheck(command=_ask(args.routes.liveliness), interval_seconds=30, start_seconds=120),
        )
        return [*before, serve, self._metrics_key_container(image, serve.name)]

    def _metrics_key_container(self, image: Image, gateway: str) -> Container:
        args = self._args
        return Container(
            name="metrics-key",
            image=image.reference,
            entry_point=("python3", f"{SCRIPTS}/metrics_key.py"),
            essential=False,
            environment={
                "PORT": str(PORT),
                "READY_ROUTE": args.routes.liveliness,
                "KEY_ROUTE": args.routes.key_new,
                "KEY_INFO_ROUTE": args.routes.key_info,
                "KEY_DELETE_ROUTE": args.routes.key_delete,
                "METRICS_KEY_SETTINGS": json.dumps(args.metrics_key),
            },
            secrets={
                "LITELLM_MASTER_KEY": self._keys["LITELLM_MASTER_KEY"].reference,
                "LITELLM_METRICS_KEY": self.metrics_key_secret,
            },
            depends_on={gateway: Condition.START},
        )


def _ask(path: str) -> tuple[str, ...]:
    """A health check by the image's own Python: it carries no curl."""
    return (
        "CMD",
        "python3",
        "-c",
        f"import urllib.request as u; u.urlopen('http://127.0.0.1:{PORT}{path}', timeout=4)",
    )

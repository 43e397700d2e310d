"""Langfuse 4 in this stack: every call's prompt, answer, tokens and cost, to be searched and shared."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from stargate.components.bucket import Bucket, BucketArgs
from stargate.components.cache import Cache, CacheArgs
from stargate.components.clickhouse import ClickHouse, ClickHouseArgs
from stargate.components.cluster import Cluster
from stargate.components.container import Container
from stargate.components.database import Database
from stargate.components.langfuse_containers import (
    EXPIRING,
    FOLDERS,
    PROJECT,
    START_SECONDS,
    WEB_PORT,
    FirstStart,
    Process,
    Stores,
    statements,
    web,
    worker,
)
from stargate.components.log_days import DEFAULT_LOG_DAYS
from stargate.components.naming import component_name
from stargate.components.secret import Secret, SecretArgs
from stargate.components.service import FargateService, FargateServiceArgs, TargetGroup
from stargate.components.task_size import check_size
from stargate.components.tracing import TraceStore
from stargate.errors import StargateError

# The database and its role, to be named in `DatabaseArgs.applications`.
APPLICATION: Final = "langfuse"
# The pool of one task, to be named in `DatabaseArgs.pools`. Of a small instance's eighty or so, two services take 32 in
# the middle of a deploy.
MOST_CONNECTIONS: Final = 8
EXPORT_DAYS: Final = 7
# Langfuse's shortest.
LEAST_RETENTION_DAYS: Final = 3


@dataclass(frozen=True, kw_only=True)
class LangfuseArgs:
    """Langfuse's two services and what they keep their data in."""

    cluster: Cluster
    """Where its tasks run; its name is in the cluster's private domain."""
    vpc_id: pulumi.Input[str]
    """The VPC that its security groups belong to."""
    subnet_ids: Sequence[pulumi.Input[str]]
    data_subnet_ids: Sequence[pulumi.Input[str]]
    """Private subnets for the tasks, and subnets without a way out for the queue."""
    database: Database
    """Serves the application `langfuse`, with its pool; PostgreSQL 15 or later."""
    url: pulumi.Input[str]
    """Where a browser finds it, such as `https://traces.example.com`: a host of its own, as it knows no sub-path."""
    admin_email: str
    """The first user, who owns the organisation; the password is in the secret `admin_password_secret_arn`."""
    hostname: str | None = None
    """The web's name in the cluster's domain; the component's own without."""
    retention_days: int = 30
    """How long prompts and answers are kept, in S3 and in ClickHouse; uploaded media stay."""
    target_group_arns: Sequence[pulumi.Input[str]] = ()
    """The load balancer's groups that the web stands in, at `WEB_PORT`."""
    web_tasks: int = 1
    """Langfuse recommends two."""
    web_cpu: int = 512
    web_memory_mb: int = 2048
    """CPU units, 1024 of which are one vCPU, and MiB, 1000 of them taken at rest; Langfuse asks for 2048 and 4096."""
    worker_tasks: int = 1
    worker_cpu: int = 512
    worker_memory_mb: int = 2048
    """The same of the worker, which writes to ClickHouse what the web has taken in."""
    clickhouse_cpu: int = 1024
    clickhouse_memory_mb: int = 4096
    """The same of ClickHouse, for which Langfuse asks for 2048 and 8192."""
    persistent: bool = True
    backups: bool = False
    """Whether traces outlive ClickHouse's task, and whether AWS Backup copies them every day."""
    queue_node_type: str = "cache.t4g.micro"
    """The class of the queue's Valkey nodes."""
    queue_replicas: int = 0
    """Copies of the queue in other zones, one of which takes over when the primary is lost."""
    destroy: bool = False
    """Whether deleting the stack deletes what is in the bucket."""
    spot: bool = False
    """Whether AWS may take the web and the worker back at two minutes' notice; ClickHouse it may not."""
    architecture: str = "ARM64"
    """The processor of all its tasks: `ARM64` or `X86_64`."""
    log_days: int = DEFAULT_LOG_DAYS
    """How many days CloudWatch keeps the log: one of the numbers that it offers, such as 7, 30 or 90."""
    depends_on: Sequence[pulumi.Resource] = ()
    """What the web waits for, such as a load balancer's listeners."""

    def __post_init__(self) -> None:
        """Refuse what would fail minutes later, or at the first sign-in."""
        check_size(self.web_cpu, self.web_memory_mb, "tracing.web_")
        check_size(self.worker_cpu, self.worker_memory_mb, "tracing.worker_")
        if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", self.admin_email):
            raise StargateError(
                f"tracing.admin_email is {self.admin_email}: choose an address such as admin@example.com"
            )
        if self.retention_days < LEAST_RETENTION_DAYS:
            raise StargateError(
                f"tracing.retention_days is {self.retention_days}: choose {LEAST_RETENTION_DAYS} or more"
            )
        if isinstance(self.url, str) and not self.url.startswith(("https://", "http://")):
            raise StargateError(f"tracing.url is {self.url}: choose an address such as https://traces.example.com")
        for role, tasks in {"web": self.web_tasks, "worker": self.worker_tasks}.items():
            if tasks < 1:
                raise StargateError(f"tracing.{role}_tasks is {tasks}: choose 1 or more, or tracing.backend none")


class Langfuse(pulumi.ComponentResource):
    """Langfuse 4, ready for its first trace.

    Builds: the web, which takes traces in and shows them (PostgreSQL for users and settings, through `database`); a
    bucket for what was taken in; Valkey for the queue; the worker, which moves it on; ClickHouse, which keeps it.
    Organisation, project, its keys and the first user are made at the first start; signing up is closed, telemetry off.
    It builds no load balancer, and its web admits nobody until named (see `allow`).
    """

    store: TraceStore
    """For LiteLLM, within the network."""
    service_names: Mapping[str, pulumi.Output[str]]
    log_group_names: Mapping[str, pulumi.Output[str]]
    """ECS's and CloudWatch's names by role: web, worker, clickhouse."""
    queue_id: pulumi.Output[str]
    """The queue's replication group."""
    bucket_name: pulumi.Output[str]
    project_id: str
    """What its addresses of traces begin with, below `/project/`."""
    security_group_id: pulumi.Output[str]
    """The web's."""
    admin_password_secret_arn: pulumi.Output[str]

    def __init__(self, name: str, args: LangfuseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build it."""
        super().__init__("stargate:index:Langfuse", component_name(name), None, opts)
        self._name, self._args = name, args
        self._below = pulumi.ResourceOptions(parent=self)
        self._objects, self._queue = self._bucket(), self._valkey()
        self._clickhouse, self._secrets = self._column_store(), self._made_up()
        self._web = self._web_service()
        self._worker = self._worker_service()
        self._admit_itself()
        self.store = TraceStore(
            host=f"http://{self._web.hostname}:{WEB_PORT}",
            public_key_secret=self._secrets["public-key"].reference,
            secret_key_secret=self._secrets["secret-key"].reference,
        )
        services: dict[str, FargateService | ClickHouse] = {
            "web": self._web,
            "worker": self._worker,
            "clickhouse": self._clickhouse,
        }
        self.service_names = {role: service.service_name for role, service in services.items()}
        self.log_group_names = {role: service.log_group_name for role, service in services.items()}
        self.project_id = PROJECT
        self.queue_id, self.bucket_name = self._queue.replication_group_id, self._objects.name
        self.security_group_id = self._web.security_group_id
        self.admin_password_secret_arn = self._secrets["admin"].arn
        self.register_outputs({"host": self.store.host, "bucket_name": self.bucket_name})

    def allow(self, name: str, source_security_group_id: pulumi.Input[str]) -> None:
        """Admit a service, or the load balancer, to the web; `name` is the caller's role, unique here."""
        self._web.allow(name, source_security_group_id, WEB_PORT, f"Traces from {name}")

    def _bucket(self) -> Bucket:
        # Media stay: Langfuse remembers what was uploaded by its hash, and would not take it a second time.
        expire = {FOLDERS["EVENT_UPLOAD"]: self._args.retention_days, FOLDERS["BATCH_EXPORT"]: EXPORT_DAYS}
        return Bucket(f"{self._name}-objects", BucketArgs(expire_days=expire, destroy=self._args.destroy), self._below)

    def _valkey(self) -> Cache:
        return Cache(
            f"{self._name}-queue",
            CacheArgs(
                vpc_id=self._args.vpc_id,
                subnet_ids=self._args.data_subnet_ids,
                node_type=self._args.queue_node_type,
                replicas=self._args.queue_replicas,
                eviction="noeviction",
            ),
            self._below,
        )

    def _column_store(self) -> ClickHouse:
        args = self._args
        return ClickHouse(
            f"{self._name}-store",
            ClickHouseArgs(
                cluster=args.cluster,
                vpc_id=args.vpc_id,
                subnet_ids=args.subnet_ids,
                cpu=args.clickhouse_cpu,
                memory_mb=args.clickhouse_memory_mb,
                persistent=args.persistent,
                backups=args.backups,
                architecture=args.architecture,
                log_days=args.log_days,
            ),
            self._below,
        )

    def _made_up(self) -> Mapping[str, Secret]:
        name, below = self._name, self._below
        # Langfuse takes a key of 256 bits as 64 hexadecimal digits alone.
        key = random.RandomBytes(f"{name}-encryption-key", length=32, opts=below)
        secrets = {
            "public-key": SecretArgs(description="Langfuse: the project's public key", prefix="pk-lf-"),
            "secret-key": SecretArgs(description="Langfuse: the project's secret key", prefix="sk-lf-"),
            "admin": SecretArgs(description="Langfuse: the first user's password"),
            "session": SecretArgs(description="Langfuse: signs browsers' sessions"),
            "salt": SecretArgs(description="Langfuse: salt of the stored API keys"),
            "encryption": SecretArgs(description="Langfuse: encrypts stored credentials", value=key.hex),
        }
        return {role: Secret(f"{name}-{role}", args, below) for role, args in secrets.items()}

    def _web_service(self) -> FargateService:
        args, secrets = self._args, self._secrets
        bootstrap = args.database.bootstrap_container(APPLICATION)
        first_start = FirstStart(
            admin_email=args.admin_email,
            retention_days=args.retention_days,
            secrets={
                "NEXTAUTH_SECRET": secrets["session"].reference,
                "LANGFUSE_INIT_PROJECT_PUBLIC_KEY": secrets["public-key"].reference,
                "LANGFUSE_INIT_PROJECT_SECRET_KEY": secrets["secret-key"].reference,
                "LANGFUSE_INIT_USER_PASSWORD": secrets["admin"].reference,
            },
        )
        container = web(
            self._stores(), Process(url=args.url, memory_mb=args.web_memory_mb), first_start, after=bootstrap
        )
        task = replace(
            self._task([bootstrap, container], args.web_cpu, args.web_memory_mb, args.web_tasks),
            hostname=args.hostname or self._name,
            target_groups=[TargetGroup(arn=arn, container="web", port=WEB_PORT) for arn in args.target_group_arns],
            depends_on=[self._clickhouse, self._queue, *args.depends_on],
        )
        return FargateService(f"{self._name}-web", task, self._below)

    def _worker_service(self) -> FargateService:
        args = self._args
        retention = self._clickhouse.retention_container(EXPIRING, args.retention_days)
        container = worker(self._stores(), Process(url=args.url, memory_mb=args.worker_memory_mb), after=retention)
        task = replace(
            self._task([retention, container], args.worker_cpu, args.worker_memory_mb, args.worker_tasks),
            # The web makes the tables.
            depends_on=[self._web],
        )
        return FargateService(f"{self._name}-worker", task, self._below)

    def _task(self, containers: Sequence[Container], cpu: int, memory_mb: int, tasks: int) -> FargateServiceArgs:
        args = self._args
        return FargateServiceArgs(
            cluster=args.cluster,
            vpc_id=args.vpc_id,
            subnet_ids=args.subnet_ids,
            containers=containers,
            cpu=cpu,
            memory_mb=memory_mb,
            desired_count=tasks,
            statements=statements(self._objects.arn),
            spot=args.spot,
            architecture=args.architecture,
            log_days=args.log_days,
            grace_seconds=START_SECONDS,
        )

    def _stores(self) -> Stores:
        return Stores(
            region=aws.get_region(opts=pulumi.InvokeOptions(parent=self)).region,
            bucket=self._objects.name,
            queue_host=self._queue.host,
            queue_port=self._queue.port,
            clickhouse_host=self._clickhouse.host,
            clickhouse_memory_mb=self._args.clickhouse_memory_mb,
            secrets={
                "DATABASE_URL": self._args.database.url_secret(APPLICATION),
                "CLICKHOUSE_PASSWORD": self._clickhouse.password_secret,
                "REDIS_AUTH": self._queue.auth_secret,
                "SALT": self._secrets["salt"].reference,
                "ENCRYPTION_KEY": self._secrets["encryption"].reference,
            },
        )

    def _admit_itself(self) -> None:
        for role, service in {"web": self._web, "worker": self._worker}.items():
            self._args.database.allow(f"{self._name}-{role}", service.security_group_id)
            self._queue.allow(role, service.security_group_id)
            self._clickhouse.allow(role, service.security_group_id)

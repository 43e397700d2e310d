"""The metrics store: VictoriaMetrics, which reads every task's metrics, and the rules that raise alerts from them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pulumi

from stargate.components.alerting import (
    ALERTMANAGER_MB,
    CONFIGURATION,
    RULES_FOLDER,
    STATE,
    STATE_VOLUME,
    VMALERT_MB,
    VMALERT_PORT,
    alertmanager,
    publishing,
    vmalert,
)
from stargate.components.container import Container, Volume
from stargate.components.file_system import FileSystem, FileSystemArgs, check_backups
from stargate.components.naming import component_name
from stargate.components.placement import Placement
from stargate.components.preparation import DONE, FOLDER, VOLUME, check_texts, preparation
from stargate.components.probe import answers
from stargate.components.secret import Secret, SecretArgs
from stargate.components.service import FargateService, FargateServiceArgs
from stargate.errors import StargateError

# The newest of the line that gets security fixes.
VERSION: Final = "v1.150.0"
IMAGE: Final = f"docker.io/victoriametrics/victoria-metrics:{VERSION}"
PORT: Final = 8428
USER: Final = "stargate"
# A number that none of the images knows, so that nothing in them belongs to it.
USER_ID: Final = 10001
RUN_AS: Final = f"{USER_ID}:{USER_ID}"
SCRAPE_FILE: Final = "scrape.yml"
STORAGE: Final = "/storage"
# It takes about a kilobyte for a series that is written, and after a deploy there are two of each within the hour; the
# rest is for queries.
SERIES_PER_MB: Final = 300
# VictoriaMetrics' shortest.
LEAST_RETENTION_DAYS: Final = 1
PASSWORD: Final = "VM_PASSWORD"  # noqa: S105 - the name of a variable
KEY: Final = "VM_ADMIN_KEY"
# What Grafana's proxy would otherwise let a reader do: these pages ask for the key and not for the password.
GUARDED: Final = ("config", "delete", "flags", "forceMerge", "pprof", "reload", "snapshot")


@dataclass(frozen=True, kw_only=True)
class MetricsSettings:
    """What is read, how long it is kept, and what raises an alert."""

    scrape_config: str
    """YAML as Prometheus reads it; `%{NAME}` stands for a secret of `scrape_secrets`, or for `VM_PASSWORD`, which with
    the user `stargate` opens the metrics of the store itself and of Grafana."""
    scrape_secrets: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Secrets by the name of the variable that carries each: see `Secret.reference`."""
    rules: Mapping[str, str] = field(default_factory=dict)
    """Rule files of vmalert as YAML, by the file's name; without any, nothing alerts and nothing runs for it."""
    alertmanager_config: pulumi.Input[str] | None = None
    """Alertmanager's YAML: whom an alert reaches; needed if there are rules."""
    topic_arns: Sequence[pulumi.Input[str]] = ()
    """The SNS topics that Alertmanager may publish to."""
    topic_key_arn: pulumi.Input[str] | None = None
    """The KMS key that encrypts the topics, if it is one of your own."""
    hostname: str | None = None
    """Its name in the cluster's domain; the component's own without."""
    retention_days: int = 30
    """How many days VictoriaMetrics keeps what it read."""
    persistent: bool = False
    """Whether the metrics outlive the task; else a new task starts with none."""
    backups: bool = False
    """Whether AWS Backup copies what is persistent."""
    cpu: int = 256
    memory_mb: int = 512
    """CPU units, 1024 of which are one vCPU, and MiB of memory; Fargate offers certain pairs."""

    def __post_init__(self) -> None:
        """Refuse what would only fail in the task: a variable without its secret, rules that reach nobody."""
        unknown = set(re.findall(r"%\{(\w+)\}", self.scrape_config)) - {*self.scrape_secrets, PASSWORD}
        if unknown:
            raise StargateError(f"metrics.scrape_config names %{{{min(unknown)}}}: add it to metrics.scrape_secrets")
        if taken := {PASSWORD, KEY} & set(self.scrape_secrets):
            raise StargateError(f"metrics.scrape_secrets names {min(taken)}, which the store uses itself: rename it")
        if self.rules and self.alertmanager_config is None:
            raise StargateError(
                "metrics.rules are given and metrics.alertmanager_config is not: their alerts end there"
            )
        if self.retention_days < LEAST_RETENTION_DAYS:
            raise StargateError(
                f"metrics.retention_days is {self.retention_days}: choose {LEAST_RETENTION_DAYS} or more"
            )
        check_backups(backups=self.backups, persistent=self.persistent, what="metrics")
        check_texts("the configuration of metrics", self.files())

    def files(self) -> Mapping[str, pulumi.Input[str]]:
        """The configuration's files by their path."""
        files: dict[str, pulumi.Input[str]] = {SCRAPE_FILE: self.scrape_config}
        if self.rules and self.alertmanager_config is not None:
            files |= {f"{RULES_FOLDER}/{name}": text for name, text in self.rules.items()}
            files[CONFIGURATION] = self.alertmanager_config
        return files


@dataclass(frozen=True, kw_only=True)
class MetricsStoreArgs(Placement, MetricsSettings):
    """The settings, and where the store runs."""


class MetricsStore(pulumi.ComponentResource):
    """VictoriaMetrics as one task, and beside it vmalert and Alertmanager where there are rules.

    Builds: the password that readers give and a key for administration, a file system if persistent, the service with
    its name. It admits nobody (see `allow`), and no target admits it: each service that is read calls its own `allow`
    with `security_group_id`.
    """

    url: str
    password_secret: pulumi.Output[str]
    """The password of the user `USER`."""
    security_group_id: pulumi.Output[str]
    service_name: pulumi.Output[str]
    log_group_name: pulumi.Output[str]
    file_system: FileSystem | None

    def __init__(self, name: str, args: MetricsStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build it."""
        super().__init__("stargate:index:MetricsStore", component_name(name), None, opts)
        self._name, self._args = name, args
        self._hostname = args.hostname or name
        self._below = pulumi.ResourceOptions(parent=self)
        self.url = f"http://{self._hostname}.{args.cluster.domain}:{PORT}"
        self._password = self._secret("password", "Password of the metrics store's readers")
        self._key = self._secret("key", "Key to the metrics store's administration")
        self.password_secret = self._password.reference
        self.file_system = self._file_system() if args.persistent else None
        self._service = self._run()
        self.security_group_id = self._service.security_group_id
        self.service_name, self.log_group_name = self._service.service_name, self._service.log_group_name
        if self.file_system:
            self.file_system.allow("metrics", self.security_group_id)
        self.register_outputs({"url": self.url, "service_name": self.service_name})

    def allow(self, name: str, source_security_group_id: pulumi.Input[str]) -> None:
        """Admit the tasks of a service; `name` is the service's role, unique here."""
        self._service.allow(name, source_security_group_id, PORT, f"Metrics for {name}")

    def _secret(self, role: str, description: str) -> Secret:
        return Secret(f"{self._name}-{role}", SecretArgs(description=description), self._below)

    def _file_system(self) -> FileSystem:
        args = self._args
        return FileSystem(
            f"{self._name}-files",
            FileSystemArgs(
                vpc_id=args.vpc_id,
                subnet_ids=args.subnet_ids,
                user_id=USER_ID,
                path="/victoria-metrics",
                backups=args.backups,
            ),
            self._below,
        )

    def _run(self) -> FargateService:
        args, alerting = self._args, bool(self._args.rules)
        # The store locks its files: of two tasks, the second would never start.
        return FargateService(
            f"{self._name}-tasks",
            FargateServiceArgs(
                **args.place(),
                hostname=self._hostname,
                containers=self._containers(alerting=alerting),
                volumes=self._volumes(alerting=alerting),
                statements=[
                    *(self.file_system.statements() if self.file_system else ()),
                    *(publishing(args.topic_arns, args.topic_key_arn) if alerting else ()),
                ],
                cpu=args.cpu,
                memory_mb=args.memory_mb,
                single=True,
                # A task that cannot mount fails: mount targets, access point and policy come first.
                depends_on=[self.file_system] if self.file_system else [],
            ),
            self._below,
        )

    def _volumes(self, *, alerting: bool) -> list[Volume]:
        storage = Volume(name="storage", efs=self.file_system.efs if self.file_system else None)
        return [VOLUME, storage, *([Volume(name=STATE_VOLUME)] if alerting else [])]

    def _containers(self, *, alerting: bool) -> list[Container]:
        args = self._args
        # A file system's access point makes its folder for the user; the task's own disk must be opened to it.
        writable = {} if args.persistent else {"storage": STORAGE}
        first = preparation(
            image=IMAGE,
            files=args.files(),
            writable={**writable, STATE_VOLUME: STATE} if alerting else writable,
        )
        if not alerting:
            return [first, self._victoria_metrics(args.memory_mb, ())]
        memory_mb = args.memory_mb - VMALERT_MB - ALERTMANAGER_MB
        judge = vmalert(
            store=f"http://127.0.0.1:{PORT}",
            version=VERSION,
            user=USER,
            password_secret=self._password.reference,
            run_as=RUN_AS,
        )
        proxy = (f"-vmalert.proxyURL=http://127.0.0.1:{VMALERT_PORT}",)
        return [first, self._victoria_metrics(memory_mb, proxy), judge, alertmanager(run_as=RUN_AS)]

    def _victoria_metrics(self, memory_mb: int, proxy: Sequence[str]) -> Container:
        args = self._args
        return Container(
            name="victoria-metrics",
            image=IMAGE,
            secrets={**args.scrape_secrets, PASSWORD: self._password.reference, KEY: self._key.reference},
            command=(*flags(args.retention_days, memory_mb), *proxy),
            port=PORT,
            health_check=answers(PORT, "/health"),
            depends_on=DONE,
            mounts={VOLUME.name: FOLDER, "storage": STORAGE},
            user=RUN_AS,
            # It writes what it holds in memory when it is told to stop.
            stop_seconds=120,
            memory_mb=memory_mb,
        )


def flags(retention_days: int, memory_mb: int) -> tuple[str, ...]:
    """VictoriaMetrics' command line; it puts variables in the place of `%{NAME}` itself, and logs none of them."""
    return (
        f"-storageDataPath={STORAGE}",
        f"-retentionPeriod={retention_days}d",
        f"-httpListenAddr=:{PORT}",
        f"-promscrape.config={FOLDER}/{SCRAPE_FILE}",
        f"-httpAuth.username={USER}",
        f"-httpAuth.password=%{{{PASSWORD}}}",
        *(f"-{page}AuthKey=%{{{KEY}}}" for page in GUARDED),
        # Of the container's memory, for caches; queries come on top.
        "-memory.allowedPercent=40",
        "-search.maxMemoryPerQuery=64MiB",
        "-search.maxConcurrentRequests=4",
        "-storage.minFreeDiskSpaceBytes=500MB",
        # A label that takes ever new values is cut off before it fills the memory.
        f"-storage.maxHourlySeries={memory_mb * SERIES_PER_MB}",
        "-promscrape.seriesLimitPerTarget=50000",
        "-denyQueryTracing",
        "-loggerFormat=json",
    )

"""ClickHouse: the column store in which Langfuse keeps its traces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pulumi

from stargate.components.clickhouse_config import retention, server_config, users_config
from stargate.components.cluster import Cluster
from stargate.components.container import Condition, Container, HealthCheck, Volume
from stargate.components.file_system import FileSystem, FileSystemArgs, check_backups
from stargate.components.iam import Statement
from stargate.components.log_days import DEFAULT_LOG_DAYS
from stargate.components.naming import component_name
from stargate.components.secret import Secret, SecretArgs
from stargate.components.service import FargateService, FargateServiceArgs
from stargate.components.task_size import check_size

HTTP_PORT: Final = 8123
NATIVE_PORT: Final = 9000
USER: Final = "langfuse"
# The line with long-term support that Langfuse 4 runs on (25.12 at least, 26.4 recommended).
IMAGE: Final = "docker.io/clickhouse/clickhouse-server:26.8.19.9"
# The image's own user, whom the data must belong to.
UID: Final = 101
# A merge ends, or its work is lost: the longest that Fargate grants.
STOP_SECONDS: Final = 120
MOUNTS: Final = {
    "config": "/etc/clickhouse-server/config.d",
    "users": "/etc/clickhouse-server/users.d",
    "data": "/var/lib/clickhouse",
    "scratch": "/tmp",  # noqa: S108 - a mount of the task's own
}
# Fargate hands a volume over as root's. The image's entry point writes the password's file among the users'.
PREPARE: Final = """set -eu
printf %s "$SERVER_CONFIG" > /prepare/config/stargate.xml
printf %s "$USERS_CONFIG" > /prepare/users/stargate.xml
for folder in users data scratch; do
  [ "$(stat -c %u "/prepare/$folder")" = "$OWNER" ] || chmod 0777 "/prepare/$folder"
done
"""


@dataclass(frozen=True, kw_only=True)
class ClickHouseArgs:
    """One server."""

    cluster: Cluster
    """Where its tasks run; its name is in the cluster's private domain."""
    vpc_id: pulumi.Input[str]
    """The VPC that its security groups belong to."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """Private subnets, one in each zone; its file system answers in them too."""
    hostname: str | None = None
    """Its name in the cluster's domain; the component's own without."""
    cpu: int = 1024
    """CPU units; 1024 are one vCPU. Langfuse recommends 2048."""
    memory_mb: int = 4096
    """MiB. Langfuse recommends 8192; half of it serves a small company, as the caches are bounded by it."""
    persistent: bool = True
    """Whether the data lies on a file system that outlives the task; its traces end with a task that has none."""
    backups: bool = False
    """Whether AWS Backup copies the file system every day."""
    architecture: str = "ARM64"
    """The processor of its tasks: `ARM64` or `X86_64`."""
    log_days: int = DEFAULT_LOG_DAYS
    """How many days CloudWatch keeps the log: one of the numbers that it offers, such as 7, 30 or 90."""

    def __post_init__(self) -> None:
        """Refuse what Fargate would refuse minutes later."""
        check_size(self.cpu, self.memory_mb, "tracing.clickhouse_")
        check_backups(backups=self.backups, persistent=self.persistent, what="tracing")


class ClickHouse(pulumi.ComponentResource):
    """A single ClickHouse on Fargate, below no load balancer, behind a password.

    Builds: password, file system if persistent, and the service: a container that writes the configuration and ends,
    and the server. It never runs on Spot, and its old task ends before the new one starts.
    """

    host: str
    security_group_id: pulumi.Output[str]
    service_name: pulumi.Output[str]
    log_group_name: pulumi.Output[str]
    password_secret: pulumi.Output[str]

    def __init__(self, name: str, args: ClickHouseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build it."""
        super().__init__("stargate:index:ClickHouse", component_name(name), None, opts)
        self._args, self._hostname = args, args.hostname or name
        below = pulumi.ResourceOptions(parent=self)
        password = Secret(f"{name}-password", SecretArgs(description=f"Password of the ClickHouse {name}"), below)
        self.password_secret = password.reference
        files = self._file_system(name, below) if args.persistent else None
        self._service = FargateService(f"{name}-server", self._task(files), below)
        if files:
            files.allow("server", self._service.security_group_id)
        self.host = f"{self._hostname}.{args.cluster.domain}"
        self.security_group_id = self._service.security_group_id
        self.service_name, self.log_group_name = self._service.service_name, self._service.log_group_name
        self.register_outputs({"host": self.host, "service_name": self.service_name})

    def allow(self, name: str, source_security_group_id: pulumi.Input[str]) -> None:
        """Admit the tasks of a service to both ports; `name` is the service's role, unique here."""
        for protocol, port in {"http": HTTP_PORT, "native": NATIVE_PORT}.items():
            self._service.allow(
                f"{name}-{protocol}", source_security_group_id, port, f"ClickHouse {protocol} from {name}"
            )

    def retention_container(self, tables: Mapping[str, str], days: int) -> Container:
        """An init container that lets rows expire; `tables` holds the time column of each table, which must exist.

        It may run again and again. Rows go with the merges, as they come; nothing is rewritten for it.
        """
        statements = [retention(table, column, days) for table, column in tables.items()]
        return Container(
            name="retention",
            image=IMAGE,
            essential=False,
            environment={"CLICKHOUSE_HOST": self.host, "CLICKHOUSE_USER": USER, "RETENTION": "\n".join(statements)},
            # The client reads it by itself, so that no argument shows it.
            secrets={"CLICKHOUSE_PASSWORD": self.password_secret},
            entry_point=("sh", "-c"),
            command=('clickhouse client --host "$CLICKHOUSE_HOST" --user "$CLICKHOUSE_USER" --query "$RETENTION"',),
            user=f"{UID}:{UID}",
        )

    def _file_system(self, name: str, below: pulumi.ResourceOptions) -> FileSystem:
        args = self._args
        return FileSystem(
            f"{name}-files",
            FileSystemArgs(
                vpc_id=args.vpc_id, subnet_ids=args.subnet_ids, user_id=UID, path="/clickhouse", backups=args.backups
            ),
            below,
        )

    def _task(self, files: FileSystem | None) -> FargateServiceArgs:
        args = self._args
        statements: Sequence[Statement] = files.statements() if files else ()
        data = Volume(name="data", efs=files.efs if files else None)
        return FargateServiceArgs(
            cluster=args.cluster,
            vpc_id=args.vpc_id,
            subnet_ids=args.subnet_ids,
            containers=[self._prepare(), self._server()],
            cpu=args.cpu,
            memory_mb=args.memory_mb,
            hostname=self._hostname,
            volumes=[data, *(Volume(name=name) for name in MOUNTS if name != "data")],
            statements=statements,
            single=True,
            architecture=args.architecture,
            log_days=args.log_days,
            depends_on=[files] if files else [],
        )

    def _prepare(self) -> Container:
        return Container(
            name="prepare",
            image=IMAGE,
            essential=False,
            environment={
                "SERVER_CONFIG": server_config(self._args.memory_mb),
                "USERS_CONFIG": users_config(self._args.memory_mb),
                "OWNER": str(UID),
            },
            entry_point=("sh", "-c"),
            command=(PREPARE,),
            mounts={name: f"/prepare/{name}" for name in MOUNTS},
            # Whom the empty volumes belong to.
            user="0:0",
        )

    def _server(self) -> Container:
        return Container(
            name="clickhouse",
            image=IMAGE,
            environment={"CLICKHOUSE_USER": USER},
            secrets={"CLICKHOUSE_PASSWORD": self.password_secret},
            port=HTTP_PORT,
            health_check=HealthCheck(
                command=("CMD", "wget", "-q", "-O", "/dev/null", f"http://127.0.0.1:{HTTP_PORT}/ping"),
                # The first start on a file system makes every system table anew.
                start_seconds=180,
            ),
            depends_on={"prepare": Condition.SUCCESS},
            mounts=MOUNTS,
            user=f"{UID}:{UID}",
            stop_seconds=STOP_SECONDS,
        )

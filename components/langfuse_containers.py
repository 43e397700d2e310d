"""Langfuse's two containers, from values alone: what they are told, and what they may do on AWS."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pulumi

from stargate.components.clickhouse import HTTP_PORT, NATIVE_PORT, USER
from stargate.components.clickhouse_config import spill_bytes
from stargate.components.container import Condition, Container, HealthCheck
from stargate.components.iam import Statement

# Both images of one release: they share a schema.
VERSION: Final = "4.56.0"
WEB_IMAGE: Final = f"docker.io/langfuse/langfuse:{VERSION}"
WORKER_IMAGE: Final = f"docker.io/langfuse/langfuse-worker:{VERSION}"
WEB_PORT: Final = 3000
# Says nothing of PostgreSQL, so that a pause of the database ends no task.
WEB_HEALTH_PATH: Final = "/api/public/health"
WORKER_PORT: Final = 3030
WORKER_HEALTH_PATH: Final = "/api/health"
PROJECT: Final = "gateway"
# Folders of the bucket, by the name that Langfuse has for their use.
FOLDERS: Final[Mapping[str, str]] = {"EVENT_UPLOAD": "events/", "MEDIA_UPLOAD": "media/", "BATCH_EXPORT": "exports/"}
# Langfuse's tables with what was said, and the column of its time.
EXPIRING: Final[Mapping[str, str]] = {"events_full": "start_time", "events_core": "start_time", "scores": "timestamp"}
# What Node's own heap may take of the memory, in hundredths; its default knows nothing of the task.
HEAP_SHARE: Final = 75
# The web's first start migrates both databases, and ECS overlooks failures for 300 seconds at most.
START_SECONDS: Final = 300
# Both finish what they hold: the web its requests, the worker its queue's jobs.
STOP_SECONDS: Final = 120


@dataclass(frozen=True, kw_only=True)
class Stores:
    """Where the data lies, as both containers need to know it."""

    region: str
    """The bucket's."""
    bucket: pulumi.Input[str]
    queue_host: pulumi.Input[str]
    queue_port: int
    clickhouse_host: str
    clickhouse_memory_mb: int
    secrets: Mapping[str, pulumi.Input[str]]
    """What opens it: environment variables by the secret that holds the value, as ECS names it."""

    def environment(self) -> dict[str, pulumi.Input[str]]:
        """The stores as variables. S3 has no keys: Langfuse then takes the role of the task."""
        return {
            "CLICKHOUSE_URL": f"http://{self.clickhouse_host}:{HTTP_PORT}",
            "CLICKHOUSE_MIGRATION_URL": f"clickhouse://{self.clickhouse_host}:{NATIVE_PORT}",
            "CLICKHOUSE_USER": USER,
            # Unless told, its migrations ask for a cluster and fail on a single server.
            "CLICKHOUSE_CLUSTER_ENABLED": "false",
            "CLICKHOUSE_MAX_BYTES_BEFORE_EXTERNAL_GROUP_BY": str(spill_bytes(self.clickhouse_memory_mb)),
            "REDIS_HOST": self.queue_host,
            "REDIS_PORT": str(self.queue_port),
            "REDIS_TLS_ENABLED": "true",
            "LANGFUSE_S3_BATCH_EXPORT_ENABLED": "true",
            **{f"LANGFUSE_S3_{use}_BUCKET": self.bucket for use in FOLDERS},
            **{f"LANGFUSE_S3_{use}_REGION": self.region for use in FOLDERS},
            **{f"LANGFUSE_S3_{use}_PREFIX": folder for use, folder in FOLDERS.items()},
        }


@dataclass(frozen=True, kw_only=True)
class Process:
    """How a container runs."""

    url: pulumi.Input[str]
    """Its address for browsers."""
    memory_mb: int
    """The task's, of which Node's heap takes the most."""

    def environment(self) -> dict[str, pulumi.Input[str]]:
        """The process as variables; nothing is told to the vendor."""
        return {
            "NEXTAUTH_URL": self.url,
            "NODE_OPTIONS": f"--max-old-space-size={self.memory_mb * HEAP_SHARE // 100}",
            "TELEMETRY_ENABLED": "false",
        }


@dataclass(frozen=True, kw_only=True)
class FirstStart:
    """What the web makes where it is missing: an organisation, its project, the project's keys, its first user."""

    admin_email: str
    retention_days: int
    secrets: Mapping[str, pulumi.Input[str]]
    """The keys and the password, and what signs sessions, as in `Stores`."""

    def environment(self) -> dict[str, pulumi.Input[str]]:
        """The first start as variables; nobody signs up after it."""
        return {
            "AUTH_DISABLE_SIGNUP": "true",
            "LANGFUSE_INIT_ORG_ID": PROJECT,
            "LANGFUSE_INIT_ORG_NAME": PROJECT.title(),
            "LANGFUSE_INIT_PROJECT_ID": PROJECT,
            "LANGFUSE_INIT_PROJECT_NAME": PROJECT.title(),
            "LANGFUSE_INIT_PROJECT_RETENTION": str(self.retention_days),
            "LANGFUSE_INIT_USER_EMAIL": self.admin_email,
            "LANGFUSE_INIT_USER_NAME": "Administrator",
        }


def web(stores: Stores, process: Process, first_start: FirstStart, after: Container) -> Container:
    """The container that takes traces in and shows them; `after` is the one that makes its database."""
    return Container(
        name="web",
        image=WEB_IMAGE,
        environment={
            **stores.environment(),
            **process.environment(),
            **first_start.environment(),
            # ECS sets the container's own name here, and Next.js would listen on that address alone.
            "HOSTNAME": "0.0.0.0",  # noqa: S104 - the security group says who is admitted
        },
        secrets={**stores.secrets, **first_start.secrets},
        port=WEB_PORT,
        health_check=_health(WEB_PORT, WEB_HEALTH_PATH),
        depends_on={after.name: Condition.SUCCESS},
        # Next.js and Prisma write beside the program, and Langfuse names no folders to mount there instead.
        read_only_root=False,
        stop_seconds=STOP_SECONDS,
    )


def worker(stores: Stores, process: Process, after: Container) -> Container:
    """The container that moves traces from the queue and the bucket to ClickHouse; `after` lets them expire there."""
    return Container(
        name="worker",
        image=WORKER_IMAGE,
        environment={**stores.environment(), **process.environment()},
        secrets=stores.secrets,
        port=WORKER_PORT,
        health_check=_health(WORKER_PORT, WORKER_HEALTH_PATH),
        depends_on={after.name: Condition.SUCCESS},
        # As the web's.
        read_only_root=False,
        stop_seconds=STOP_SECONDS,
    )


def statements(bucket_arn: pulumi.Output[str]) -> Sequence[Statement]:
    """This bucket and no other; deleting is for retention."""
    return [
        Statement(actions=["s3:ListBucket"], resources=[bucket_arn]),
        Statement(
            actions=["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            resources=[pulumi.Output.concat(bucket_arn, "/*")],
        ),
    ]


def _health(port: int, path: str) -> HealthCheck:
    command = ("CMD", "wget", "-q", "-O", "/dev/null", f"http://127.0.0.1:{port}{path}")
    return HealthCheck(command=command, start_seconds=START_SECONDS)

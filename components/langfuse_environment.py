"""What Langfuse's two containers are told, and what they may do on AWS."""

from collections.abc import Mapping, Sequence
from typing import Final

import pulumi

from stargate.components.clickhouse import HTTP_PORT, NATIVE_PORT, USER
from stargate.components.clickhouse_config import spill_bytes
from stargate.components.iam import Statement

PROJECT: Final = "gateway"
# Folders of the bucket, by the name that Langfuse has for their use.
FOLDERS: Final[Mapping[str, str]] = {"EVENT_UPLOAD": "events/", "MEDIA_UPLOAD": "media/", "BATCH_EXPORT": "exports/"}
# What Node's own heap may take of the memory, in hundredths; its default knows nothing of the task.
HEAP_SHARE: Final = 75


def stores(
    *,
    region: str,
    bucket: pulumi.Input[str],
    queue_host: pulumi.Input[str],
    queue_port: int,
    clickhouse_host: str,
    clickhouse_memory_mb: int,
) -> dict[str, pulumi.Input[str]]:
    """Where the data lies. S3 is opened by the task's role: Langfuse takes AWS's own chain when it is given no keys."""
    return {
        "CLICKHOUSE_URL": f"http://{clickhouse_host}:{HTTP_PORT}",
        "CLICKHOUSE_MIGRATION_URL": f"clickhouse://{clickhouse_host}:{NATIVE_PORT}",
        "CLICKHOUSE_USER": USER,
        # Unless told, its migrations ask for a cluster and fail on a single server.
        "CLICKHOUSE_CLUSTER_ENABLED": "false",
        "CLICKHOUSE_MAX_BYTES_BEFORE_EXTERNAL_GROUP_BY": str(spill_bytes(clickhouse_memory_mb)),
        "REDIS_HOST": queue_host,
        "REDIS_PORT": str(queue_port),
        "REDIS_TLS_ENABLED": "true",
        "LANGFUSE_S3_BATCH_EXPORT_ENABLED": "true",
        **{f"LANGFUSE_S3_{use}_BUCKET": bucket for use in FOLDERS},
        **{f"LANGFUSE_S3_{use}_REGION": region for use in FOLDERS},
        **{f"LANGFUSE_S3_{use}_PREFIX": folder for use, folder in FOLDERS.items()},
    }


def process(url: pulumi.Input[str], memory_mb: int) -> dict[str, pulumi.Input[str]]:
    """How a container runs: its address for browsers, its heap, and silence towards the vendor."""
    return {
        "NEXTAUTH_URL": url,
        "NODE_OPTIONS": f"--max-old-space-size={memory_mb * HEAP_SHARE // 100}",
        "TELEMETRY_ENABLED": "false",
    }


def first_start(admin_email: str, retention_days: int) -> dict[str, pulumi.Input[str]]:
    """For the web alone: what it makes if it does not exist, and that nobody signs up. A later change changes nothing."""
    return {
        # ECS sets the container's own name here, and Next.js would listen on that address alone.
        "HOSTNAME": "0.0.0.0",  # noqa: S104 - the security group says who is admitted
        "AUTH_DISABLE_SIGNUP": "true",
        "LANGFUSE_INIT_ORG_ID": PROJECT,
        "LANGFUSE_INIT_ORG_NAME": PROJECT.title(),
        "LANGFUSE_INIT_PROJECT_ID": PROJECT,
        "LANGFUSE_INIT_PROJECT_NAME": PROJECT.title(),
        "LANGFUSE_INIT_PROJECT_RETENTION": str(retention_days),
        "LANGFUSE_INIT_USER_EMAIL": admin_email,
        "LANGFUSE_INIT_USER_NAME": "Administrator",
    }


def statements(bucket_arn: pulumi.Output[str]) -> Sequence[Statement]:
    """This bucket and no other; deleting is for retention."""
    return [
        Statement(actions=["s3:ListBucket"], resources=[bucket_arn]),
        Statement(
            actions=["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            resources=[pulumi.Output.concat(bucket_arn, "/*")],
        ),
    ]

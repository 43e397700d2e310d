"""A bucket of S3: private, encrypted, over TLS alone, and emptied by the calendar."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from stargate.errors import StargateError


@dataclass(frozen=True, kw_only=True)
class BucketArgs:
    """What the bucket keeps, and for how long."""

    expire_days: Mapping[str, int] = field(default_factory=dict)
    """Days by the prefix of the objects' keys; the empty prefix stands for all."""
    statements: Sequence[Mapping[str, Any]] = ()
    """Further statements of its policy, with `Resource` as a path within the bucket, such as `AWSLogs/*`."""
    destroy: bool = False
    """Whether deleting the bucket deletes what is in it."""

    def __post_init__(self) -> None:
        """Refuse a lifetime below S3's shortest."""
        for prefix, days in self.expire_days.items():
            if days < 1:
                raise StargateError(
                    f"a bucket's objects below {prefix or '/'} expire after {days} days: choose 1 or more"
                )


class Bucket(pulumi.ComponentResource):
    """A bucket, its public access block, encryption, lifecycle and policy. It keeps no old versions."""

    arn: pulumi.Output[str]
    name: pulumi.Output[str]
    policy: pulumi.Resource
    """To be waited for by whatever AWS lets write into the bucket."""

    def __init__(self, name: str, args: BucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build it; its name ends in characters that AWS makes up, since all accounts share one name space."""
        super().__init__("stargate:index:Bucket", name, None, opts)
        below = pulumi.ResourceOptions(parent=self)
        bucket = aws.s3.Bucket(f"{name}-bucket", force_destroy=args.destroy, opts=below)
        self.arn, self.name = bucket.arn, bucket.bucket
        block = aws.s3.BucketPublicAccessBlock(
            f"{name}-private",
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=below,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption",
            bucket=bucket.id,
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=below,
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{name}-lifecycle", bucket=bucket.id, rules=_lifecycle(args.expire_days), opts=below
        )
        self.policy = aws.s3.BucketPolicy(
            f"{name}-policy",
            bucket=bucket.id,
            policy=bucket.arn.apply(lambda arn: _policy(arn, args.statements)),
            # S3 answers two changes of a bucket's access at once with a conflict.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[block]),
        )
        self.register_outputs({"name": self.name})


def _lifecycle(expire_days: Mapping[str, int]) -> list[aws.s3.BucketLifecycleConfigurationRuleArgsDict]:
    unfinished: aws.s3.BucketLifecycleConfigurationRuleArgsDict = {
        "id": "unfinished-uploads",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
    }
    return [
        unfinished,
        *(
            aws.s3.BucketLifecycleConfigurationRuleArgsDict(
                id=f"expire-{prefix.strip('/') or 'all'}",
                status="Enabled",
                filter={"prefix": prefix},
                expiration={"days": days},
            )
            for prefix, days in sorted(expire_days.items())
        ),
    ]


def _policy(arn: str, statements: Sequence[Mapping[str, Any]]) -> str:
    tls = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    placed = [{**statement, "Resource": f"{arn}/{statement['Resource']}"} for statement in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": [tls, *placed]})

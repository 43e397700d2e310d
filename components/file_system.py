"""A file system that outlives the task that writes it: EFS, encrypted, for one access point's user."""

import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from stargate.components.container import Efs
from stargate.components.iam import VERSION, Statement
from stargate.errors import StargateError

NFS_PORT: Final = 2049
CLIENT: Final = "elasticfilesystem:Client"


def check_backups(*, backups: bool, persistent: bool, what: str) -> None:
    """Raise `StargateError` for copies of what ends with its task; `what` is whose settings these are."""
    if backups and not persistent:
        raise StargateError(f"{what}.backups is true and {what}.persistent is false: set both, or leave both out")


@dataclass(frozen=True, kw_only=True)
class FileSystemArgs:
    """Where it can be reached, and as whom it is read and written."""

    vpc_id: pulumi.Input[str]
    """The VPC that its security groups belong to."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """One in each zone that tasks run in: EFS takes no second mount target in a zone."""
    user_id: int
    """Whoever mounts it acts as this POSIX user and group, whatever the container's own."""
    path: str = "/data"
    """The folder of the file system that the access point shows as its root; made when first mounted."""
    backups: bool = False
    """Whether AWS Backup copies it every day and keeps each copy for 35 days."""

    def __post_init__(self) -> None:
        """Refuse root, and a file system that nothing reaches."""
        if self.user_id < 1:
            raise StargateError(f"file_system.user_id is {self.user_id}: choose 1 or more, since 0 is root")
        if not self.subnet_ids:
            raise StargateError("file_system.subnet_ids is empty: name one subnet in each zone")
        if not self.path.startswith("/") or self.path == "/":
            raise StargateError(f"file_system.path is {self.path}: choose a folder such as /data")


class FileSystem(pulumi.ComponentResource):
    """An encrypted EFS file system with elastic throughput.

    Builds: file system, security group that admits nobody (see `allow`), a mount target in each subnet, access point,
    a policy that takes neither a client without TLS nor one without an IAM role, backups if asked. To mount it, a task
    needs `efs` in its volume, `statements` in its role and `allow` for its security group.
    """

    id: pulumi.Output[str]
    arn: pulumi.Output[str]
    access_point_id: pulumi.Output[str]
    access_point_arn: pulumi.Output[str]
    security_group_id: pulumi.Output[str]
    efs: Efs
    """What a task's volume names."""

    def __init__(self, name: str, args: FileSystemArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build it."""
        super().__init__("stargate:index:FileSystem", name, None, opts)
        self._name = name
        self._below = below = pulumi.ResourceOptions(parent=self)
        system = aws.efs.FileSystem(
            f"{name}-system", encrypted=True, throughput_mode="elastic", tags={"Name": name}, opts=below
        )
        self.id, self.arn = system.id, system.arn
        group = aws.ec2.SecurityGroup(
            f"{name}-group",
            vpc_id=args.vpc_id,
            description=f"Files of {name}: no way out, in by name alone",
            tags={"Name": name},
            opts=below,
        )
        self.security_group_id = group.id
        # By letter, as zones are: a further zone comes last and renames none.
        for letter, subnet_id in zip(string.ascii_lowercase, args.subnet_ids, strict=False):
            aws.efs.MountTarget(
                f"{name}-mount-{letter}",
                file_system_id=self.id,
                subnet_id=subnet_id,
                security_groups=[group.id],
                opts=below,
            )
        self._access_point(args)
        aws.efs.FileSystemPolicy(f"{name}-policy", file_system_id=self.id, policy=self._policy(), opts=below)
        if args.backups:
            aws.efs.BackupPolicy(
                f"{name}-backups", file_system_id=self.id, backup_policy={"status": "ENABLED"}, opts=below
            )
        self.register_outputs({"id": self.id, "access_point_id": self.access_point_id})

    def statements(self) -> Sequence[Statement]:
        """What a task's role needs to read and write it, through the access point alone."""
        return [
            Statement(
                actions=[f"{CLIENT}Mount", f"{CLIENT}Write"],
                resources=[self.arn],
                conditions={"StringEquals": {"elasticfilesystem:AccessPointArn": self.access_point_arn}},
            )
        ]

    def allow(self, name: str, source_security_group_id: pulumi.Input[str]) -> None:
        """Admit the tasks of a service; `name` is the service's role, unique here."""
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-from-{name}",
            security_group_id=self.security_group_id,
            description=f"NFS from {name}",
            ip_protocol="tcp",
            from_port=NFS_PORT,
            to_port=NFS_PORT,
            referenced_security_group_id=source_security_group_id,
            opts=self._below,
        )

    def _access_point(self, args: FileSystemArgs) -> None:
        point = aws.efs.AccessPoint(
            f"{self._name}-access",
            file_system_id=self.id,
            posix_user={"uid": args.user_id, "gid": args.user_id},
            root_directory={
                "path": args.path,
                "creation_info": {"owner_uid": args.user_id, "owner_gid": args.user_id, "permissions": "0750"},
            },
            opts=self._below,
        )
        self.access_point_id, self.access_point_arn = point.id, point.arn
        self.efs = Efs(file_system_id=self.id, access_point_id=self.access_point_id)

    def _policy(self) -> pulumi.Output[str]:
        # Without any policy EFS lets every client in that reaches a mount target. This one allows nothing by itself,
        # so that only a role with `statements` mounts, and denies even that role without TLS or past the access point.
        return pulumi.Output.json_dumps(
            {
                "Version": VERSION,
                "Statement": [
                    self._deny("*", {"Bool": {"aws:SecureTransport": "false"}}),
                    self._deny(
                        f"{CLIENT}*",
                        {"StringNotEquals": {"elasticfilesystem:AccessPointArn": self.access_point_arn}},
                    ),
                ],
            }
        )

    def _deny(self, action: str, condition: object) -> dict[str, object]:
        return {
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": action,
            "Resource": self.arn,
            "Condition": condition,
        }

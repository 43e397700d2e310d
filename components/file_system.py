"""A file system that outlives the task that writes to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from stargate.components.container import Efs, Volume
from stargate.components.iam import VERSION, Statement
from stargate.components.naming import component_name

PORT: Final = 2049
# Reading and writing through the access point; never as root, and never the file system's own settings.
ACTIONS: Final = ("elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite")


@dataclass(frozen=True, kw_only=True)
class FileSystemArgs:
    """One folder of one owner."""

    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    """One a zone, where the tasks run."""
    uid: int
    """The user as whom everything is written."""
    gid: int
    path: str
    """The folder that a task sees as its root, such as `/clickhouse`."""
    backups: bool = False
    """Whether AWS Backup copies it every day."""


class FileSystem(pulumi.ComponentResource):
    """An encrypted EFS with elastic throughput.

    Builds: the file system, its policy that demands TLS, security group that admits nobody (see `allow`), a mount
    target for each subnet, the access point, the backup policy.
    """

    id: pulumi.Output[str]
    arn: pulumi.Output[str]
    access_point_id: pulumi.Output[str]

    def __init__(self, name: str, args: FileSystemArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build it."""
        super().__init__("stargate:index:FileSystem", component_name(name), None, opts)
        self._name = name
        self._below = below = pulumi.ResourceOptions(parent=self)
        system = aws.efs.FileSystem(
            f"{name}-system", encrypted=True, throughput_mode="elastic", tags={"Name": name}, opts=below
        )
        self.id, self.arn = system.id, system.arn
        aws.efs.FileSystemPolicy(
            f"{name}-policy", file_system_id=system.id, policy=system.arn.apply(_tls_alone), opts=below
        )
        self._group = aws.ec2.SecurityGroup(
            f"{name}-group",
            vpc_id=args.vpc_id,
            description=f"NFS {name}: no way out, in by name alone",
            tags={"Name": name},
            opts=below,
        )
        for index, subnet_id in enumerate(args.subnet_ids):
            aws.efs.MountTarget(
                f"{name}-mount-{index}",
                file_system_id=system.id,
                subnet_id=subnet_id,
                security_groups=[self._group.id],
                opts=below,
            )
        point = aws.efs.AccessPoint(
            f"{name}-point",
            file_system_id=system.id,
            posix_user={"uid": args.uid, "gid": args.gid},
            root_directory={
                "path": args.path,
                "creation_info": {"owner_uid": args.uid, "owner_gid": args.gid, "permissions": "0750"},
            },
            opts=below,
        )
        self.access_point_id, self._point_arn = point.id, point.arn
        aws.efs.BackupPolicy(
            f"{name}-backups",
            file_system_id=system.id,
            backup_policy={"status": "ENABLED" if args.backups else "DISABLED"},
            opts=below,
        )
        self.register_outputs({"id": self.id})

    def allow(self, name: str, source_security_group_id: pulumi.Input[str]) -> None:
        """Admit the tasks of a service; `name` is the service's role, unique here."""
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-from-{name}",
            security_group_id=self._group.id,
            description=f"NFS from {name}",
            ip_protocol="tcp",
            from_port=PORT,
            to_port=PORT,
            referenced_security_group_id=source_security_group_id,
            opts=self._below,
        )

    def statements(self) -> Sequence[Statement]:
        """What the task's role must be allowed to mount it."""
        through = {"StringEquals": {"elasticfilesystem:AccessPointArn": self._point_arn}}
        return [Statement(actions=ACTIONS, resources=[self.arn], conditions=through)]

    def volume(self, name: str) -> Volume:
        """The file system as a volume of a task."""
        return Volume(name=name, efs=Efs(file_system_id=self.id, access_point_id=self.access_point_id))


def _tls_alone(arn: str) -> str:
    return (
        f'{{"Version": "{VERSION}", "Statement": [{{"Effect": "Deny", "Principal": {{"AWS": "*"}}, "Action": "*", '
        f'"Resource": "{arn}", "Condition": {{"Bool": {{"aws:SecureTransport": "false"}}}}}}]}}'
    )

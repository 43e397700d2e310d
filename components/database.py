"""PostgreSQL on RDS: one instance, and a database and a role of its own for each application."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from stargate.components.container import Container
from stargate.components.database_instance import DatabaseInstance
from stargate.components.database_roles import BOOTSTRAP
from stargate.components.log_days import DEFAULT_LOG_DAYS
from stargate.components.naming import component_name
from stargate.components.secret import Secret, SecretArgs
from stargate.errors import StargateError

PORT: Final = 5432
# Pinned by the major version; AWS brings the minor ones in the maintenance window.
ENGINE_VERSION: Final = "17"
MASTER: Final = "stargate"
LOG_EXPORTS: Final = ("postgresql", "upgrade")
# psql of the server's own major version, from Amazon's mirror of the official image: no pull limit, arm64.
CLIENT_IMAGE: Final = "public.ecr.aws/docker/library/postgres:17.10-alpine"


@dataclass(frozen=True, kw_only=True)
class Reader:
    """A role that may log in to an application's database, and read there what the application grants it."""

    role: str
    connections: int = 5
    """At most; the application needs the others."""
    statement_seconds: int = 20
    """A question that takes longer is ended."""


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    """An instance and the applications that it serves."""

    vpc_id: pulumi.Input[str]
    """The VPC that its security groups belong to."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """In two zones at least, as RDS asks for; they need no way out."""
    applications: Sequence[str]
    """Each gets a database and a role of this name."""
    readers: Mapping[str, Reader] = field(default_factory=dict)
    """Who else may read, by application."""
    pools: Mapping[str, int] = field(default_factory=dict)
    """By application whose client is Prisma: how many connections each of its tasks opens at most. It stands in the
    address as `connection_limit`, which no other client takes; unbounded without."""
    instance: DatabaseInstance = field(default_factory=DatabaseInstance)
    """Its class, its disk and how well it is kept."""
    log_days: int = DEFAULT_LOG_DAYS
    """How long CloudWatch keeps PostgreSQL's log."""

    def __post_init__(self) -> None:
        """Refuse names that PostgreSQL would take for another."""
        if not self.applications:
            raise StargateError("the database's applications are empty: name at least one")
        for name in (*self.applications, *(reader.role for reader in self.readers.values())):
            if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", name) or name == MASTER:
                raise StargateError(
                    f"the database's applications name {name}: choose lower-case letters, digits and underscores, "
                    f"and not {MASTER}"
                )
        if astray := set(self.readers) - set(self.applications):
            raise StargateError(
                f"the database's readers name {min(astray)}: choose from {', '.join(self.applications)}"
            )
        if astray := set(self.pools) - set(self.applications):
            raise StargateError(f"the database's pools name {min(astray)}: choose from {', '.join(self.applications)}")
        for application, connections in self.pools.items():
            if connections < 1:
                raise StargateError(f"the database's pool of {application} is {connections}: choose 1 or more")


class Database(pulumi.ComponentResource):
    """An encrypted PostgreSQL 17 that takes TLS alone.

    Builds: subnet group, parameter group, security group that admits nobody (see `allow`), the master's password, log
    groups, the instance, and for each application a password and a secret with its whole address. Databases and roles
    are made by `bootstrap_container`, which an application runs before itself.
    """

    host: pulumi.Output[str]
    port: int
    identifier: pulumi.Output[str]
    security_group_id: pulumi.Output[str]

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build it."""
        super().__init__("stargate:index:Database", component_name(name), None, opts)
        self._name, self._args = name, args
        self._below = pulumi.ResourceOptions(parent=self)
        self.port = PORT
        group = aws.ec2.SecurityGroup(
            f"{name}-group",
            vpc_id=args.vpc_id,
            description=f"PostgreSQL {name}: no way out, in by name alone",
            tags={"Name": name},
            opts=self._below,
        )
        self.security_group_id = group.id
        self._master = Secret(
            f"{name}-master", SecretArgs(description=f"Password of the PostgreSQL {name}'s master"), self._below
        )
        instance = self._instance()
        self.host, self.identifier = instance.address, instance.identifier
        self._passwords = {app: self._secret(app, "password", None) for app in args.applications}
        self._readers = {app: self._secret(reader.role, "password", None) for app, reader in args.readers.items()}
        self._urls = {app: self._secret(app, "url", self._url(app)) for app in args.applications}
        self.register_outputs({"host": self.host, "identifier": self.identifier})

    def url_secret(self, application: str) -> pulumi.Output[str]:
        """The secret that holds `postgresql://…` for an application. Raises `StargateError` for an unknown one."""
        return self._of(self._urls, application).reference

    def password_secret(self, application: str) -> pulumi.Output[str]:
        """The secret that holds an application's password alone. Raises `StargateError` for an unknown one."""
        return self._of(self._passwords, application).reference

    def reader_secret(self, application: str) -> pulumi.Output[str]:
        """The secret that holds the password of the role that reads an application's database."""
        return self._of(self._readers, application).reference

    def bootstrap_container(self, application: str) -> Container:
        """An init container that makes the application's database and roles, or leaves them as they are."""
        secrets = {"PGPASSWORD": self._master.reference, "APPLICATION_PASSWORD": self.password_secret(application)}
        reader = {}
        if application in self._readers:
            known = self._args.readers[application]
            reader = {
                "READER": known.role,
                "READER_CONNECTIONS": str(known.connections),
                "READER_STATEMENT_TIMEOUT": f"{known.statement_seconds}s",
            }
            secrets["READER_PASSWORD"] = self.reader_secret(application)
        return Container(
            name="database-bootstrap",
            image=CLIENT_IMAGE,
            essential=False,
            environment={
                **reader,
                "PGHOST": self.host,
                "PGPORT": str(PORT),
                "PGUSER": MASTER,
                "PGDATABASE": "postgres",
                "PGSSLMODE": "require",
                "PGCONNECT_TIMEOUT": "10",
                "APPLICATION": application,
                "BOOTSTRAP": BOOTSTRAP,
            },
            secrets=secrets,
            entry_point=("sh", "-c"),
            command=('printf %s "$BOOTSTRAP" | psql --no-psqlrc --quiet',),
            user="postgres",
        )

    def script_container(self, application: str, name: str, script: str) -> Container:
        """An init container that runs a script of SQL as the application's role, in its database.

        Raises `StargateError` for an application with a pool: psql does not understand its address.
        """
        if application in self._args.pools:
            raise StargateError(
                f"the database's pools name {application}, whose address psql then refuses: leave its pool out, or run "
                f"{name} otherwise"
            )
        return Container(
            name=name,
            image=CLIENT_IMAGE,
            essential=False,
            environment={"SCRIPT": script, "PGCONNECT_TIMEOUT": "10"},
            secrets={"DATABASE_URL": self.url_secret(application)},
            entry_point=("sh", "-c"),
            command=('printf %s "$SCRIPT" | psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 "$DATABASE_URL"',),
            user="postgres",
        )

    def allow(self, name: str, source_security_group_id: pulumi.Input[str]) -> None:
        """Admit the tasks of a service; `name` is the service's role, unique here."""
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-from-{name}",
            security_group_id=self.security_group_id,
            description=f"PostgreSQL from {name}",
            ip_protocol="tcp",
            from_port=PORT,
            to_port=PORT,
            referenced_security_group_id=source_security_group_id,
            opts=self._below,
        )

    def _of(self, secrets: dict[str, Secret], application: str) -> Secret:
        if application not in secrets:
            raise StargateError(f"the database has no application {application}: choose from {', '.join(secrets)}")
        return secrets[application]

    def _secret(self, application: str, role: str, value: pulumi.Input[str] | None) -> Secret:
        return Secret(
            f"{self._name}-{application}-{role}",
            SecretArgs(description=f"PostgreSQL {role} of {application}", value=value),
            self._below,
        )

    def _url(self, application: str) -> pulumi.Output[str]:
        pool = self._args.pools.get(application)
        bound = f"&connection_limit={pool}" if pool else ""
        return pulumi.Output.concat(
            f"postgresql://{application}:",
            self._passwords[application].value,
            "@",
            self.host,
            f":{PORT}/{application}?sslmode=require{bound}",
        )

    def _instance(self) -> aws.rds.Instance:
        kept, name = self._args.instance, self._name
        subnets = aws.rds.SubnetGroup(f"{name}-subnets", subnet_ids=list(self._args.subnet_ids), opts=self._below)
        parameters = aws.rds.ParameterGroup(
            f"{name}-parameters",
            family=f"postgres{ENGINE_VERSION}",
            parameters=[
                {"name": "rds.force_ssl", "value": "1", "apply_method": "pending-reboot"},
                {"name": "log_min_duration_statement", "value": "1000", "apply_method": "immediate"},
                # A forgotten transaction would keep the spend log from being cleaned up.
                {"name": "idle_in_transaction_session_timeout", "value": "300000", "apply_method": "immediate"},
            ],
            opts=self._below,
        )
        # Made up here, since the logs are named after it and RDS would keep those that it makes itself for ever.
        suffix = random.RandomId(f"{name}-suffix", byte_length=4, opts=self._below)
        identifier = pulumi.Output.concat(f"{pulumi.get_project()}-{pulumi.get_stack()}-{name}-", suffix.hex)
        logs = [self._logs(identifier, export) for export in LOG_EXPORTS]
        return aws.rds.Instance(
            f"{name}-postgres",
            identifier=identifier,
            engine="postgres",
            engine_version=ENGINE_VERSION,
            # Extended support would be billed by the hour once the major version is old.
            engine_lifecycle_support="open-source-rds-extended-support-disabled",
            instance_class=kept.instance_class,
            allocated_storage=kept.storage_gb,
            max_allocated_storage=kept.most_storage_gb,
            storage_type="gp3",
            storage_encrypted=True,
            username=MASTER,
            password=self._master.value,
            port=PORT,
            db_subnet_group_name=subnets.name,
            parameter_group_name=parameters.name,
            vpc_security_group_ids=[self.security_group_id],
            publicly_accessible=False,
            multi_az=kept.multi_az,
            backup_retention_period=kept.backup_days,
            delete_automated_backups=not kept.deletion_protection,
            copy_tags_to_snapshot=True,
            deletion_protection=kept.deletion_protection,
            skip_final_snapshot=not kept.final_snapshot,
            # A snapshot outlives its stack: the next of this name must not find it in the way.
            final_snapshot_identifier=pulumi.Output.concat(identifier, "-final") if kept.final_snapshot else None,
            auto_minor_version_upgrade=True,
            apply_immediately=kept.apply_immediately,
            enabled_cloudwatch_logs_exports=list(LOG_EXPORTS),
            opts=pulumi.ResourceOptions(parent=self, protect=kept.deletion_protection, depends_on=logs),
        )

    def _logs(self, identifier: pulumi.Output[str], export: str) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            f"{self._name}-{export}-logs",
            name=pulumi.Output.concat("/aws/rds/instance/", identifier, f"/{export}"),
            retention_in_days=self._args.log_days,
            opts=self._below,
        )

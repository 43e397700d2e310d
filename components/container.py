"""A container of a task, as plain values, and its definition as ECS takes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

import pulumi

from stargate.errors import StargateError

# Fargate sends SIGKILL this long after SIGTERM at the latest.
LONGEST_STOP_SECONDS: Final = 120
# A name that promises a secret must come from the secret store. Ends of names, so that a KEY_ALIAS may be plain.
SECRET_ENDINGS: Final = ("PASSWORD", "SECRET", "TOKEN", "_KEY", "DATABASE_URL", "SALT")


class Condition(StrEnum):
    """What a container waits for in another of its task."""

    START = "START"
    SUCCESS = "SUCCESS"
    """It ended, and well: an init container."""
    HEALTHY = "HEALTHY"


@dataclass(frozen=True, kw_only=True)
class HealthCheck:
    """How ECS asks the container itself whether it lives."""

    command: tuple[str, ...]
    """Such as `("CMD", "wget", "-q", "-O-", "http://127.0.0.1:8428/health")`."""
    interval_seconds: int = 15
    timeout_seconds: int = 5
    retries: int = 3
    start_seconds: int = 60
    """Failures before this time do not count."""


@dataclass(frozen=True, kw_only=True)
class Container:
    """One container; its file system is read-only but for its mounts unless told otherwise."""

    name: str
    image: pulumi.Input[str]
    environment: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Never a secret: whoever may describe the task reads it."""
    secrets: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Environment variables by the secret that holds the value, as ECS names it: see `Secret.reference`."""
    command: tuple[str, ...] = ()
    entry_point: tuple[str, ...] = ()
    port: int | None = None
    health_check: HealthCheck | None = None
    depends_on: Mapping[str, Condition] = field(default_factory=dict)
    essential: bool = True
    """Whether its end ends the task; an init container is not essential."""
    mounts: Mapping[str, str] = field(default_factory=dict)
    """Paths by the name of the task's volume."""
    read_only_root: bool = True
    user: str | None = None
    stop_seconds: int = 30
    memory_mb: int | None = None
    """A hard limit of its own, below the task's."""

    def __post_init__(self) -> None:
        """Refuse a secret among the plain variables, and a stop timeout beyond Fargate's."""
        for name in self.environment:
            if name.endswith(SECRET_ENDINGS):
                raise StargateError(f"container {self.name} has {name} in its environment: move it to its secrets")
        if both := set(self.environment) & set(self.secrets):
            raise StargateError(f"container {self.name} has {min(both)} twice: keep it in its secrets")
        if not 0 < self.stop_seconds <= LONGEST_STOP_SECONDS:
            raise StargateError(
                f"container {self.name} has stop_seconds {self.stop_seconds}: choose 1 to {LONGEST_STOP_SECONDS}"
            )

    def definition(self, log_group: pulumi.Input[str], region: str) -> dict[str, Any]:
        """The container as the ECS API spells it; outputs stay outputs."""
        made: dict[str, Any] = {
            "name": self.name,
            "image": self.image,
            "essential": self.essential,
            "readonlyRootFilesystem": self.read_only_root,
            "stopTimeout": self.stop_seconds,
            "environment": [{"name": name, "value": self.environment[name]} for name in sorted(self.environment)],
            "secrets": [{"name": name, "valueFrom": self.secrets[name]} for name in sorted(self.secrets)],
            "mountPoints": [
                {"sourceVolume": volume, "containerPath": path, "readOnly": False}
                for volume, path in sorted(self.mounts.items())
            ],
            "dependsOn": [
                {"containerName": name, "condition": condition.value} for name, condition in self.depends_on.items()
            ],
            # ECS reads an absent list back as an empty one, and the provider would replace the task for it each time.
            "linuxParameters": {"initProcessEnabled": True, "capabilities": {"add": [], "drop": ["ALL"]}},
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": log_group,
                    "awslogs-region": region,
                    "awslogs-stream-prefix": self.name,
                    # A full log buffer must not stop a request.
                    "mode": "non-blocking",
                    "max-buffer-size": "4m",
                },
            },
        }
        if self.command:
            made["command"] = list(self.command)
        if self.entry_point:
            made["entryPoint"] = list(self.entry_point)
        if self.port is not None:
            made["portMappings"] = [{"containerPort": self.port, "hostPort": self.port, "protocol": "tcp"}]
        if self.user is not None:
            made["user"] = self.user
        if self.memory_mb is not None:
            made["memory"] = self.memory_mb
        if self.health_check:
            made["healthCheck"] = {
                "command": list(self.health_check.command),
                "interval": self.health_check.interval_seconds,
                "timeout": self.health_check.timeout_seconds,
                "retries": self.health_check.retries,
                "startPeriod": self.health_check.start_seconds,
            }
        return made


@dataclass(frozen=True, kw_only=True)
class Efs:
    """A file system that outlives the task, through one access point of it."""

    file_system_id: pulumi.Input[str]
    access_point_id: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class Volume:
    """A volume of a task: the task's own disk, which ends with it, or a file system that stays."""

    name: str
    efs: Efs | None = None

    def definition(self) -> dict[str, Any]:
        """The volume as a task definition takes it; a file system is encrypted on the way and asks for the role."""
        if self.efs is None:
            return {"name": self.name}
        return {
            "name": self.name,
            "efs_volume_configuration": {
                "file_system_id": self.efs.file_system_id,
                "transit_encryption": "ENABLED",
                "authorization_config": {"access_point_id": self.efs.access_point_id, "iam": "ENABLED"},
            },
        }


def check_task(containers: Sequence[Container], volumes: Sequence[Volume]) -> None:
    """Refuse names that are used twice or that do not exist, and a task that nothing keeps alive."""
    names = [container.name for container in containers]
    if len(set(names)) < len(names) or not any(container.essential for container in containers):
        raise StargateError(f"the containers are {', '.join(names) or 'none'}: name each once, one of them essential")
    known = {volume.name for volume in volumes}
    for container in containers:
        if missing := set(container.depends_on) - set(names):
            raise StargateError(f"container {container.name} waits for {min(missing)}: name one of {', '.join(names)}")
        if missing := set(container.mounts) - known:
            raise StargateError(f"container {container.name} mounts {min(missing)}: add the volume to the service")

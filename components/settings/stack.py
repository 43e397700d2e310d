"""A stack's settings: read once, typed, refused as a whole when one of them cannot be."""

from collections.abc import Mapping
from typing import Any, Final, Self

import pulumi
from pydantic import Field, ValidationError, model_validator

from stargate.components.database import DatabaseInstance
from stargate.components.langfuse import APPLICATION as LANGFUSE
from stargate.components.naming import within
from stargate.components.network import NetworkArgs
from stargate.components.settings.areas import (
    AlarmSettings,
    Area,
    CacheSettings,
    EdgeSettings,
    GatewaySettings,
    ObservabilitySettings,
    Origin,
    TracingSettings,
)
from stargate.components.settings.connections import Client, check
from stargate.components.settings.sentences import sentence
from stargate.components.tracing import TracingBackend
from stargate.errors import StargateError

LITELLM: Final = "litellm"
GRAFANA: Final = "grafana"
# Connections of one task: Grafana's own and its data source's; Prisma's pool in each of Langfuse's services.
GRAFANA_CONNECTIONS: Final = 7
LANGFUSE_CONNECTIONS: Final = 10
# With the project's name in front and a role behind, AWS's shortest limits still hold.
LONGEST_STACK: Final = 20
TAG_PREFIX: Final = "stargate"


class Settings(Area):
    """Everything that a stack decides; `Pulumi.STACK.yaml` holds one object for each area."""

    network: NetworkArgs = Field(default_factory=NetworkArgs)
    """The VPC: its range, zones, and the way out."""
    database: DatabaseInstance = Field(default_factory=DatabaseInstance)
    """PostgreSQL: its machine, disk, copies and protection."""
    cache: CacheSettings = Field(default_factory=CacheSettings)
    """Valkey, which several tasks share their counters in."""
    gateway: GatewaySettings = Field(default_factory=GatewaySettings)
    """LiteLLM: models, tasks, timeouts, administrators."""
    edge: EdgeSettings = Field(default_factory=EdgeSettings)
    """CloudFront: origin, domain, web ACL."""
    observability: ObservabilitySettings = Field(default_factory=ObservabilitySettings)
    """Metrics, Grafana, logs."""
    tracing: TracingSettings = Field(default_factory=TracingSettings)
    """Langfuse: in this stack, elsewhere, or not at all."""
    alarms: AlarmSettings = Field(default_factory=AlarmSettings)
    """Who is told of what, and the limits."""
    tags: dict[str, str] = Field(default_factory=dict)
    """On every resource, beside the project's and the stack's names."""

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        check(self.database.instance_class, self._database_clients())
        if self.edge.origin is Origin.PUBLIC and self.edge.domain is None:
            raise StargateError(
                "edge.origin is public and edge.domain is absent: the way from CloudFront would not be encrypted; "
                "set edge.domain, or choose edge.origin vpc"
            )
        if taken := [key for key in self.tags if key.startswith((f"{TAG_PREFIX}:", "aws:"))]:
            raise StargateError(f"tags has {taken[0]}: choose a key that begins with neither {TAG_PREFIX}: nor aws:")
        return self

    @property
    def applications(self) -> tuple[str, ...]:
        """Each has a database of its own on the one instance."""
        return (
            LITELLM,
            *([GRAFANA] if self.observability.grafana.own_database else []),
            *([LANGFUSE] if self.tracing.backend is TracingBackend.LANGFUSE else []),
        )

    def _database_clients(self) -> list[Client]:
        tasks, tracing = self.gateway.tasks, self.tracing
        clients = [
            Client(name="gateway", tasks=tasks.most, each=tasks.workers * self.gateway.database_pool),
            Client(name=GRAFANA, tasks=self.observability.grafana.desired_count, each=GRAFANA_CONNECTIONS),
        ]
        if tracing.backend is TracingBackend.LANGFUSE:
            services = tracing.web_tasks + tracing.worker_tasks
            clients.append(Client(name=LANGFUSE, tasks=services, each=LANGFUSE_CONNECTIONS))
        return clients


def parse(values: Mapping[str, Any]) -> Settings:
    """Settings from plain values. Raises `StargateError` that names the setting, its value and the way out."""
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise StargateError(sentence(error, Settings)) from None


def load() -> Settings:
    """The settings of the stack that runs, from Pulumi's configuration. Raises `StargateError` as `parse` does."""
    within(pulumi.get_stack(), LONGEST_STACK, "the stack's name")
    config = pulumi.Config()
    given = {area: config.get_object(area) for area in Settings.model_fields}
    return parse({area: value for area, value in given.items() if value is not None})

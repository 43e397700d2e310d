"""A stack's settings: read once, typed, refused as a whole when one of them cannot be."""

from collections.abc import Mapping
from typing import Any, Final, Self

import pulumi
from pydantic import Field, ValidationError, model_validator

from stargate.components.database_instance import DatabaseInstance
from stargate.components.gateway_tasks import check_counters
from stargate.components.grafana import APPLICATION as GRAFANA
from stargate.components.grafana import MOST_CONNECTIONS as GRAFANA_CONNECTIONS
from stargate.components.langfuse import APPLICATION as LANGFUSE
from stargate.components.langfuse import MOST_CONNECTIONS as LANGFUSE_CONNECTIONS
from stargate.components.naming import part
from stargate.components.network import NetworkArgs
from stargate.components.settings.areas import (
    AlarmSettings,
    Area,
    CacheSettings,
    EdgeSettings,
    GatewaySettings,
    ObservabilitySettings,
    OriginMode,
    TracingSettings,
)
from stargate.components.settings.connections import check, rolling
from stargate.components.settings.sentences import sentence
from stargate.components.settings.tags import check_tags
from stargate.components.tracing import TracingBackend
from stargate.errors import StargateError
from stargate.gateway.spend_reader import CONNECTIONS as READER_CONNECTIONS
from stargate.gateway.spend_reader import ROLE as READER

LITELLM: Final = "litellm"
# Together, with a role behind, they stay within AWS's shortest limits: 60 characters of a log delivery's name, 63 of a
# database's.
LONGEST_PROJECT: Final = 20
LONGEST_STACK: Final = 20
# Secrets stand beside the areas, so that an area's values can be shown.
SECRETS: Final = ("alarmPageUrl", "tracingPublicKey", "tracingSecretKey")


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
        check(self.database.instance_class, self._connections())
        if self.edge.origin is OriginMode.PUBLIC and self.edge.domain is None:
            raise StargateError(
                "edge.origin is public and edge.domain is absent: the way from CloudFront would not be encrypted; "
                "set edge.domain, or choose edge.origin vpc"
            )
        if self.edge.origin is OriginMode.PUBLIC and self.gateway.admin_networks:
            raise StargateError(
                f"gateway.admin_networks is {', '.join(self.gateway.admin_networks)} and edge.origin is public: "
                "a load balancer on the internet has no private side; leave it empty, or choose edge.origin vpc"
            )
        check_counters(self.gateway.tasks, cache=self.cache.enabled, missing="cache.enabled is false: set it to true")
        if unknown := set(self.alarms.tokens_per_minute) - set(self.gateway.models):
            raise StargateError(
                f"alarms.tokens_per_minute names {min(unknown)}: choose from {', '.join(self.gateway.models)}"
            )
        check_tags(self.tags)
        return self

    @property
    def applications(self) -> tuple[str, ...]:
        """Each has a database of its own on the one instance."""
        return (
            LITELLM,
            *([GRAFANA] if self.observability.grafana.own_database else []),
            *([LANGFUSE] if self.tracing.backend is TracingBackend.LANGFUSE else []),
        )

    @property
    def pools(self) -> dict[str, int]:
        """What each task of an application opens at most where the database's address bounds it."""
        return {LANGFUSE: LANGFUSE_CONNECTIONS} if LANGFUSE in self.applications else {}

    def _connections(self) -> dict[str, int]:
        """By client, what it may hold of the database at once."""
        tasks, grafana, tracing = self.gateway.tasks, self.observability.grafana, self.tracing
        shares = {"gateway": rolling(tasks.most, tasks.workers * self.gateway.database_pool)}
        if GRAFANA in self.applications:
            shares[GRAFANA] = rolling(grafana.desired_count, GRAFANA_CONNECTIONS)
        if LANGFUSE in self.applications:
            shares[LANGFUSE] = rolling(tracing.web_tasks + tracing.worker_tasks, LANGFUSE_CONNECTIONS)
        # The role's own limit, for all who log in with it.
        return {**shares, READER: READER_CONNECTIONS}


def parse(values: Mapping[str, Any]) -> Settings:
    """Settings from plain values. Raises `StargateError` that names the setting, its value and the way out."""
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise StargateError(sentence(error, Settings)) from None


def load() -> Settings:
    """The settings of the stack that runs, from Pulumi's configuration. Raises `StargateError` as `parse` does."""
    part(pulumi.get_project(), LONGEST_PROJECT, "the project's name")
    part(pulumi.get_stack(), LONGEST_STACK, "the stack's name")
    config = pulumi.Config()
    known = (*Settings.model_fields, *SECRETS)
    if unknown := sorted(_keys(pulumi.get_project()) - set(known)):
        raise StargateError(f"{unknown[0]} is no setting: choose from {', '.join(known)}")
    return parse({area: _object(config, area) for area in Settings.model_fields if config.get(area) is not None})


def _object(config: pulumi.Config, area: str) -> Any:
    if not config.get(area):
        # So an engine hands over null.
        return None
    try:
        return config.get_object(area)
    except pulumi.ConfigTypeError:
        # What it holds is not repeated: it may be a secret.
        raise StargateError(
            f"{area} holds a text: write an object such as {area}: {{}}, and set secrets as {', '.join(SECRETS)}"
        ) from None


def _keys(project: str) -> set[str]:
    """The project's own keys, as they stand below its name. An engine hands them over in the environment."""
    every = {*pulumi.runtime.config.CONFIG.get(), *pulumi.runtime.config.get_config_env()}
    return {key.removeprefix(f"{project}:") for key in every if key.startswith(f"{project}:")}

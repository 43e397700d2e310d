"""What the gateway's own truths become for one stack: the only place where settings meet routes, models and config."""

from dataclasses import dataclass
from functools import cached_property

from stargate.components.bedrock_access import InferenceProfile
from stargate.components.gateway import GatewayRoutes
from stargate.components.settings.stack import Settings
from stargate.gateway import behaviours, guard, models, routes
from stargate.gateway.litellm_config import LiteLLMSettings, Tracing


@dataclass(frozen=True, kw_only=True)
class Derived:
    """A stack's projections of what stands once. Raises `StargateError` for a model that the region cannot reach."""

    settings: Settings
    region: str
    stack: str

    def __post_init__(self) -> None:
        """Fail before anything is built."""
        _ = self.models

    @cached_property
    def models(self) -> tuple[models.Model, ...]:
        """What clients may ask for."""
        gateway = self.settings.gateway
        return models.offered(gateway.models, gateway.profile, self.region)

    @property
    def profiles(self) -> tuple[InferenceProfile, ...]:
        """What the gateway's task may call on Bedrock."""
        profile = self.settings.gateway.profile
        return tuple(
            InferenceProfile(id=m.profile_id(profile), model=m.bedrock, destinations=m.destinations(profile))
            for m in self.models
        )

    @cached_property
    def policy(self) -> routes.Policy:
        """What the public may call."""
        return routes.policy(self.settings.gateway.open)

    @property
    def behaviours(self) -> tuple[behaviours.Behaviour, ...]:
        """CloudFront's behaviours."""
        return behaviours.behaviours(self.policy)

    @property
    def guard(self) -> str:
        """The function that lets through what is public."""
        return guard.render(self.policy)

    @property
    def refusal(self) -> str:
        """The function that lets nothing through: the guard of an empty policy."""
        return guard.render(routes.Policy(routes=()))

    @property
    def own_routes(self) -> GatewayRoutes:
        """The paths of LiteLLM that its own task calls."""
        return GatewayRoutes(
            liveliness=routes.LIVELINESS.path,
            key_new=routes.AdminRoute.KEY_NEW,
            key_info=routes.AdminRoute.KEY_INFO,
        )

    def litellm(self, trace_host: str | None) -> LiteLLMSettings:
        """What LiteLLM's configuration is rendered from."""
        gateway, tracing = self.settings.gateway, self.settings.tracing
        traced = Tracing(host=trace_host, environment=self.stack, capture_content=tracing.capture_content)
        return LiteLLMSettings(
            models=self.models,
            profile=gateway.profile,
            region=self.region,
            ladder=gateway.timeouts,
            cache=self.settings.cache.enabled,
            tracing=traced if trace_host else None,
            spend_log_retention_days=gateway.spend_log_retention_days,
            database_pool=gateway.database_pool,
            retries=gateway.retries,
        )


"""LiteLLM with its configuration, and where its traces go."""

from pathlib import Path
from typing import Final

import pulumi

import stargate.gateway
from stargate import components as on_aws
from stargate.components.settings.stack import LITELLM
from stargate.gateway import litellm_config, metrics_key, routes, spend_reader
from stargate.stack.base import Stack
from stargate.stack.entrance import TRACES

SOURCE: Final = Path(stargate.gateway.__file__).parent


def langfuse(
    stack: Stack,
    *,
    network: on_aws.Network,
    place: on_aws.Placement,
    database: on_aws.Database,
    front: on_aws.FrontDoor,
    pages: on_aws.Pages,
) -> on_aws.LangfuseArgs:
    """Langfuse in this stack."""
    chosen = stack.settings.tracing.model_dump(exclude={"backend", "host", "project", "capture_content", "public"})
    return on_aws.LangfuseArgs(
        cluster=place.cluster,
        vpc_id=place.vpc_id,
        subnet_ids=place.subnet_ids,
        data_subnet_ids=network.data_subnet_ids,
        database=database,
        url=pages.url,
        hostname=TRACES,
        target_group_arns=front.target_group_arns(TRACES),
        destroy=not stack.settings.gateway.deletion_protection,
        architecture=stack.architecture,
        log_days=stack.settings.observability.log_days,
        depends_on=front.balancer.ready,
        **chosen,
    )


def external_langfuse(stack: Stack) -> on_aws.ExternalLangfuse:
    """Langfuse elsewhere, and its two keys."""
    config = pulumi.Config()
    return on_aws.ExternalLangfuse(
        host=stack.settings.tracing.host or "",
        public_key=config.get_secret("tracingPublicKey"),
        secret_key=config.get_secret("tracingSecretKey"),
    )


def gateway(
    stack: Stack,
    *,
    place: on_aws.Placement,
    database: on_aws.Database,
    cache: on_aws.Cache | None,
    front: on_aws.FrontDoor,
    traces: on_aws.TraceStore | None,
) -> on_aws.GatewayArgs:
    """LiteLLM with its configuration."""
    chosen = stack.settings.gateway
    config = _litellm(stack, traces.host if traces else None)
    keys: dict[str, pulumi.Input[str]] = {}
    if traces:
        keys = {
            "LANGFUSE_PUBLIC_KEY": traces.public_key_secret,
            "LANGFUSE_SECRET_KEY": traces.secret_key_secret,
        }
    return on_aws.GatewayArgs(
        cluster=place.cluster,
        vpc_id=place.vpc_id,
        subnet_ids=place.subnet_ids,
        image=stack.image(SOURCE / "Dockerfile", SOURCE / "image"),
        config=litellm_config.render(config),
        environment=litellm_config.environment(config),
        routes=on_aws.GatewayRoutes(
            liveliness=routes.LIVELINESS.path,
            key_new=routes.AdminRoute.KEY_NEW,
            key_info=routes.AdminRoute.KEY_INFO,
            key_delete=routes.AdminRoute.KEY_DELETE,
        ),
        metrics_key=metrics_key.settings(),
        profiles=_profiles(stack),
        database=database,
        application=LITELLM,
        reader_grants=spend_reader.grants(),
        cache=cache,
        balancer=front.balancer,
        secrets=keys,
        tasks=chosen.tasks,
        stop_seconds=chosen.timeouts.stop_seconds,
        log_days=stack.settings.observability.log_days,
    )


def _litellm(stack: Stack, trace_host: str | None) -> litellm_config.LiteLLMSettings:
    chosen, tracing = stack.settings.gateway, stack.settings.tracing
    traced = None
    if trace_host:
        traced = litellm_config.Tracing(
            host=trace_host, environment=stack.name, capture_content=tracing.capture_content
        )
    return litellm_config.LiteLLMSettings(
        models=stack.models,
        profile=chosen.profile,
        region=stack.region,
        ladder=chosen.timeouts,
        cache=stack.settings.cache.enabled,
        tracing=traced,
        spend_log_retention_days=chosen.spend_log_retention_days,
        database_pool=chosen.database_pool,
        retries=chosen.retries,
    )


def _profiles(stack: Stack) -> list[on_aws.InferenceProfile]:
    profile = stack.settings.gateway.profile
    return [
        on_aws.InferenceProfile(id=m.profile_id(profile), model=m.bedrock, destinations=m.destinations(profile))
        for m in stack.models
    ]

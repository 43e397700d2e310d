"""LiteLLM's configuration, rendered from the models, the timeouts and a stack's settings.

The deployed gateway and the local one read the same text; only the Bedrock endpoint and the secrets differ. Every key
is one of LiteLLM 1.106.2: it takes a misspelt key in silence, so a test looks each one up in the installed package.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from stargate.errors import StargateError
from stargate.gateway import litellm_metrics
from stargate.gateway.models import Capability, Model, Profile
from stargate.gateway.routes import LIVELINESS, METRICS, READINESS
from stargate.gateway.timeouts import Ladder
from stargate.gateway.token_prices import MILLION, Price

# The image's tag and the locked package: what is tested is what runs.
LITELLM_VERSION: Final = "1.106.2"

# Secrets never stand in the text: LiteLLM reads them from the environment, under these names.
SECRET_VARIABLES: Final = ("LITELLM_MASTER_KEY", "LITELLM_SALT_KEY", "DATABASE_URL")

# LiteLLM's `langfuse_otel` lets any request choose where its trace goes: this one does not (the file says more). It
# must lie in the folder of the configuration, under this name.
TRACING_FILE: Final = Path(__file__).with_name("image") / "stargate_tracing.py"
TRACING_CALLBACK: Final = f"{TRACING_FILE.stem}.langfuse"
# What Langfuse takes for an environment; it drops the traces of any other in silence.
TRACING_ENVIRONMENT: Final = r"(?!langfuse)[a-z0-9_-]+"

# They would make a series of every client, browser and person; who spent what stands in PostgreSQL.
UNBOUNDED_LABELS: Final = ("client_ip", "user_agent", "end_user", "user_email")

# From a fast cached answer to the longest that the gateway waits for, in seconds.
LATENCY_BUCKETS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0)

# The smallest pool that LiteLLM's own background jobs leave room beside.
SMALLEST_POOL: Final = 5

# LiteLLM waits up to eight seconds before it asks again: these already take a minute, and each adds to a throttle.
MOST_RETRIES: Final = 10


@dataclass(frozen=True, kw_only=True)
class Tracing:
    """Where traces go: a Langfuse server's address, and whether prompts and answers go with them."""

    host: str
    environment: str
    capture_content: bool = False

    def __post_init__(self) -> None:
        """Refuse an environment whose traces Langfuse would drop."""
        if not re.fullmatch(TRACING_ENVIRONMENT, self.environment):
            raise StargateError(
                f"tracing.environment is {self.environment!r}: choose lower-case letters, digits, - and _, not "
                "starting with langfuse"
            )


@dataclass(frozen=True, kw_only=True)
class LiteLLMSettings:
    """What a stack decides about its LiteLLM."""

    models: tuple[Model, ...]
    profile: Profile = Profile.US
    region: str
    """Where Bedrock is called; a profile's request may run elsewhere."""
    ladder: Ladder = field(default_factory=Ladder)
    cache: bool = False
    """Whether a Valkey is shared by all tasks; its address comes in `REDIS_HOST` and `REDIS_PORT`."""
    tracing: Tracing | None = None
    spend_log_retention_days: int = 90
    database_pool: int = 10
    """Database connections of one worker."""
    retries: int = 2
    """How often LiteLLM asks the model again after a throttle or a server error."""
    bedrock_endpoint: str | None = None
    """Another address for Bedrock's runtime: the local emulator, or a VPC endpoint without private DNS."""

    def __post_init__(self) -> None:
        """Refuse what LiteLLM would take in silence and fail on later."""
        if not self.models:
            raise StargateError("gateway.models is empty: name at least one model")
        if self.spend_log_retention_days < 1:
            raise StargateError(
                f"gateway.spend_log_retention_days is {self.spend_log_retention_days}: choose 1 or more"
            )
        if self.database_pool < SMALLEST_POOL:
            raise StargateError(f"gateway.database_pool is {self.database_pool}: choose {SMALLEST_POOL} or more")
        if not 0 <= self.retries <= MOST_RETRIES:
            raise StargateError(f"gateway.retries is {self.retries}: choose 0 to {MOST_RETRIES}")


def render(settings: LiteLLMSettings) -> str:
    """LiteLLM's `config.yaml`, without a secret in it."""
    return yaml.safe_dump(config(settings), sort_keys=False, width=120)


def config(settings: LiteLLMSettings) -> dict[str, Any]:
    """The configuration as plain values."""
    return {
        "model_list": [_deployment(model, settings) for model in settings.models],
        "litellm_settings": _litellm_settings(settings),
        "general_settings": _general_settings(settings),
        "router_settings": _router_settings(settings),
    }


def environment(settings: LiteLLMSettings) -> dict[str, str]:
    """The environment that goes with the configuration: switches that LiteLLM reads nowhere else. No secrets."""
    ladder = settings.ladder
    variables = {
        "LITELLM_MODE": "PRODUCTION",
        "LITELLM_LOG": "ERROR",
        # Prices, beta headers and pages as they were tested, not as they stand on the internet at start.
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
        "LITELLM_LOCAL_POLICY_TEMPLATES": "True",
        "LITELLM_LOCAL_BLOG_POSTS": "True",
        "LITELLM_LOCAL_AUTOROUTER_PRESETS": "True",
        # Every route exists from the start: no import in the first request, no surprise in the route table.
        "LITELLM_DISABLE_LAZY_ROUTES": "true",
        "LITELLM_DISABLE_ACCESS_LOG_PATHS": f"{LIVELINESS.path},{READINESS.path},{METRICS.path}",
        "LITELLM_DONT_SHOW_FEEDBACK_BOX": "true",
        # Migrations run before the server, once, and not in every task.
        "DISABLE_SCHEMA_UPDATE": "true",
        "NO_DOCS": "True",
        "NO_REDOC": "True",
        "NO_OPENAPI": "True",
        "DISABLE_ADMIN_UI": "True",
        "PROMETHEUS_DISABLE_CREATED_SERIES": "true",
        "KEEPALIVE_TIMEOUT": str(ladder.keep_alive_seconds),
        "REQUEST_TIMEOUT": str(ladder.request_seconds),
        "GRACEFUL_SHUTDOWN_TIMEOUT": str(ladder.stop_seconds),
        "AWS_REGION": settings.region,
        "AWS_DEFAULT_REGION": settings.region,
    }
    if settings.cache:
        # LiteLLM's default of 0.1 s opens its circuit breaker on a cold TLS connection.
        variables["REDIS_SOCKET_TIMEOUT"] = "1"
        # The router takes no such key in its settings.
        variables["REDIS_SSL"] = "true"
    else:
        variables["LITELLM_DISABLE_NO_REDIS_WARNING"] = "true"
    if settings.tracing:
        variables["LANGFUSE_HOST"] = settings.tracing.host
        variables["LANGFUSE_OTEL_HOST"] = settings.tracing.host
        variables["LANGFUSE_TRACING_ENVIRONMENT"] = settings.tracing.environment
        variables["OTEL_ENVIRONMENT_NAME"] = settings.tracing.environment
        # A client's `traceparent` would otherwise decide whether its request is traced at all.
        variables["OTEL_TRACES_SAMPLER"] = "always_on"
        # What a stalled trace store may hold back: five seconds an attempt, and no more spans than this in memory.
        variables["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT"] = "5"
        variables["OTEL_BSP_MAX_QUEUE_SIZE"] = "2048"
        variables["STARGATE_CAPTURE_CONTENT"] = str(settings.tracing.capture_content).lower()
    return variables


def _deployment(model: Model, settings: LiteLLMSettings) -> dict[str, Any]:
    profile_id = model.profile_id(settings.profile)
    params: dict[str, Any] = {"model": f"bedrock/{profile_id}", "aws_region_name": settings.region}
    if settings.bedrock_endpoint:
        params["aws_bedrock_runtime_endpoint"] = settings.bedrock_endpoint
    return {
        "model_name": model.name,
        "litellm_params": params,
        "model_info": {
            "id": f"{model.name}-{settings.profile.value}",
            "base_model": profile_id,
            "max_input_tokens": model.context_tokens,
            "max_output_tokens": model.output_tokens,
            **{capability.value: capability in model.capabilities for capability in Capability},
            **_prices(model, settings.profile),
            # LiteLLM would count the newer models' tokens in us-east-1, with the prompt in the request.
            "token_count_model": {"model": model.bedrock, "litellm_provider": "bedrock", "region": settings.region},
        },
    }


def _prices(model: Model, profile: Profile) -> dict[str, float]:
    """LiteLLM's price fields of a model, in dollars per token."""
    fields = _price_fields(model.price_through(profile), "")
    if model.long_context:
        above = model.long_context.above
        fields |= _price_fields(model.price_through(profile, above + 1), f"_above_{above // 1000}k_tokens")
    return fields


def _price_fields(price: Price, suffix: str) -> dict[str, float]:
    return {
        f"input_cost_per_token{suffix}": float(price.input / MILLION),
        f"output_cost_per_token{suffix}": float(price.output / MILLION),
        f"cache_read_input_token_cost{suffix}": float(price.cache_read / MILLION),
        f"cache_creation_input_token_cost{suffix}": float(price.cache_write_5m / MILLION),
        f"cache_creation_input_token_cost_above_1hr{suffix}": float(price.cache_write_1h / MILLION),
    }


def _litellm_settings(settings: LiteLLMSettings) -> dict[str, Any]:
    ladder = settings.ladder
    values: dict[str, Any] = {
        "callbacks": ["prometheus", *([TRACING_CALLBACK] if settings.tracing else [])],
        "service_callback": ["prometheus_system"],
        # LiteLLM's own answer to an exceeded budget is 422; Stargate's is 429.
        "budget_exceeded_status_code": 429,
        # Newer models refuse parameters that SDKs send by habit.
        "drop_params": True,
        "request_timeout": ladder.request_seconds,
        "anthropic_sse_ping_interval_seconds": float(ladder.ping_seconds),
        "sse_keepalive_ping_interval_seconds": float(ladder.ping_seconds),
        # A model without a price would be free, whatever the budget.
        "block_requests_for_models_without_pricing": True,
        # Who makes keys for themselves makes them without a budget: only administrators make keys.
        "key_generation_settings": {
            "personal_key_generation": {"allowed_user_roles": ["proxy_admin"]},
            "team_key_generation": {"allowed_team_member_roles": ["admin"]},
        },
        "default_internal_user_params": {"user_role": "internal_user_viewer"},
        "turn_off_message_logging": not (settings.tracing and settings.tracing.capture_content),
        "redact_messages_in_exceptions": True,
        # Whatever a request asks for, it is counted and traced.
        "global_disable_no_log_param": True,
        "allow_dynamic_callback_disabling": False,
        "json_logs": True,
        "require_auth_for_metrics_endpoint": True,
        "prometheus_initialize_budget_metrics": True,
        "prometheus_metrics_config": litellm_metrics.kept(),
        "prometheus_exclude_labels": list(UNBOUNDED_LABELS),
        "prometheus_emit_rate_limit_labels": True,
        "prometheus_emit_stream_label": True,
        "prometheus_latency_buckets": list(LATENCY_BUCKETS),
    }
    if settings.cache:
        values["cache"] = True
        # Valkey holds counters and keys for all tasks; answers are never cached.
        values["cache_params"] = {"type": "redis", "supported_call_types": []}
    return values


def _general_settings(settings: LiteLLMSettings) -> dict[str, Any]:
    values: dict[str, Any] = {
        "master_key": "os.environ/LITELLM_MASTER_KEY",
        "database_url": "os.environ/DATABASE_URL",
        "database_connection_pool_limit": settings.database_pool,
        "store_model_in_db": False,
        "store_prompts_in_spend_logs": False,
        "disable_error_logs": True,
        "maximum_spend_logs_retention_period": f"{settings.spend_log_retention_days}d",
        "maximum_spend_logs_cleanup_cron": "17 9 * * *",
        # Without the database no key and no budget can be known: refuse instead of guessing.
        "allow_requests_on_db_unavailable": False,
        "fail_closed_budget_enforcement": True,
        "background_health_checks": False,
        "disable_env_credential_login": True,
        "enforce_fallback_model_access": True,
        "reject_clientside_metadata_tags": True,
        "user_url_validation": True,
        # A user's budget holds for the keys of a team too.
        "apply_user_budget_to_team_keys": True,
        # What a client no longer waits for is no longer paid for.
        "cancel_on_disconnect": True,
        "user_api_key_cache_max_size": 10_000,
    }
    if settings.cache:
        values["use_redis_transaction_buffer"] = True
    return values


def _router_settings(settings: LiteLLMSettings) -> dict[str, Any]:
    values: dict[str, Any] = {
        "num_retries": settings.retries,
        "timeout": settings.ladder.request_seconds,
        "model_group_alias": {
            alias: {"model": model.name, "hidden": True} for model in settings.models for alias in model.aliases
        },
    }
    if settings.cache:
        values |= {
            "redis_host": "os.environ/REDIS_HOST",
            "redis_port": "os.environ/REDIS_PORT",
            "redis_password": "os.environ/REDIS_PASSWORD",
        }
    return values

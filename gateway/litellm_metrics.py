"""Which of LiteLLM's metrics are kept, and by what the latencies are told apart.

Left alone, LiteLLM labels every bucket of every histogram with the key: five hundred keys would be some two hundred
thousand series in each task. Who used what stands in the counters; how long it took is asked by model, team and person.
"""

from typing import Any, Final

# By histogram: its labels. Each has a series for each bucket.
LATENCIES: Final = {
    "litellm_request_total_latency_metric": ("requested_model", "model_group", "team_alias"),
    "litellm_llm_api_latency_metric": ("requested_model", "model_group", "team_alias"),
    "litellm_llm_api_time_to_first_token_metric": ("requested_model", "model_group", "team_alias", "user"),
    "litellm_request_queue_time_seconds": ("requested_model", "team_alias"),
    "litellm_overhead_latency_metric": ("model_group", "api_provider"),
}
# With every label that LiteLLM gives them, but for those that nobody bounds.
COUNTED: Final = tuple(
    f"litellm_{name}"
    for name in (
        "api_key_budget_remaining_hours_metric",
        "api_key_max_budget_metric",
        "api_key_rate_limit_allowed_metric",
        "api_key_rate_limit_used_metric",
        "cached_tokens_metric",
        "cache_hits_metric",
        "cache_misses_metric",
        "callback_logging_failures_metric",
        "deployment_cooled_down",
        "deployment_failed_fallbacks",
        "deployment_failure_responses",
        "deployment_rpm_limit",
        "deployment_state",
        "deployment_success_responses",
        "deployment_successful_fallbacks",
        "deployment_total_requests",
        "deployment_tpm_limit",
        "guardrail_errors_total",
        "guardrail_latency_seconds",
        "guardrail_requests_total",
        "in_flight_requests",
        "in_memory_daily_spend_update_queue_size",
        "in_memory_spend_update_queue_size",
        "input_cache_creation_tokens_metric",
        "input_cached_tokens_metric",
        "input_tokens_metric",
        "llm_api_failed_requests_metric",
        "org_budget_remaining_hours_metric",
        "org_max_budget_metric",
        "output_reasoning_tokens_metric",
        "output_tokens_metric",
        "pod_lock_manager_size",
        "provider_cache_creation_input_tokens_metric",
        "provider_cache_read_input_tokens_metric",
        "proxy_failed_requests_metric",
        "proxy_total_requests_metric",
        "redis_daily_spend_update_queue_size",
        "redis_spend_update_queue_size",
        "remaining_api_key_budget_metric",
        "remaining_api_key_requests_for_model",
        "remaining_api_key_tokens_for_model",
        "remaining_org_budget_metric",
        "remaining_requests_metric",
        "remaining_team_budget_metric",
        "remaining_tokens_metric",
        "remaining_user_budget_metric",
        "requests_metric",
        "spend_capture_rate",
        "spend_metric",
        "team_budget_remaining_hours_metric",
        "team_max_budget_metric",
        "team_members_metric",
        "team_rate_limit_allowed_metric",
        "team_rate_limit_used_metric",
        "total_tokens_metric",
        "user_budget_remaining_hours_metric",
        "user_max_budget_metric",
        "zero_cost_requests_total",
    )
)
# What a gateway to Claude has nothing to say of, and two histograms that say again what another says.
LEFT_OUT: Final = (
    r"litellm_(check_batch|images_|managed_|mcp_|project_|video_).*|litellm_.*(audio|customer).*"
    r"|litellm_deployment_latency_per_output_token|litellm_overhead_with_guardrails_latency_metric"
)


def kept() -> list[dict[str, Any]]:
    """The setting `prometheus_metrics_config`: whatever it does not name, LiteLLM does not keep."""
    return [
        *(
            {"group": name.removeprefix("litellm_"), "metrics": [name], "include_labels": list(labels)}
            for name, labels in LATENCIES.items()
        ),
        {"group": "counted", "metrics": list(COUNTED)},
    ]

"""Alerts on the models and on Bedrock: throttled, failing, refused, late."""

from stargate.dashboards.alerts.rule import DEPLOYED, MINUTE, Alert, Dashboard, Pace, Severity, enough, share
from stargate.dashboards.alerts.thresholds import Thresholds

# Messages and chat completions name the provider differently (`None` and `bedrock`): the model's name tells them apart
# from the gateway's own refusals instead.
FAILED = "litellm_deployment_failure_responses_total"
ASKED = "litellm_deployment_total_requests_total"
FIRST_TOKEN = "litellm_llm_api_time_to_first_token_metric"  # noqa: S105 - a token of a model


def alerts(limit: Thresholds, pace: Pace) -> list[Alert]:
    """Every alert of the group."""
    return [*_throttled(limit, pace), *_failing(limit, pace)]


def _of_calls(status: str, window: str) -> str:
    """Calls of each model that ended with a status, as a share of all calls of it."""
    failed = f'rate({FAILED}{{{DEPLOYED},exception_status=~"{status}"}}[{window}])'
    return share(failed, f"rate({ASKED}{{{DEPLOYED}}}[{window}])", by="model_group")


def _called(window: str, limit: Thresholds) -> str:
    """Whether a model was called so often that a share of its calls says something."""
    return enough(f"{ASKED}{{{DEPLOYED}}}", window, least=limit.fewest_requests, by="model_group")


def _throttled(limit: Thresholds, pace: Pace) -> list[Alert]:
    window = pace(5 * MINUTE)
    share_throttled = _of_calls("429", window)
    counted = _called(window, limit)
    summary = "Bedrock throttles {{ $value | humanizePercentage }} of the calls of {{ $labels.model_group }}"
    return [
        Alert(
            name="ModelThrottled",
            severity=Severity.TICKET,
            expression=f"{share_throttled} > {limit.throttled_share:g} and {counted}",
            hold_seconds=5 * MINUTE,
            summary=summary,
            description="The account's quota of the model is used up at times. LiteLLM asks again, which hides some.",
            dashboard=Dashboard.MODELS,
            concerns="throttling",
        ),
        Alert(
            name="ModelThrottledHard",
            severity=Severity.PAGE,
            expression=f"{share_throttled} > {limit.throttled_share_page:g} and {counted}",
            hold_seconds=5 * MINUTE,
            summary=summary,
            description="So many that asking again no longer helps: users get 429.",
            dashboard=Dashboard.MODELS,
            concerns="throttling",
        ),
    ]


def _failing(limit: Thresholds, pace: Pace) -> list[Alert]:
    five, ten, quarter = pace(5 * MINUTE), pace(10 * MINUTE), pace(15 * MINUTE)
    begun = enough(f"{FIRST_TOKEN}_count", ten, least=limit.fewest_requests, by="requested_model")
    return [
        Alert(
            name="ModelFails",
            severity=Severity.TICKET,
            expression=f"{_of_calls('5..', five)} > {limit.model_error_share:g} and {_called(five, limit)}",
            hold_seconds=5 * MINUTE,
            summary="{{ $value | humanizePercentage }} of the calls of {{ $labels.model_group }} fail at Bedrock",
            description="Calls and retries that ended with 5xx, streams that broke off among them: those look well "
            "begun in every other figure.",
            dashboard=Dashboard.MODELS,
        ),
        Alert(
            name="ModelRefused",
            severity=Severity.TICKET,
            expression="sum by (model_group, exception_status) "
            f'(increase({FAILED}{{{DEPLOYED},exception_status=~"403|404"}}[{quarter}])) > 0',
            hold_seconds=0,
            summary="Bedrock refuses {{ $labels.model_group }} with {{ $labels.exception_status }}",
            description="The account has no access to the model, or the task's role may not call it in a region that "
            "the profile sends to. No retry helps.",
            dashboard=Dashboard.MODELS,
        ),
        Alert(
            name="ModelOut",
            severity=Severity.TICKET,
            # Not by litellm_deployment_state: a success sets another series, and the one that says "out" stays.
            expression="sum by (litellm_model_name) "
            f"(increase(litellm_deployment_cooled_down_total[{ten}])) > {limit.cooldowns}",
            hold_seconds=2 * MINUTE,
            summary="LiteLLM takes {{ $labels.litellm_model_name }} out of rotation",
            description="It fails in such a way that LiteLLM sends it nothing for some seconds, again and again.",
            dashboard=Dashboard.MODELS,
        ),
        Alert(
            name="ModelSlowToStart",
            severity=Severity.TICKET,
            expression=f"histogram_quantile(0.95, sum by (le, requested_model) (rate({FIRST_TOKEN}_bucket[{ten}]))) "
            f"> {limit.first_token_seconds:g} and {begun}",
            hold_seconds=10 * MINUTE,
            summary="One stream in twenty of {{ $labels.requested_model }} begins after "
            "{{ $value | humanizeDuration }}",
            description="Time to the first token of streamed answers, which is what people at a prompt feel.",
            dashboard=Dashboard.MODELS,
        ),
    ]

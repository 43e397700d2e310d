"""Dashboard *Models and Bedrock*: what each model does, how near the quotas are, and what Bedrock itself says."""

from typing import Any, Final

from stargate.dashboards import frame
from stargate.dashboards.alerts.rule import DEPLOYED
from stargate.dashboards.frame import Row
from stargate.dashboards.panels import RED, YELLOW, lines, number
from stargate.dashboards.queries import cloudwatch, instant, promql
from stargate.dashboards.selectors import REQUESTS, quantile, rate
from stargate.gateway.models import US_DESTINATIONS

UID: Final = "stargate-models"
NAMESPACE: Final = "AWS/Bedrock"

# What the gateway itself refused, a budget among it, has no model name: Bedrock never saw it.
SENT: Final = f'{DEPLOYED},requested_model=~"$model"'
TIMED: Final = 'requested_model=~"$model"'
CALLS: Final = "litellm_deployment_total_requests_total"
SUCCESSES: Final = "litellm_deployment_success_responses_total"
FAILURES: Final = "litellm_deployment_failure_responses_total"
TTFT: Final = "litellm_llm_api_time_to_first_token_metric"
READ: Final = "litellm_input_cached_tokens_metric_total"
INPUT: Final = "litellm_input_tokens_metric_total"
OUTPUT: Final = "litellm_output_tokens_metric_total"
ANSWERING: Final = "litellm_llm_api_latency_metric"


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana stores it."""
    return frame.dashboard(
        UID,
        "Models and Bedrock",
        "Tokens, latency, throttles and failures of every model, seen by the gateway and by Bedrock.",
        [
            frame.metrics_source(),
            frame.cloudwatch_source(),
            frame.label("model", "Model", "requested_model", REQUESTS),
            frame.regions(US_DESTINATIONS),
            frame.dimension("profile", "Inference profile", NAMESPACE, "Invocations", "ModelId"),
        ],
        [_well(), _traffic(), _latency(), _bedrock()],
    )


def _well() -> Row:
    throttled = rate(FAILURES, f'exception_status="429",{SENT}')
    called = rate(CALLS, SENT, "requested_model", "[5m]")
    # What a client sent wrongly is no fault of a model's.
    failing = rate(FAILURES, f'exception_status!="400",{SENT}', "requested_model", "[5m]")
    return Row(
        title="Do the models answer?",
        panels=[
            number(
                "Failing calls, by model",
                "The share of each model's calls that failed in the last five minutes, also if a retry healed them. At "
                "5 % of throttles, or 10 % of errors, an alert fires: see Failures by cause. A model that nobody "
                "called is not shown.",
                instant(f"({failing} or 0 * {called}) / ({called} > 0)", "{{requested_model}}"),
                unit="percentunit",
                steps={0.01: YELLOW, 0.1: RED},
                width=12,
                series=True,
            ),
            number(
                "Throttled by Bedrock",
                "The share of requests that Bedrock refused for their rate at least once, whether a retry healed it "
                "or not. Above 5 % an alert fires: raise the quota, or move traffic to a profile with more regions.",
                promql(f"({throttled} or vector(0)) / ({rate(CALLS, SENT)} > 0)"),
                unit="percentunit",
                steps={0.01: YELLOW, 0.05: RED},
            ),
            number(
                "Tokens a minute",
                "Input and output together, cached ones included. Bedrock's quotas count otherwise: what is read from "
                "the cache not at all, and output several times. See the quota panel below.",
                promql(f"60 * {rate('litellm_total_tokens_metric_total', TIMED)}"),
                unit="short",
            ),
            number(
                "Read from the cache",
                "The share of the prompt tokens that Bedrock read from its prompt cache, at a tenth of the price. Low "
                "values with Claude Code mean that prompts change at their beginning.",
                promql(f"{rate(READ, TIMED)} / ({rate(INPUT, TIMED)} > 0)"),
                unit="percentunit",
            ),
        ],
    )


def _traffic() -> Row:
    return Row(
        title="Traffic",
        panels=[
            lines(
                "Prompt tokens a minute",
                "What goes in, by model. A step without more requests is a client that sends longer prompts.",
                promql(f"60 * {rate(INPUT, TIMED, 'requested_model')}", "{{requested_model}}"),
                unit="short",
                stacked=True,
            ),
            lines(
                "Answer tokens a minute",
                "What comes out, by model. Answers cost five times as much as prompts, and count five times against "
                "most quotas.",
                promql(f"60 * {rate(OUTPUT, TIMED, 'requested_model')}", "{{requested_model}}"),
                unit="short",
                stacked=True,
            ),
            lines(
                "Outcome by model",
                "How requests to the models ended, as the router counts them. One that failed and was answered at the "
                "second try counts in both.",
                promql(rate(SUCCESSES, SENT, "requested_model"), "{{requested_model}} answered"),
                promql(rate(FAILURES, SENT, "requested_model"), "{{requested_model}} failed"),
                unit="reqps",
                colours={"/failed/": RED},
            ),
            lines(
                "Failures by cause",
                "What Bedrock answered instead. 429 is a quota, 5xx is Bedrock, 4xx is what the client sent.",
                promql(
                    rate(FAILURES, SENT, "requested_model, exception_status, exception_class"),
                    "{{requested_model}} {{exception_status}} {{exception_class}}",
                ),
                unit="reqps",
                stacked=True,
            ),
            lines(
                "Throttles by model",
                "Which model's quota is too small. Retries heal single ones; a line that stays is felt by people.",
                promql(rate(FAILURES, f'exception_status="429",{SENT}', "requested_model"), "{{requested_model}}"),
                unit="reqps",
            ),
            lines(
                "Fallbacks",
                "Requests that another model answered, and those for which that failed too. Zero as long as no "
                "fallback is configured.",
                *(
                    promql(f"{rate(f'litellm_deployment_{kind}_fallbacks_total', TIMED)} or vector(0)", shown)
                    for kind, shown in (("successful", "answered by another model"), ("failed", "failed there too"))
                ),
                unit="reqps",
            ),
        ],
    )


def _latency() -> Row:
    return Row(
        title="Latency, as the gateway sees it",
        panels=[
            lines(
                "Model's answer, p95",
                "From the call to Bedrock to its last byte. Long answers take long: read it with the panel of the "
                "time for each token.",
                promql(quantile(0.95, ANSWERING, TIMED, "requested_model"), "{{requested_model}}"),
                unit="s",
                width=8,
            ),
            lines(
                "First token, p95",
                "How long a stream stays silent. One model that climbs is Bedrock's queue for it.",
                promql(quantile(0.95, TTFT, TIMED, "requested_model"), "{{requested_model}}"),
                unit="s",
                steps={10: RED},
                width=8,
            ),
            lines(
                "Model's time for each token, mean",
                "All the seconds that a model took, over the tokens of its answers: how fast it is, whatever the "
                "length of its answers. If it doubles while prompts stay as they are, Bedrock is loaded.",
                promql(
                    f"{rate(f'{ANSWERING}_sum', TIMED, 'requested_model')} "
                    f"/ ({rate(OUTPUT, TIMED, 'requested_model')} > 0)",
                    "{{requested_model}}",
                ),
                unit="s",
                width=8,
            ),
        ],
    )


def _bedrock() -> Row:
    def metric(name: str, statistic: str, shown: str) -> Any:
        return cloudwatch(NAMESPACE, name, statistic, shown, ModelId="$profile")

    model = "${PROP('Dim.ModelId')}"
    return Row(
        title="What Bedrock itself counts, in this region",
        panels=[
            lines(
                "Quota used, tokens a minute",
                "Bedrock's own estimate of what counts against the quota of tokens a minute, output weighted. Compare "
                "with Service Quotas; ask for more before it reaches 80 %.",
                metric("EstimatedTPMQuotaUsage", "Sum", model),
                unit="short",
            ),
            lines(
                "Throttles",
                "Calls that Bedrock refused for their rate. They count neither as invocations nor as errors.",
                metric("InvocationThrottles", "Sum", model),
                unit="short",
            ),
            lines(
                "Invocations and errors",
                "Calls that were accepted, and those that failed through the client or through Bedrock.",
                metric("Invocations", "Sum", f"{model} accepted"),
                metric("InvocationClientErrors", "Sum", f"{model} client errors"),
                metric("InvocationServerErrors", "Sum", f"{model} server errors"),
                unit="short",
                colours={"/server errors/": RED, "/client errors/": YELLOW},
            ),
            lines(
                "Latency at Bedrock, p95",
                "Bedrock's own view of the first token and of the whole answer. If it is well and the gateway's is "
                "not, the gateway or the network is slow.",
                metric("TimeToFirstToken", "p95", f"{model} first token"),
                metric("InvocationLatency", "p95", f"{model} whole answer"),
                unit="ms",
            ),
            lines(
                "Tokens at Bedrock",
                "What Bedrock bills, by inference profile. What goes in and what the cache holds together should be "
                "the gateway's own prompt tokens; if Bedrock counts more, somebody calls it past the gateway.",
                metric("InputTokenCount", "Sum", f"{model} in, not cached"),
                metric("CacheReadInputTokenCount", "Sum", f"{model} in, read from the cache"),
                metric("CacheWriteInputTokenCount", "Sum", f"{model} in, written to the cache"),
                metric("OutputTokenCount", "Sum", f"{model} out"),
                unit="short",
                width=24,
            ),
        ],
    )

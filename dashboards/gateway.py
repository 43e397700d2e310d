"""Dashboard *Gateway*: is it well, for whom not, and what holds it up."""

from typing import Any, Final

from stargate.dashboards import frame
from stargate.dashboards.alerts import recording
from stargate.dashboards.frame import Row
from stargate.dashboards.panels import GREEN, ORANGE, RED, YELLOW, lines, number
from stargate.dashboards.queries import instant, promql
from stargate.dashboards.selectors import (
    FAILURES,
    IN_FLIGHT,
    NO_SCRAPES,
    REQUESTS,
    error_share,
    in_flight,
    quantile,
    rate,
)

UID: Final = "stargate-gateway"
# Of a hundred requests, ninety-nine are answered without an error of ours, over thirty days.
OBJECTIVE: Final = 0.01

ASKED: Final = f'{NO_SCRAPES},requested_model=~"$model",team_alias=~"$team",instance=~"$task"'
TIMED: Final = 'requested_model=~"$model",team_alias=~"$team",instance=~"$task"'
ONE_TASK: Final = 'instance=~"$task"'
TASK: Final = f'job="litellm",{ONE_TASK}'
DURATION: Final = "litellm_request_total_latency_metric"
TTFT: Final = "litellm_llm_api_time_to_first_token_metric"
OVERHEAD: Final = "litellm_overhead_latency_metric"
STATUSES: Final = {"/^2/": GREEN, "/^4/": YELLOW, "/^429/": ORANGE, "/^5/": RED}


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana stores it."""
    return frame.dashboard(
        UID,
        "Gateway",
        "Requests, errors, duration and saturation of the gateway, and how fast its error budget is spent.",
        [
            frame.metrics_source(),
            frame.label("model", "Model", "requested_model", REQUESTS),
            frame.label("team", "Team", "team_alias", REQUESTS),
            frame.label("task", "Task", "instance", IN_FLIGHT),
        ],
        [_well(), _errors(), _duration(), _saturation(), _objective()],
    )


def _well() -> Row:
    failed, every = (f"sum(sum_over_time({name}[30d]))" for name in (recording.FAILED, recording.COUNTED))
    left = f"1 - {failed} / ({every} > 0) / {OBJECTIVE}"
    return Row(
        title="Is it well?",
        panels=[
            number(
                "Requests",
                "How many requests a second arrive. If it is zero at working hours: see whether the edge or the "
                "clients' keys refuse them, on the panel of statuses.",
                promql(rate(REQUESTS, ASKED)),
                unit="reqps",
            ),
            number(
                "Answered with 5xx",
                "The share of requests that failed through us or through Bedrock. Above 1 % look at Failures by cause; "
                "above 5 % an alert fires.",
                promql(error_share(ASKED)),
                unit="percentunit",
                steps={0.01: YELLOW, 0.05: RED},
            ),
            number(
                "First token, p95",
                "How long one of twenty waits for the first word of a stream. Above 10 s compare models on Models and "
                "Bedrock: it is Bedrock's queue, or prompts that grew.",
                promql(quantile(0.95, TTFT, TIMED)),
                unit="s",
                steps={5: YELLOW, 10: RED},
            ),
            number(
                "Duration, p95",
                "How long one of twenty requests takes in all, long answers included. Above two minutes an alert "
                "fires: compare with the time to the first token.",
                promql(quantile(0.95, DURATION, TIMED)),
                unit="s",
                steps={60: YELLOW, 120: RED},
            ),
            number(
                "In flight",
                "Requests and streams that are open now, over all tasks. A task serves some hundred; when the number "
                "climbs and CPU with it, let the service scale out.",
                promql(in_flight(ONE_TASK)),
                unit="short",
                decimals=0,
            ),
            number(
                "Error budget left",
                "What is left of the errors that thirty days may have at an objective of 99 %. At zero, changes wait "
                "until it grows again.",
                instant(left),
                unit="percentunit",
                steps={float("-inf"): RED, 0.0: YELLOW, 0.25: GREEN},
            ),
        ],
    )


def _errors() -> Row:
    return Row(
        title="Rate and errors",
        panels=[
            lines(
                "Requests by status",
                "What was answered. 4xx are the clients', 429 are limits, 5xx are ours or Bedrock's.",
                promql(rate(REQUESTS, ASKED, "status_code"), "{{status_code}}"),
                unit="reqps",
                stacked=True,
                colours=STATUSES,
            ),
            lines(
                "Requests by model",
                "Which models are asked for; `other` are names that the gateway does not offer. A new name there means "
                "a client that is set up wrongly.",
                promql(rate(REQUESTS, ASKED, "requested_model"), "{{requested_model}}"),
                unit="reqps",
                stacked=True,
            ),
            lines(
                "Failures by cause",
                "Why requests failed, as LiteLLM names it. `Bedrock.` in front is the model's side; the rest is the "
                "gateway's own refusal.",
                promql(
                    rate(FAILURES, ASKED, "exception_status, exception_class"),
                    "{{exception_status}} {{exception_class}}",
                ),
                unit="reqps",
                stacked=True,
            ),
            lines(
                "Limits that refused",
                "Whose limit answered 429: vendor_rate_limit is Bedrock's quota, to be raised with AWS; "
                "litellm_rate_limit is a budget or a rate of a key, user or team here.",
                promql(
                    rate(FAILURES, f'rate_limit_category!="None",{ASKED}', "rate_limit_category, rate_limit_type"),
                    "{{rate_limit_category}} {{rate_limit_type}}",
                ),
                unit="reqps",
                stacked=True,
                colours={"/vendor/": RED, "/litellm/": ORANGE},
            ),
        ],
    )


def _duration() -> Row:
    return Row(
        title="Duration",
        panels=[
            lines(
                "Request duration",
                "From the request's arrival to the answer's last byte. When p50 stays and p99 climbs, a few prompts or "
                "one model are slow: see the panel by model.",
                *(promql(quantile(share, DURATION, TIMED), name) for share, name in _SHARES),
                unit="s",
            ),
            lines(
                "Time to first token",
                "What a person in front of a stream waits. Streams alone are counted.",
                *(promql(quantile(share, TTFT, TIMED), name) for share, name in _SHARES),
                unit="s",
                steps={10: RED},
            ),
            lines(
                "Duration p95 by model",
                "Which model is slow. If all are, it is the gateway or the region; if one is, see its throttles.",
                promql(quantile(0.95, DURATION, TIMED, "requested_model"), "{{requested_model}}"),
                unit="s",
                steps={120: RED},
            ),
            lines(
                "What the gateway adds",
                "LiteLLM's own share of a request, and how long requests waited before it. Single peaks are waits "
                "between retries; above half a second for minutes a task is short of CPU, or PostgreSQL is slow.",
                promql(quantile(0.5, OVERHEAD, 'model_group=~"$model",instance=~"$task"'), "own work, p50"),
                promql(quantile(0.95, OVERHEAD, 'model_group=~"$model",instance=~"$task"'), "own work, p95"),
                promql(quantile(0.95, "litellm_request_queue_time_seconds", TIMED), "waiting, p95"),
                unit="s",
                steps={0.5: RED},
            ),
        ],
    )


_SHARES: Final = ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))


def _saturation() -> Row:
    return Row(
        title="Saturation",
        panels=[
            lines(
                "In flight by task",
                "Whether the load balancer spreads requests evenly. One task far above the others holds long streams.",
                promql(in_flight(ONE_TASK, by_task=True), "{{instance}}"),
                unit="short",
                width=8,
            ),
            lines(
                "CPU by task",
                "Cores in use; a task has one. Above 0.8 for minutes requests wait: the service should scale out.",
                promql(f"rate(process_cpu_seconds_total{{{TASK}}}[$__rate_interval])", "{{instance}}"),
                unit="short",
                steps={0.8: YELLOW, 1: RED},
                width=8,
            ),
            lines(
                "Memory by task",
                "Resident memory. LiteLLM starts near 0.7 GB; one that climbs for days leaks and is killed at the "
                "task's limit: start it anew and report it.",
                promql(f"process_resident_memory_bytes{{{TASK}}}", "{{instance}}"),
                unit="bytes",
                width=8,
            ),
            lines(
                "Steps before the model, p95",
                "Where the gateway's own time goes: the key's check, and the hooks before the call. A slow check means "
                "a slow PostgreSQL.",
                *(
                    promql(quantile(0.95, f"litellm_{step}_latency", 'instance=~"$task"'), shown)
                    for step, shown in (("auth", "key and budget"), ("proxy_pre_call", "hooks"))
                ),
                unit="s",
            ),
            lines(
                "Failed calls of the database",
                "Calls to PostgreSQL that failed. Any that last refuse requests: see Platform for its connections and "
                "storage.",
                promql(
                    f"{rate('litellm_postgres_failed_requests_total', TASK)} or vector(0)",
                    "failed calls",
                ),
                unit="ops",
            ),
        ],
    )


def _objective() -> Row:
    return Row(
        title="Objective: 99 % without an error of ours, over 30 days",
        panels=[
            lines(
                "Burn rate",
                "How many times faster than allowed the error budget is spent. At 1 it lasts exactly thirty days; "
                "above 14.4 in an hour and in five minutes a page fires, above 6 in six hours a ticket.",
                *(promql(f"{recording.errors(window)} / {OBJECTIVE}", window) for window in ("5m", "1h", "6h")),
                unit="short",
                steps={1: GREEN, 6: YELLOW, 14.4: RED},
                width=16,
            ),
            lines(
                "Requests that it is a share of",
                "How many requests a second the shortest burn rate is made of. Where they are few, one that failed is "
                "a large share: look at the longer ones.",
                promql(recording.REQUESTS, "requests"),
                unit="reqps",
                width=8,
            ),
        ],
    )

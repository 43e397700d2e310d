"""A case for each alert: series under which it fires, series near to them under which it stays silent.

Values are promtool's, one a minute; `holds` is the first minute at which the condition is true.
"""

from dataclasses import dataclass

ROUTE = "/v1/messages"
MODEL = "claude-haiku-4-5"
BEDROCK = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
# Longer than any window and hold, but for a day's.
LONG = 480


@dataclass(frozen=True, kw_only=True)
class Case:
    wrong: dict[str, str]
    fine: dict[str, str]
    holds: int
    minutes: int = 60


def requests(status, route=ROUTE, model=MODEL):
    labels = f'requested_model="{model}",route="{route}",status_code="{status}",job="litellm",instance="a:4000"'
    return f"litellm_proxy_total_requests_metric_total{{{labels}}}"


def refusals(status, kind="KeyNotFoundError", route=ROUTE):
    labels = f'exception_status="{status}",exception_class="{kind}",route="{route}",api_key_alias="None"'
    return f"litellm_proxy_failed_requests_metric_total{{{labels}}}"


def failures(status, name=BEDROCK, provider="None"):
    labels = f'exception_status="{status}",litellm_model_name="{name}",model_group="{MODEL}",api_provider="{provider}"'
    return f"litellm_deployment_failure_responses_total{{{labels}}}"


def calls(provider="bedrock"):
    labels = f'litellm_model_name="{BEDROCK}",model_group="{MODEL}",api_provider="{provider}"'
    return f"litellm_deployment_total_requests_total{{{labels}}}"


def histogram(family, *, slow, fast, labels=f'requested_model="{MODEL}",', below="1.0", above="300.0"):
    """So many observations a minute above and below; all of them fit under `above`."""
    return {
        f'{family}_bucket{{{labels}le="{below}"}}': f"0+{fast}x{LONG}",
        f'{family}_bucket{{{labels}le="{above}"}}': f"0+{fast + slow}x{LONG}",
        f'{family}_bucket{{{labels}le="+Inf"}}': f"0+{fast + slow}x{LONG}",
    }


def always(value, minutes=LONG):
    # promtool repeats no infinity.
    return " ".join([value] * (minutes + 1)) if value == "+Inf" else f"{value}x{minutes}"


def growing(by, minutes=LONG):
    return f"0+{by}x{minutes}"


def later(by, start=10, minutes=LONG):
    """Nothing new until a minute, then so much each."""
    return f"0x{start} {by}+{by}x{minutes - start}"


def spend(team="t1", by=0.01):
    return {f'litellm_spend_metric_total{{team="{team}",team_alias="growth",api_key_alias="ci"}}': growing(by)}


def budget(of, labels, remaining, maximum, hours=None):
    gauges = {f"litellm_remaining_{of}_budget_metric{{{labels}}}": always(remaining)}
    if maximum is not None:
        gauges[f"litellm_{of}_max_budget_metric{{{labels}}}"] = always(maximum)
    if hours is not None:
        gauges[f"litellm_{of}_budget_remaining_hours_metric{{{labels}}}"] = always(hours)
    return gauges


TEAM = 'team="t1",team_alias="growth"'
KEY = 'api_key_alias="ci",hashed_api_key="abc"'
TARGET = 'job="litellm",instance="a:4000"'
STORE = 'job="victoriametrics",instance="vm:8428"'
UP = f"up{{{TARGET}}}"

GATEWAY = {
    "GatewayErrors": Case(
        wrong={requests(200): growing(90), requests(503): later(10)},
        fine={requests(200): growing(97), requests(503): later(3), requests(401, "/metrics/", ""): growing(500)},
        holds=13,
    ),
    "ErrorBudgetBurnsFast": Case(
        wrong={requests(200): growing(80), requests(500): growing(20)},
        # Five bad minutes after hours without an error: the hour as a whole is within its allowance.
        fine={requests(200): growing(80), requests(500): f"0x240 40+40x4 200x{LONG}"},
        minutes=LONG,
        holds=1,
    ),
    "ErrorBudgetBurnsSlowly": Case(
        wrong={requests(200): growing(92), requests(500): growing(8)},
        fine={requests(200): growing(95), requests(500): growing(5)},
        holds=1,
    ),
    "GatewaySlow": Case(
        wrong=histogram("litellm_request_total_latency_metric", slow=5, fast=95),
        fine=histogram("litellm_request_total_latency_metric", slow=0, fast=100),
        holds=1,
    ),
    "GatewayOverhead": Case(
        wrong=histogram("litellm_overhead_latency_metric", slow=10, fast=90, labels="", below="0.25"),
        fine=histogram("litellm_overhead_latency_metric", slow=2, fast=98, labels="", below="0.25"),
        holds=1,
    ),
    "GatewayFull": Case(
        wrong={f"litellm_in_flight_requests{{{TARGET}}}": f"10x9 {always(250)}"},
        fine={f"litellm_in_flight_requests{{{TARGET}}}": f"10x9 250x4 {always(200)}"},
        holds=10,
    ),
    "KeysRefused": Case(
        wrong={refusals(401): growing(360)},
        fine={
            refusals(401): growing(200),
            # Bedrock's own refusal, and the scraper's, are none of a client's key.
            refusals(403, "Bedrock.PermissionDeniedError"): growing(900),
            refusals(401, route="/metrics/"): growing(900),
        },
        holds=5,
    ),
    "DatabaseFails": Case(
        wrong={'litellm_postgres_failed_requests_total{postgres="postgres",function_name="get_data"}': later(3)},
        # One failed connection stands in every task's counter from its start.
        fine={'litellm_postgres_failed_requests_total{postgres="postgres",function_name="connect"}': always(1)},
        holds=12,
    ),
    "CacheFails": Case(
        wrong={'litellm_redis_failed_requests_total{redis="redis",function_name="get"}': later(3)},
        fine={'litellm_redis_failed_requests_total{redis="redis",function_name="get"}': f"0x10 3x{LONG}"},
        holds=12,
    ),
}

MODELS = {
    "ModelThrottled": Case(
        wrong={calls(): growing(50), calls("None"): growing(50), failures(429): later(10)},
        # Limits of the gateway's own have no model in them.
        fine={calls(): growing(100), failures(429): later(3), failures(429, name=""): later(90)},
        holds=13,
    ),
    "ModelThrottledHard": Case(
        wrong={calls(): growing(50), calls("None"): growing(50), failures(429): later(40)},
        fine={calls(): growing(100), failures(429): later(20)},
        holds=14,
    ),
    "ModelFails": Case(
        wrong={calls(): growing(100), failures(500): later(10), failures(503): later(10)},
        fine={calls(): growing(100), failures(503): later(5), failures(429): later(50)},
        holds=13,
    ),
    "ModelRefused": Case(
        wrong={failures(403): f"0x10 1x{LONG}"},
        fine={failures(403, name=""): f"0x10 1+1x{LONG}"},
        holds=11,
    ),
    "ModelOut": Case(
        wrong={f'litellm_deployment_state{{litellm_model_name="{BEDROCK}"}}': f"1x9 {always(2)}"},
        fine={
            f'litellm_deployment_state{{litellm_model_name="{BEDROCK}"}}': always(1),
            f'litellm_deployment_cooled_down_total{{litellm_model_name="{BEDROCK}"}}': f"0x10 2x{LONG}",
        },
        holds=10,
    ),
    "ModelSlowToStart": Case(
        wrong=histogram("litellm_llm_api_time_to_first_token_metric", slow=10, fast=90),
        fine=histogram("litellm_llm_api_time_to_first_token_metric", slow=2, fast=98),
        holds=1,
    ),
}

MONEY = {
    "TeamBudgetNear": Case(
        wrong=budget("team", TEAM, 15, 100),
        fine={**budget("team", TEAM, 25, 100), **budget("team", 'team="t2",team_alias="free"', "+Inf", None)},
        holds=0,
    ),
    "TeamBudgetEnds": Case(wrong=budget("team", TEAM, 4, 100), fine=budget("team", TEAM, 15, 100), holds=0),
    "TeamBudgetTooSmall": Case(
        wrong={**spend(by=0.1), **budget("team", TEAM, 500, 1000, hours=100)},
        fine={
            **spend(by=0.1),
            **budget("team", TEAM, 700, 1000, hours=100),
            **spend("t2", by=9),
            **budget("team", 'team="t2",team_alias="free"', "+Inf", None, hours=100),
        },
        holds=51,
        minutes=240,
    ),
    "KeyBudgetNear": Case(
        wrong=budget("api_key", KEY, 1, 20),
        # A key that opens metrics alone has a budget of 0.
        fine={**budget("api_key", KEY, 3, 20), **budget("api_key", 'api_key_alias="metrics"', 0, 0)},
        holds=0,
    ),
    "UserBudgetNear": Case(
        wrong=budget("user", 'user="ada"', 1, 20), fine=budget("user", 'user="ada"', "+Inf", None), holds=0
    ),
    "SpendSpike": Case(
        wrong={'litellm_spend_metric_total{team="t1"}': f"0+0.02x1500 31+1x{LONG}"},
        fine={'litellm_spend_metric_total{team="t1"}': f"0+0.5x{1500 + LONG}"},
        holds=1520,
        minutes=1600,
    ),
    "RequestsWithoutPrice": Case(
        wrong={f'litellm_zero_cost_requests_total{{requested_model="{MODEL}"}}': f"0x10 1x{LONG}"},
        fine={f'litellm_zero_cost_requests_total{{requested_model="{MODEL}"}}': always(1)},
        holds=11,
    ),
    "SpendNotWritten": Case(
        wrong={f'litellm_postgres_failed_requests_total{{function_name="update_spend",{TARGET}}}': later(3)},
        fine={
            f"litellm_in_memory_spend_update_queue_size{{{TARGET}}}": always(900),
            f'litellm_postgres_failed_requests_total{{function_name="update_spend",{TARGET}}}': always(4),
            # Reading a key is not writing spend.
            f'litellm_postgres_failed_requests_total{{function_name="get_data",{TARGET}}}': later(9),
        },
        holds=12,
    ),
}

OBSERVABILITY = {
    "GatewayNotScraped": Case(wrong={UP: f"1x9 {always(0)}"}, fine={UP: f"1x9 0x1 {always(1)}"}, holds=10),
    "GatewayTasksMissing": Case(
        # The fixture's stack has two tasks.
        wrong={UP: always(1), UP.replace("a:4000", "b:4000"): f"1x9 {always(0)}"},
        fine={UP: always(1), UP.replace("a:4000", "b:4000"): always(1)},
        holds=10,
    ),
    "TargetDown": Case(
        wrong={f"up{{{STORE}}}": always(1), 'up{job="grafana",instance="g:3000"}': f"1x9 {always(0)}"},
        fine={f"up{{{STORE}}}": always(1), UP: always(0)},
        holds=10,
    ),
    "ScrapeSlow": Case(
        wrong={f"scrape_duration_seconds{{{TARGET}}}": f"0.1x9 {always(12)}"},
        fine={f"scrape_duration_seconds{{{TARGET}}}": always(2), f"scrape_duration_seconds{{{STORE}}}": always(12)},
        holds=10,
    ),
    "SeriesTooMany": Case(
        wrong={f"scrape_samples_scraped{{{TARGET}}}": f"900x9 {always(60000)}"},
        fine={f"scrape_samples_scraped{{{TARGET}}}": always(40000)},
        holds=10,
    ),
    "TracesLost": Case(
        wrong={'litellm_callback_logging_failures_metric_total{callback_name="langfuse_otel"}': later(1)},
        fine={'litellm_callback_logging_failures_metric_total{callback_name="langfuse_otel"}': always(7)},
        holds=11,
    ),
    "RulesFail": Case(
        wrong={'vmalert_execution_errors_total{alertname="GatewayErrors",group="gateway"}': later(1)},
        fine={'vmalert_execution_errors_total{alertname="GatewayErrors",group="gateway"}': always(3)},
        holds=11,
    ),
    "AlertsNotDelivered": Case(
        wrong={'alertmanager_notifications_failed_total{integration="sns"}': later(1)},
        fine={'alertmanager_notifications_failed_total{integration="sns"}': always(1)},
        holds=11,
    ),
    "MetricsDiskFull": Case(
        wrong={
            f'vm_free_disk_space_bytes{{path="/storage",{STORE}}}': always(5),
            f'vm_data_size_bytes{{type="storage/big",{STORE}}}': always(90),
            f'vm_data_size_bytes{{type="indexdb",{STORE}}}': always(5),
        },
        fine={
            f'vm_free_disk_space_bytes{{path="/storage",{STORE}}}': always(15),
            f'vm_data_size_bytes{{type="storage/big",{STORE}}}': always(80),
            f'vm_data_size_bytes{{type="indexdb",{STORE}}}': always(5),
        },
        holds=0,
    ),
    "MetricsMemoryFull": Case(
        wrong={
            f"process_resident_memory_anon_bytes{{{STORE}}}": f"50x9 {always(90)}",
            f"vm_available_memory_bytes{{{STORE}}}": always(100),
        },
        fine={
            f"process_resident_memory_anon_bytes{{{STORE}}}": always(80),
            f"vm_available_memory_bytes{{{STORE}}}": always(100),
            f"process_resident_memory_anon_bytes{{{TARGET}}}": always(900),
        },
        holds=10,
    ),
    "MetricsDropped": Case(
        wrong={f"vm_hourly_series_limit_rows_dropped_total{{{STORE}}}": later(1)},
        fine={f"vm_hourly_series_limit_rows_dropped_total{{{STORE}}}": always(8)},
        holds=11,
    ),
}

CASES = {"gateway": GATEWAY, "models": MODELS, "money": MONEY, "observability": OBSERVABILITY}

"""A case for each alert: series under which it fires, series near to them under which it stays silent.

`holds` is the first minute at which the condition is true.
"""

from dataclasses import dataclass

from alert_series import (
    BEDROCK,
    KEY,
    LONG,
    MODEL,
    STORE,
    TARGET,
    TEAM,
    UP,
    always,
    budget,
    calls,
    failures,
    growing,
    histogram,
    later,
    once,
    refusals,
    requests,
    spend,
)


@dataclass(frozen=True, kw_only=True)
class Case:
    wrong: dict[str, str]
    fine: dict[str, str]
    holds: int
    minutes: int = 60
    step: int = 1
    """Minutes from one value to the next."""


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
        wrong=histogram("litellm_request_total_latency_metric", slow=10, fast=90),
        # Long files are written every day.
        fine=histogram("litellm_request_total_latency_metric", slow=3, fast=97),
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
        fine={
            # A deploy of ten tasks: one failed connection stands in each one's counter from its start.
            **{
                f'litellm_postgres_failed_requests_total{{function_name="connect",instance="{task}:4000"}}': once(1)
                for task in range(10)
            },
            # One moment, and over.
            'litellm_postgres_failed_requests_total{postgres="postgres",function_name="get_data"}': once(8),
        },
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
        wrong={f'litellm_deployment_cooled_down_total{{litellm_model_name="{MODEL}"}}': later(1)},
        # The cooldown says 2 under the name of the model, the next success 0 under that of the profile: 2 stays.
        fine={
            f'litellm_deployment_cooled_down_total{{litellm_model_name="{MODEL}"}}': once(2),
            f'litellm_deployment_state{{litellm_model_name="{MODEL}",api_base=""}}': f"0x10 2x{LONG}",
            f'litellm_deployment_state{{litellm_model_name="{BEDROCK}",api_base="https://example.com"}}': always(0),
        },
        holds=14,
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
        # Two whole weeks are left, and three hours of $6 are known.
        wrong={**spend(by=0.1), **budget("team", TEAM, 30, 1000, hours=500)},
        fine={
            **spend(by=0.1),
            **budget("team", TEAM, 200, 1000, hours=500),
            **spend("t2", by=9),
            **budget("team", 'team="t2",team_alias="free"', "+Inf", None, hours=500),
        },
        holds=180,
        minutes=240,
    ),
    "KeyBudgetNear": Case(
        wrong=budget("api_key", KEY, 1, 20),
        fine={
            **budget("api_key", KEY, 3, 20),
            # A key that opens metrics alone has a budget of 0.
            **budget("api_key", 'api_key_alias="metrics"', 0, 0),
            # Two without an alias, of which together the smallest remainder is 1 % of the largest budget.
            **budget("api_key", 'api_key_alias="",hashed_api_key="small"', 1, 2),
            **budget("api_key", 'api_key_alias="",hashed_api_key="large"', 90, 100),
        },
        holds=0,
    ),
    "UserBudgetNear": Case(
        wrong=budget("user", 'user="ada"', 1, 20), fine=budget("user", 'user="ada"', "+Inf", None), holds=0
    ),
    "SpendSpike": Case(
        # Five days at $1.20 an hour, then $60.
        wrong={'litellm_spend_metric_total{team="t1"}': f"0+0.1x1440 149+5x{LONG}"},
        fine={'litellm_spend_metric_total{team="t1"}': f"0+2.5x{1440 + LONG}"},
        holds=7220,
        minutes=7260,
        step=5,
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

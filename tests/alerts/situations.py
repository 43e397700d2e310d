"""What a gateway lives through, small and large, and whether somebody is told: longer stories than an alert's own case.

A story begins on a Monday at midnight unless it says otherwise.
"""

from dataclasses import dataclass

from alert_series import (
    LONG,
    MODEL,
    TEAM,
    UP,
    always,
    budget,
    calls,
    failures,
    growing,
    histogram,
    once,
    requests,
)

HOUR = 60
DAY = 24 * HOUR
SPENT = 'litellm_spend_metric_total{team="t1",api_key_alias="ci"}'
# Minutes between two values of a story of days, and what a team spends in them while it works: $30 an hour.
STEP = 5
USD_A_STEP = 2.5
LEFT = f"litellm_remaining_team_budget_metric{{{TEAM}}}"
LIMIT = f"litellm_team_max_budget_metric{{{TEAM}}}"
HOURS = f"litellm_team_budget_remaining_hours_metric{{{TEAM}}}"


@dataclass(frozen=True, kw_only=True)
class Situation:
    alerts: tuple[str, ...]
    series: dict[str, str]
    told: tuple[int, ...] = ()
    """Minutes at which the alerts fire."""
    silent: tuple[int, ...] = ()
    """Minutes at which they do not."""
    step: int = 1
    """Minutes from one value to the next, and from one evaluation to the next."""


def stretches(start, *pieces):
    """Values from a first one on, by pieces of so many steps and so much growth in each."""
    words, value = [f"{start:g}"], start
    for steps, growth in pieces:
        words.append(f"{value + growth:g}{'-' if growth < 0 else '+'}{abs(growth):g}x{steps - 1}")
        value += steps * growth
    return " ".join(words)


def office(days, growth=USD_A_STEP, first=0):
    """Pieces of so many days from a weekday on (0 is Monday), of which eight hours from nine on are worked."""
    pieces = []
    for day in range(first, first + days):
        worked = growth if day % 7 < 5 else 0
        pieces += [(9 * HOUR // STEP, 0), (8 * HOUR // STEP, worked), (7 * HOUR // STEP, 0)]
    return pieces


def month(usd):
    """Thirty days of office hours of a team with a budget of so much for them."""
    return {
        SPENT: stretches(0, *office(30)),
        LEFT: stretches(usd, *office(30, growth=-USD_A_STEP)),
        LIMIT: always(usd, 30 * DAY // STEP),
        HOURS: stretches(720, (30 * DAY // STEP, -STEP / HOUR)),
    }


def every(minutes, until, since=0):
    return tuple(range(since, until, minutes))


QUIET = every(1, 120)
BURNS = ("ErrorBudgetBurnsFast", "ErrorBudgetBurnsSlowly")
THROTTLED = ("ModelThrottled", "ModelThrottledHard")
# An hour at $120.
LOOP = (HOUR // STEP, 10)

SITUATIONS = {
    "three requests in an hour, the last of them failed": Situation(
        alerts=("GatewayErrors", *BURNS),
        series={requests(200): f"0x10 1x20 2x{LONG}", requests(500): once(1, start=50)},
        silent=QUIET,
    ),
    "one burst of failures in an hour of few requests": Situation(
        alerts=("GatewayErrors", *BURNS),
        series={requests(200): growing(0.5), requests(500): once(8, start=60)},
        silent=every(1, 240),
    ),
    "an outage that five people see": Situation(
        alerts=("GatewayErrors", *BURNS),
        series={requests(200): f"0+5x60 300x{LONG}", requests(500): f"0x60 5+5x{LONG}"},
        told=(120,),
        silent=(60,),
    ),
    "two calls of a rarely used model, both throttled": Situation(
        alerts=THROTTLED,
        series={calls(): f"0x10 1x2 2x{LONG}", failures(429): f"0x10 1x2 2x{LONG}"},
        silent=QUIET,
    ),
    "two calls of a rarely used model, both failed": Situation(
        alerts=("ModelFails",),
        series={calls(): f"0x10 1x2 2x{LONG}", failures(503): f"0x10 1x2 2x{LONG}"},
        silent=QUIET,
    ),
    "no quota at all, and five people who ask": Situation(
        alerts=THROTTLED, series={calls(): growing(6), failures(429): growing(6)}, told=(30,)
    ),
    "ten answers in ten minutes, all of them slow": Situation(
        alerts=("GatewaySlow", "GatewayOverhead", "ModelSlowToStart"),
        series={
            **histogram("litellm_request_total_latency_metric", slow=1, fast=0),
            **histogram("litellm_overhead_latency_metric", slow=1, fast=0, labels="", below="0.25"),
            **histogram("litellm_llm_api_time_to_first_token_metric", slow=1, fast=0),
        },
        silent=QUIET,
    ),
    "a deployment that was out, and has been well for ten minutes": Situation(
        alerts=("ModelOut",),
        series={f'litellm_deployment_cooled_down_total{{litellm_model_name="{MODEL}"}}': f"0x10 1+1x9 10x{LONG}"},
        told=(20,),
        silent=(12, 30, 60),
    ),
    "a task that scaling added and that hangs": Situation(
        alerts=("GatewayTasksMissing",),
        # The fixture's stack has two tasks at least.
        series={UP.replace("a:", f"{task}:"): always(0 if task == "d" else 1) for task in "abcd"},
        told=(30,),
    ),
    "a month of office hours within the team's budget": Situation(
        alerts=("SpendSpike", "TeamBudgetTooSmall"),
        series=month(5500),
        silent=every(6 * HOUR, 30 * DAY, since=30),
        step=STEP,
    ),
    "a month of office hours of a team with too small a budget": Situation(
        alerts=("TeamBudgetTooSmall",), series=month(4000), told=(5 * DAY,), silent=(2 * DAY,), step=STEP
    ),
    "a team that was renamed and has too small a budget": Situation(
        alerts=("TeamBudgetTooSmall",),
        # What stood under the old name stays until the tasks are replaced.
        series={**month(4000), **budget("team", 'team="t1",team_alias="before"', 4000, 4000, hours=100)},
        told=(5 * DAY,),
        step=STEP,
    ),
    "a weekend before the budget is renewed": Situation(
        alerts=("TeamBudgetTooSmall",),
        series={
            SPENT: stretches(0, *office(7)),
            LEFT: stretches(1210, *office(7, growth=-USD_A_STEP)),
            HOURS: stretches(168, (7 * DAY // STEP, -STEP / HOUR)),
        },
        silent=every(HOUR, 7 * DAY),
        step=STEP,
    ),
    "a gateway that begins on a Friday evening": Situation(
        alerts=("SpendSpike",),
        series={SPENT: stretches(0, *[(6 * HOUR // STEP, 0), *office(9, first=5)])},
        silent=every(HOUR, 9 * DAY),
        step=STEP,
    ),
    "an agent that loops for three hours on the second Wednesday": Situation(
        alerts=("SpendSpike",),
        series={SPENT: stretches(0, *office(9), (10 * HOUR // STEP, 0), *[LOOP] * 3, (10 * HOUR // STEP, 0))},
        told=(9 * DAY + 11 * HOUR, 9 * DAY + 13 * HOUR),
        silent=(9 * DAY + 10 * HOUR, 9 * DAY + 15 * HOUR),
        step=STEP,
    ),
}

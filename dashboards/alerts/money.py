"""Alerts on money: budgets near their end, spend that runs away, spend that is not counted."""

from stargate.dashboards.alerts.recording import SPENT, SPENT_BY_TEAM
from stargate.dashboards.alerts.rule import DAY, HOUR, MINUTE, WEEK, Alert, Dashboard, Pace, Severity
from stargate.dashboards.alerts.thresholds import Thresholds

# Whatever day a gateway begins on, within four it has seen a whole working day that ended a day ago.
KNOWN_SECONDS = 4 * DAY
# What LiteLLM does when it writes spend down.
WRITING = 'function_name=~"commit_spend_updates|update_spend|insert_spend_logs|upsert_daily_spend"'


def alerts(limit: Thresholds, pace: Pace) -> list[Alert]:
    """Every alert of the group."""
    return [*_budgets(limit, pace), *_runaway(limit, pace), *_uncounted(limit, pace)]


def spent(of: str, by: str) -> str:
    """The spent part of a budget. Who has none has a remainder of +Inf and no maximum, and drops out.

    Each task keeps gauges of its own, and only those of the task that served last are fresh: the smallest remainder
    is the one to believe.
    """
    return f"1 - min by ({by}) (litellm_remaining_{of}_metric) / max by ({by}) (litellm_{_maximum(of)}_metric > 0)"


def _maximum(of: str) -> str:
    return f"{of.removesuffix('_budget')}_max_budget"


def _named(alias: str, unique: str) -> str:
    """The name that people know; without one, what alone tells it from the others."""
    return f"{{{{ or $labels.{alias} $labels.{unique} }}}}"


def _budgets(limit: Thresholds, pace: Pace) -> list[Alert]:
    team = spent("team_budget", "team, team_alias")
    # Hours that are not known, of a young gateway or a new team, add nothing: the week's spend is then too small.
    week = f"sum by (team) (sum_over_time({SPENT_BY_TEAM}[{pace(WEEK)}:{pace(HOUR)}]))"
    hours = "max by (team, team_alias) (litellm_team_budget_remaining_hours_metric)"
    left = "min by (team, team_alias) (litellm_remaining_team_budget_metric)"
    near = "{{ $value | humanizePercentage }} of the budget of "
    return [
        Alert(
            name="TeamBudgetNear",
            severity=Severity.TICKET,
            expression=f"{team} > {limit.team_budget_share:g}",
            hold_seconds=5 * MINUTE,
            summary=f"{near}team {_named('team_alias', 'team')} is spent",
            description="At its end every request of the team is answered 429 until the budget is renewed or raised.",
            dashboard=Dashboard.COST,
        ),
        Alert(
            name="TeamBudgetEnds",
            severity=Severity.TICKET,
            expression=f"{team} > {limit.team_budget_share_late:g}",
            hold_seconds=0,
            summary=f"{near}team {_named('team_alias', 'team')} is spent",
            description="The team is about to be refused, or is already.",
            dashboard=Dashboard.COST,
        ),
        Alert(
            name="TeamBudgetTooSmall",
            severity=Severity.TICKET,
            # Whole weeks alone: what a part of one costs depends on whether it is a weekend.
            expression=f"floor({hours} / {WEEK // HOUR}) * on (team) group_left () {week} > {left}",
            hold_seconds=30 * MINUTE,
            summary=f"Team {_named('team_alias', 'team')} will run out of budget before it is renewed",
            description="At the last week's pace it spends ${{ $value | humanize }} until then, more than it has left.",
            dashboard=Dashboard.COST,
        ),
        Alert(
            name="KeyBudgetNear",
            severity=Severity.TICKET,
            expression=f"{spent('api_key_budget', 'hashed_api_key, api_key_alias')} > {limit.key_budget_share:g}",
            hold_seconds=5 * MINUTE,
            summary=f"{near}key {_named('api_key_alias', 'hashed_api_key')} is spent",
            description="At its end every request with this key is answered 429.",
            dashboard=Dashboard.COST,
        ),
        Alert(
            name="UserBudgetNear",
            severity=Severity.TICKET,
            expression=f"{spent('user_budget', 'user')} > {limit.key_budget_share:g}",
            hold_seconds=5 * MINUTE,
            summary=f"{near}user {{{{ $labels.user }}}} is spent",
            description="At its end every key of this user is answered 429, in teams too.",
            dashboard=Dashboard.COST,
        ),
    ]


def _runaway(limit: Thresholds, pace: Pace) -> list[Alert]:
    # A spike that lasts the day does not count as usual before tomorrow.
    usual = f"max_over_time({SPENT}[{pace(WEEK)}] offset {pace(DAY)})"
    known = f"count_over_time({SPENT}[{pace(WEEK)}] offset {pace(KNOWN_SECONDS)}) > 0"
    return [
        Alert(
            name="SpendSpike",
            severity=Severity.TICKET,
            expression=f"{SPENT} > {limit.spike_factor:g} * {usual} and {SPENT} > {limit.spike_usd:g} and {known}",
            hold_seconds=5 * MINUTE,
            summary="${{ $value | humanize }} were spent in the last hour",
            description="Far more than the dearest hour of the week before. Budgets still hold; the bill still grows.",
            dashboard=Dashboard.COST,
        ),
    ]


def _uncounted(limit: Thresholds, pace: Pace) -> list[Alert]:
    quarter = pace(15 * MINUTE)
    return [
        Alert(
            name="RequestsWithoutPrice",
            severity=Severity.TICKET,
            expression=f"sum by (requested_model) (increase(litellm_zero_cost_requests_total[{quarter}])) > 0",
            hold_seconds=0,
            summary="Requests for {{ $labels.requested_model }} cost nothing",
            description="They were answered and charged with $0: no budget can end them.",
            dashboard=Dashboard.COST,
        ),
        Alert(
            name="SpendNotWritten",
            severity=Severity.TICKET,
            expression="max by (instance) (litellm_in_memory_spend_update_queue_size) "
            f"> {limit.unwritten_spend} or sum by (instance) "
            f"(increase(litellm_postgres_failed_requests_total{{{WRITING}}}[{quarter}])) > {limit.database_failures}",
            hold_seconds=5 * MINUTE,
            summary="{{ $labels.instance }} does not get its spend into PostgreSQL",
            description="What is in memory alone is lost with the task, and other tasks do not count it.",
            dashboard=Dashboard.COST,
        ),
    ]

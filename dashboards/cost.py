"""Dashboard *Cost and budgets*: who spends what on which model, how long budgets last, and what the cache saves."""

from typing import Any, Final

from stargate.dashboards import claude_code, frame, gateway
from stargate.dashboards.frame import Row
from stargate.dashboards.panels import GREEN, ORANGE, RED, YELLOW, Column, lines, number, rows, shares
from stargate.dashboards.queries import instant, promql
from stargate.dashboards.selectors import SPEND, rate
from stargate.dashboards.spend import TEAMS, spent, traced

UID: Final = "stargate-cost"
TEAM: Final = 'team_alias=~"$team"'
USED: Final = {0.8: YELLOW, 0.95: RED}
# Hours are few; days that are left are many.
DAYS_LEFT: Final = {float("-inf"): RED, 3: YELLOW, 7: GREEN}

_BY_DAY: Final = (
    "SELECT date::timestamp AS time, {0} AS metric, sum(spend) AS value FROM spent WHERE {{days}} "
    "GROUP BY date, {0} ORDER BY date, {0}"
)
_NOW: Final = "now() AT TIME ZONE 'UTC'"
_TODAY: Final = f"to_char({_NOW}, 'YYYY-MM-DD')"
_FIRST: Final = f"date_trunc('month', {_NOW})"
# How much of the month is over, whose days are as many as it has.
_OVER: Final = f"extract(epoch FROM {_NOW} - {_FIRST}) / extract(epoch FROM {_FIRST} + interval '1 month' - {_FIRST})"
_MONTH: Final = f"left(date, 7) = to_char({_NOW}, 'YYYY-MM')"
_WEEK: Final = f"date > to_char({_NOW} - interval '7 days', 'YYYY-MM-DD')"
_PEOPLE: Final = (
    'SELECT s.person AS "User", s.spent AS "Spent", s.requests AS "Requests", s.tokens AS "Tokens", '
    's.cached AS "Cached", u.spend / nullif(u.max_budget, 0) AS "Used", u.max_budget AS "Budget", '
    f'{traced("users", "s.person")} AS "Traces" '
    "FROM (SELECT person, sum(spend) AS spent, sum(requests) AS requests, "
    "sum(prompt_tokens + completion_tokens) AS tokens, "
    "sum(cache_read_input_tokens)::float / nullif(sum(prompt_tokens), 0) AS cached "
    "FROM spent WHERE {days} GROUP BY person) s "
    'LEFT JOIN "LiteLLM_UserTable" u ON u.user_id = s.person ORDER BY s.spent DESC LIMIT 100'
)
_KEYS: Final = (
    'SELECT s.key AS "Key", s.team AS "Team", s.person AS "User", s.spent AS "Spent", s.requests AS "Requests", '
    'k.spend / nullif(k.max_budget, 0) AS "Used", k.max_budget AS "Budget", k.budget_reset_at AS "Starts anew", '
    f'{traced("users", "s.person")} AS "Traces" '
    "FROM (SELECT token, key, team, person, sum(spend) AS spent, sum(requests) AS requests FROM spent WHERE {days} "
    "GROUP BY token, key, team, person) s "
    'LEFT JOIN "LiteLLM_VerificationToken" k ON k.token = s.token ORDER BY s.spent DESC LIMIT 100'
)


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana stores it."""
    return frame.dashboard(
        UID,
        "Cost and budgets",
        "Dollars by team, user, key and model, exact from LiteLLM's daily tables, and live from its metrics.",
        [
            frame.metrics_source(),
            frame.spend_source(),
            frame.column("team", "Team", TEAMS),
            frame.traces(),
        ],
        [_sums(), _teams(), _owners(), _models()],
        since="now-30d",
        timezone="utc",
    )


def _sums() -> Row:
    forecast = f"SELECT sum(spend) FILTER (WHERE {_MONTH}) / nullif({_OVER}, 0) AS forecast FROM spent"
    return Row(
        title="How much",
        panels=[
            number(
                "Spent",
                "Dollars in this time range, by whole days of UTC, exact to the last digit: what the models' price "
                "table charges. AWS's bill follows it within a day.",
                spent("SELECT sum(spend) AS spent FROM spent WHERE {days}"),
                unit="currencyUSD",
            ),
            number(
                "Today",
                "Dollars since midnight UTC. Far above other days: find the team and the user in the tables below.",
                spent(f"SELECT coalesce(sum(spend), 0) AS today FROM spent WHERE date = {_TODAY}"),
                unit="currencyUSD",
            ),
            number(
                "An hour, now",
                "What an hour costs at the pace of the last one. A jump is somebody's batch: see the panel by team.",
                promql(f"3600 * {rate(SPEND, TEAM, window='[1h]')}"),
                unit="currencyUSD",
            ),
            number(
                "This month, at this pace",
                "What the month will have cost when it ends, if it goes on as it began. Compare with what was agreed.",
                spent(forecast),
                unit="currencyUSD",
            ),
            number(
                "Saved by prompt caching",
                "What the cached part of the prompts would have cost more, less what writing it cost. Negative: caches "
                "are written and not read.",
                spent("SELECT sum(saved) AS saved FROM spent WHERE {days}"),
                unit="currencyUSD",
                steps={float("-inf"): RED, 0: GREEN},
            ),
            number(
                "Saved share",
                "How much of the uncached price prompt caching saves. Claude Code alone reaches more than half.",
                spent("SELECT sum(saved) / nullif(sum(saved) + sum(spend), 0) AS share FROM spent WHERE {days}"),
                unit="percentunit",
            ),
        ],
    )


def _teams() -> Row:
    table = (
        'SELECT s.team AS "Team", s.spent AS "Spent", s.requests AS "Requests", s.tokens AS "Tokens", '
        't.spend AS "Of budget", t.max_budget AS "Budget", t.spend / nullif(t.max_budget, 0) AS "Used", '
        'week.daily AS "A day", (t.max_budget - t.spend) / nullif(week.daily, 0) AS "Days left", '
        't.budget_reset_at AS "Starts anew" '
        "FROM (SELECT team, sum(spend) AS spent, sum(requests) AS requests, "
        "sum(prompt_tokens + completion_tokens) AS tokens FROM spent WHERE {days} GROUP BY team) s "
        'LEFT JOIN "LiteLLM_TeamTable" t ON coalesce(t.team_alias, t.team_id) = s.team '
        f"LEFT JOIN (SELECT team, sum(spend) / count(DISTINCT date) AS daily FROM spent WHERE {_WEEK} GROUP BY team) "
        "week ON week.team = s.team ORDER BY s.spent DESC"
    )
    left = (
        f"min by (team_alias) (litellm_remaining_team_budget_metric{{{TEAM}}} < +Inf) "
        f"/ (24 * 3600 * {rate(SPEND, TEAM, 'team_alias', '[1h]')} > 0)"
    )
    return Row(
        title="Teams",
        panels=[
            lines(
                "Spent a day, by team",
                "Where the money goes, day by day. `None` are keys without a team: give them one, so that a budget "
                "holds for them.",
                spent(_BY_DAY.format("team"), over_time=True),
                unit="currencyUSD",
                bars=True,
            ),
            lines(
                "Dollars an hour, by team",
                "The same, live: what each team's last minutes would cost in an hour.",
                promql(f"3600 * {rate(SPEND, TEAM, 'team_alias')}", "{{team_alias}}"),
                unit="currencyUSD",
                stacked=True,
            ),
            rows(
                "Teams",
                "Each team's spend in this time range, and its budget's state. Days left is at the pace of the last "
                "week's days on which it spent at all; a team near its end is refused with 429: raise its budget or "
                "tell it.",
                spent(table),
                {
                    "Team": Column(link=frame.leading_to(gateway.UID, "team"), link_title="This team's requests"),
                    **{name: Column(unit="currencyUSD") for name in ("Spent", "Of budget", "Budget", "A day")},
                    "Used": Column(unit="percentunit", gauge=True),
                    "Days left": Column(unit="d"),
                    "Starts anew": Column(unit="dateTimeFromNow"),
                },
                steps=USED,
                width=16,
                height=8,
            ),
            shares(
                "Budget lasts, at this hour's pace",
                "How many days a team's budget lasts if it goes on as in the last hour. Below three: speak with the "
                "team before the gateway refuses it.",
                instant(f"sort({left})", "{{team_alias}}"),
                unit="d",
                steps=DAYS_LEFT,
                width=8,
            ),
        ],
    )


def _owners() -> Row:
    used = {"Used": Column(unit="percentunit", gauge=True)}
    dollars = {name: Column(unit="currencyUSD") for name in ("Spent", "Budget")}
    return Row(
        title="Users and keys",
        panels=[
            rows(
                "Users",
                "Who spends, and how much of the prompts comes from the cache. A low share there with many tokens is a "
                "client without caching: that is the cheapest saving there is. Traces leads to the user's requests.",
                spent(_PEOPLE),
                {
                    "User": Column(
                        link=frame.leading_to(claude_code.UID, "person"), link_title="This user's Claude Code"
                    ),
                    **dollars,
                    **used,
                    "Cached": Column(unit="percentunit", gauge=True),
                    "Traces": Column(link="${__value.raw}", link_title="Traces of this user"),
                },
                width=12,
            ),
            rows(
                "Keys",
                "Which key spends, whose it is, and its own budget; without an alias, by the beginning of its hash. A "
                "key that nobody knows is to be blocked. Traces leads to the requests of the key's user, over all of "
                "the user's keys.",
                spent(_KEYS),
                {
                    **dollars,
                    **used,
                    "Starts anew": Column(unit="dateTimeFromNow"),
                    "Traces": Column(link="${__value.raw}", link_title="Traces of this key's user"),
                },
                steps=USED,
                width=12,
            ),
            shares(
                "Budget left, by key",
                "The ten keys with the least left, live, as a share of their budget. At zero every request is answered "
                "with 429. Keys without a budget are not shown.",
                instant(
                    # A key without an alias is named by the beginning of its hash.
                    "label_replace(label_replace(bottomk(10, min by (hashed_api_key, api_key_alias) ("
                    "litellm_remaining_api_key_budget_metric / (litellm_api_key_max_budget_metric > 0) < +Inf)), "
                    '"key", "$1", "hashed_api_key", "(.{8}).*"), "key", "$1", "api_key_alias", "(.+)")',
                    "{{key}}",
                ),
                unit="percentunit",
                steps={float("-inf"): RED, 0.05: ORANGE, 0.2: GREEN},
                most=1,
            ),
            shares(
                "Budget left, by user",
                "The same for the ten users with the least left; a user's budget holds for all of the user's keys.",
                instant(
                    "bottomk(10, min by (user) (litellm_remaining_user_budget_metric "
                    "/ (litellm_user_max_budget_metric > 0) < +Inf))",
                    "{{user}}",
                ),
                unit="percentunit",
                steps={float("-inf"): RED, 0.05: ORANGE, 0.2: GREEN},
                most=1,
            ),
        ],
    )


def _models() -> Row:
    cache = (
        "SELECT date::timestamp AS time, kind AS metric, sum(tokens) AS value FROM spent, LATERAL (VALUES "
        "('read from the cache', cache_read_input_tokens), ('written to the cache', cache_creation_input_tokens), "
        "('not cached', prompt_tokens - cache_read_input_tokens - cache_creation_input_tokens)) "
        "AS kinds (kind, tokens) WHERE {days} GROUP BY date, kind ORDER BY date, kind"
    )
    return Row(
        title="Models and the prompt cache",
        panels=[
            lines(
                "Spent a day, by model",
                "Which models the money goes to. Moving easy work from Opus to Haiku is the second cheapest saving.",
                spent(_BY_DAY.format("model"), over_time=True),
                unit="currencyUSD",
                bars=True,
            ),
            lines(
                "Prompt tokens a day, by cache",
                "How much of what is sent was in the cache: a tenth of the price. Writing costs a quarter more than "
                "not caching, so what is written should be read at least once.",
                spent(cache, over_time=True),
                unit="short",
                bars=True,
                colours={"/read/": GREEN, "/written/": YELLOW, "/not cached/": ORANGE},
            ),
        ],
    )

"""Dashboard *Claude Code*: who uses it, how much of it, what it costs, and whether it answers quickly."""

from typing import Any, Final

from stargate.dashboards import frame
from stargate.dashboards.frame import Row
from stargate.dashboards.panels import ORANGE, RED, YELLOW, Column, lines, number, rows
from stargate.dashboards.queries import promql
from stargate.dashboards.selectors import FAILURES, REQUESTS, in_flight, quantile, rate
from stargate.dashboards.spend import PEOPLE, asked, coded, traced
from stargate.gateway.routes import MESSAGES

UID: Final = "stargate-claude-code"
# Its own route and habit: everything that it asks is streamed.
STREAMED: Final = f'route="{MESSAGES.path}",stream="True",user=~"$person"'
CHOSEN: Final = "WHERE person IN ($person)"

_BY_DAY: Final = (
    "SELECT date::timestamp AS time, {by} AS metric, sum({what}) AS value FROM coded GROUP BY date, {by} "
    "ORDER BY date, {by}"
)


def dashboard() -> dict[str, Any]:
    """The dashboard as Grafana stores it."""
    return frame.dashboard(
        UID,
        "Claude Code",
        "Developers, sessions, tokens and dollars of Claude Code, told from other clients by the name it sends.",
        [
            frame.metrics_source(),
            frame.spend_source(),
            frame.column("person", "Developer", PEOPLE),
            frame.traces(),
        ],
        [_use(), _days(), _people(), _speed()],
        since="now-7d",
        timezone="utc",
    )


def _use() -> Row:
    return Row(
        title="How much it is used",
        panels=[
            number(
                "Developers",
                "People who asked Claude Code something in this time range. Fewer than have keys: ask whom it does not "
                "serve.",
                coded("SELECT count(DISTINCT person) AS developers FROM coded"),
                unit="short",
            ),
            number(
                "Sessions",
                "Conversations in this time range; a developer at work has several a day.",
                asked(f"SELECT count(DISTINCT session_id) AS sessions FROM asked {CHOSEN}"),
                unit="short",
            ),
            number(
                "Spent",
                "Dollars that Claude Code cost in this time range, by whole days of UTC.",
                coded("SELECT sum(spend) AS spent FROM coded"),
                unit="currencyUSD",
            ),
            number(
                "A developer and day",
                "Dollars, on days on which the developer used it at all. What to reckon with for a new team.",
                coded("SELECT sum(spend) / nullif(count(DISTINCT (person, date)), 0) AS daily FROM coded"),
                unit="currencyUSD",
            ),
            number(
                "Read from the cache",
                "The share of prompt tokens that were read from the prompt cache. Claude Code usually reaches more "
                "than 80 %; far less means that something changes its prompts' beginning, such as a proxy or a hook.",
                coded("SELECT sum(cache_read_input_tokens)::float / nullif(sum(prompt_tokens), 0) AS share FROM coded"),
                unit="percentunit",
                steps={float("-inf"): YELLOW, 0.6: "green"},
            ),
            number(
                "Requests open",
                "What all tasks are answering now, of every client and kind, streams among it. A deploy waits for it.",
                promql(in_flight()),
                unit="short",
                decimals=0,
            ),
        ],
    )


def _days() -> Row:
    return Row(
        title="Day by day",
        panels=[
            lines(
                "Dollars a day, by developer",
                "Who spends how much. One far above the others runs long sessions on Opus, or a loop: look at the "
                "sessions below.",
                coded(_BY_DAY.format(by="person", what="spend"), over_time=True),
                unit="currencyUSD",
                bars=True,
            ),
            lines(
                "Tokens a day, by developer",
                "Prompt and answer together, cached ones included.",
                coded(_BY_DAY.format(by="person", what="prompt_tokens + completion_tokens"), over_time=True),
                unit="short",
                bars=True,
            ),
            lines(
                "Dollars a day, by model",
                "The mix of models. Haiku titles and searches, Sonnet works, Opus thinks: a mix of Opus alone is a "
                "setting that somebody spread.",
                coded(_BY_DAY.format(by="model", what="spend"), over_time=True),
                unit="currencyUSD",
                bars=True,
                width=8,
            ),
            lines(
                "Sessions a day",
                "How many conversations each day had.",
                asked(
                    "SELECT date_trunc('day', \"startTime\") AS time, 'sessions' AS metric, "
                    f"count(DISTINCT session_id) AS value FROM asked {CHOSEN} GROUP BY 1 ORDER BY 1",
                    over_time=True,
                ),
                unit="short",
                bars=True,
                width=8,
            ),
            lines(
                "Cache reads a day",
                "The share of prompt tokens from the cache, by developer. One who falls out of line has a client that "
                "breaks the cache.",
                coded(
                    "SELECT date::timestamp AS time, person AS metric, sum(cache_read_input_tokens)::float "
                    "/ nullif(sum(prompt_tokens), 0) AS value FROM coded GROUP BY date, person ORDER BY date, person",
                    over_time=True,
                ),
                unit="percentunit",
                width=8,
            ),
        ],
    )


def _people() -> Row:
    developers = (
        'SELECT person AS "Developer", count(DISTINCT session_id) AS "Sessions", count(*) AS "Requests", '
        'sum(prompt_tokens) AS "Prompt tokens", sum(completion_tokens) AS "Answer tokens", sum(spend) AS "Spent", '
        'sum(spend) / count(DISTINCT session_id) AS "A session", '
        f'{traced("users", "person")} AS "Traces" FROM asked {CHOSEN} GROUP BY person ORDER BY sum(spend) DESC'
    )
    sessions = (
        'SELECT min("startTime") AS "Began", person AS "Developer", string_agg(DISTINCT model, \', \') AS "Models", '
        'count(*) AS "Requests", extract(epoch FROM max("endTime") - min("startTime")) AS "Lasted", '
        'sum(prompt_tokens + completion_tokens) AS "Tokens", sum(spend) AS "Spent", '
        f'{traced("sessions", "session_id")} AS "Traces" FROM asked {CHOSEN} '
        "GROUP BY session_id, person ORDER BY sum(spend) DESC LIMIT 50"
    )
    return Row(
        title="Developers and sessions",
        panels=[
            rows(
                "Each developer",
                "Each developer's use in this time range. Traces leads to the developer's requests in Langfuse, where "
                "there is one.",
                asked(developers),
                {
                    "Spent": Column(unit="currencyUSD"),
                    "A session": Column(unit="currencyUSD"),
                    "Traces": Column(link="${__value.raw}", link_title="Traces of this developer"),
                },
                width=12,
            ),
            rows(
                "Dearest sessions",
                "The fifty conversations that cost most. Long ones with many tokens are better compacted or begun "
                "anew.",
                asked(sessions),
                {
                    "Began": Column(unit="dateTimeAsLocal"),
                    "Lasted": Column(unit="s"),
                    "Spent": Column(unit="currencyUSD"),
                    "Traces": Column(link="${__value.raw}", link_title="Traces of this session"),
                },
                width=12,
            ),
        ],
    )


def _speed() -> Row:
    ttft = "litellm_llm_api_time_to_first_token_metric"
    return Row(
        title="Is it quick, and does it answer?",
        panels=[
            lines(
                "Requests, by developer",
                "Who is at work now. A line that never rests is a loop.",
                promql(rate(REQUESTS, STREAMED, "user"), "{{user}}"),
                unit="reqps",
                stacked=True,
            ),
            lines(
                "Time to first token",
                "What a developer waits for each step. Above 10 s people notice: see Models and Bedrock.",
                *(
                    promql(quantile(share, ttft, 'user=~"$person"'), name)
                    for share, name in ((0.5, "p50"), (0.95, "p95"))
                ),
                unit="s",
                steps={10: RED},
            ),
            lines(
                "Refused or failed",
                "What Claude Code is told instead of an answer. 429 with BudgetExceededError is a budget, with Bedrock "
                "in front a quota; 401 is a key that was revoked or mistyped.",
                promql(
                    rate(
                        FAILURES, f'route="{MESSAGES.path}",user=~"$person"', "user, exception_status, exception_class"
                    ),
                    "{{user}} {{exception_status}} {{exception_class}}",
                ),
                unit="reqps",
                stacked=True,
                colours={"/ 429 /": ORANGE, "/ 5/": RED},
                width=24,
            ),
        ],
    )

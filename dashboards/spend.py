"""The statements over LiteLLM's daily tables, which count every answered request once, by day, key, team and model.

They run as a role that may read nothing else: `stargate.gateway.spend_reader`. Whoever has no team or no user stands
as `None`, as in the metrics. Failed requests are in the metrics alone.
"""

from typing import Final

from stargate.dashboards.queries import Sql

# LiteLLM marks every request with its client's name; this is Claude Code's.
CLAUDE_CODE_TAG: Final = "User-Agent: claude-cli"

_DAYS: Final = "BETWEEN left($__timeFrom(), 10) AND left($__timeTo(), 10)"
_MEASURES: Final = (
    "d.spend, d.prompt_tokens, d.completion_tokens, d.cache_read_input_tokens, d.cache_creation_input_tokens, "
    "d.prompt_caching_savings_spend AS saved, d.api_requests AS requests"
)
_NAMES: Final = (
    "d.api_key AS token, coalesce(nullif(k.key_alias, ''), left(k.token, 8), 'a deleted key') AS key, "
    "coalesce(nullif(k.user_id, ''), nullif(u.user_id, ''), 'None') AS person, "
    "coalesce(t.team_alias, nullif({team}, ''), 'None') AS team"
)

# `All` is every row of these: whoever is gone and has spent stands in them by the id, or sums would miss it.
TEAMS: Final = (
    "SELECT 'None' UNION SELECT coalesce(team_alias, team_id) FROM \"LiteLLM_TeamTable\" "
    'UNION SELECT d.team_id FROM "LiteLLM_DailyTeamSpend" d LEFT JOIN "LiteLLM_TeamTable" t '
    "ON t.team_id = d.team_id WHERE t.team_id IS NULL AND d.team_id <> ''"
)
PEOPLE: Final = (
    "SELECT 'None' UNION SELECT user_id FROM \"LiteLLM_VerificationToken\" WHERE user_id <> '' "
    "UNION SELECT user_id FROM \"LiteLLM_DailyUserSpend\" WHERE user_id <> ''"
)

# A deleted key no longer says whose it was; what it spent does.
_OWNERS: Final = '(SELECT api_key, max(user_id) AS user_id FROM "LiteLLM_DailyUserSpend" GROUP BY api_key)'

# One row a day, key, team and model, of the teams that are chosen.
_SPENT: Final = f"""WITH spent AS (
  SELECT * FROM (
    SELECT d.date, d.model_group AS model, {_NAMES.format(team="d.team_id")}, {_MEASURES}
    FROM "LiteLLM_DailyTeamSpend" d
    LEFT JOIN "LiteLLM_TeamTable" t ON t.team_id = d.team_id
    LEFT JOIN "LiteLLM_VerificationToken" k ON k.token = d.api_key
    LEFT JOIN {_OWNERS} u ON u.api_key = d.api_key
  ) every WHERE team IN ($team)
)
"""

# The same of Claude Code's requests, of the people who are chosen.
_CODED: Final = f"""WITH coded AS (
  SELECT * FROM (
    SELECT d.date, d.model_group AS model, {_NAMES.format(team="k.team_id")}, {_MEASURES}
    FROM "LiteLLM_DailyTagSpend" d
    LEFT JOIN "LiteLLM_VerificationToken" k ON k.token = d.api_key
    LEFT JOIN "LiteLLM_TeamTable" t ON t.team_id = k.team_id
    LEFT JOIN {_OWNERS} u ON u.api_key = d.api_key
    WHERE d.tag = '{CLAUDE_CODE_TAG}'
  ) every WHERE person IN ($person) AND date {_DAYS}
)
"""

# Claude Code's single requests, without what was said in them.
_ASKED: Final = f"""WITH asked AS (
  SELECT l.session_id, l."startTime", l."endTime", l.model_group AS model, l.spend, l.prompt_tokens,
    l.completion_tokens, coalesce(nullif(l."user", ''), 'None') AS person
  FROM "LiteLLM_SpendLogs" l
  WHERE l.request_tags ? '{CLAUDE_CODE_TAG}' AND $__timeFilter(l."startTime")
)
"""


def spent(select: str, *, over_time: bool = False) -> Sql:
    """A statement over `spent`, in the days of the time range; `{days}` is where they are asked for."""
    return Sql(_SPENT + select.format(days=f"date {_DAYS}"), over_time=over_time)


def coded(select: str, *, over_time: bool = False) -> Sql:
    """A statement over `coded`."""
    return Sql(_CODED + select, over_time=over_time)


def asked(select: str, *, over_time: bool = False) -> Sql:
    """A statement over `asked`, of the people who are chosen."""
    return Sql(_ASKED + select, over_time=over_time)


def traced(kind: str, column: str) -> str:
    """A column with the address of the traces of a user or a session; empty for nobody's, and without traces."""
    return f"CASE WHEN '$traces' <> '' AND {column} <> 'None' THEN '$traces/{kind}/' || {column} END"

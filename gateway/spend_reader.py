"""The role that Grafana reads LiteLLM's database as: what was spent, by whose key, and never what was said.

Grafana runs any statement that a viewer sends, so the role itself is the guard. It may read single columns of few
tables: no prompt and no answer, no metadata and no address of a client, no setting of a key, no credential. A key's
hash it may read, because the daily tables name keys by nothing else; LiteLLM takes no hash for a key. Columns, and no
views: PostgreSQL would refuse LiteLLM's next migration that changes a column which a view shows.
"""

import re
from typing import Final

from stargate.errors import StargateError

ROLE: Final = "litellm_reader"
# A panel that takes longer is a panel that loads the database which every request needs.
STATEMENT_SECONDS: Final = 20
# Grafana's own pool, and somebody at a prompt.
CONNECTIONS: Final = 5

_DAILY: Final = (
    "date",
    "api_key",
    "model",
    "model_group",
    "custom_llm_provider",
    "endpoint",
    "prompt_tokens",
    "completion_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "prompt_caching_savings_spend",
    "spend",
    "api_requests",
    "successful_requests",
    "failed_requests",
    "total_response_time_ms",
    "timed_requests",
)
_BUDGET: Final = ("spend", "max_budget", "budget_duration", "budget_reset_at")

# What may be read: LiteLLM's table -> its columns.
READABLE: Final[dict[str, tuple[str, ...]]] = {
    "LiteLLM_DailyUserSpend": ("user_id", *_DAILY),
    "LiteLLM_DailyTeamSpend": ("team_id", *_DAILY),
    "LiteLLM_DailyTagSpend": ("tag", *_DAILY),
    "LiteLLM_VerificationToken": ("token", "key_alias", "user_id", "team_id", "blocked", "expires", *_BUDGET),
    "LiteLLM_TeamTable": ("team_id", "team_alias", "blocked", *_BUDGET),
    "LiteLLM_UserTable": ("user_id", "user_alias", *_BUDGET),
    "LiteLLM_SpendLogs": (
        "request_id",
        "session_id",
        "call_type",
        "api_key",
        "user",
        "team_id",
        "model",
        "model_group",
        "custom_llm_provider",
        "status",
        "startTime",
        "endTime",
        "completionStartTime",
        "request_duration_ms",
        "request_tags",
        "spend",
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
    ),
}


def grants(role: str = ROLE) -> str:
    """The statements that let a role read exactly that, for the owner of LiteLLM's database, after its migrations.

    They can run again and again, also after a version that reads less. All of them hold, or none.
    """
    name = _identifier(role)
    lines = [
        "BEGIN;",
        # A client that logs in needs the database's leave; PUBLIC's was taken.
        f"DO $$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO {name}', current_database()); END $$;",
        f"GRANT USAGE ON SCHEMA public TO {name};",
        # On a table it takes the columns' grants with it.
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {name};",
    ]
    for table, columns in READABLE.items():
        quoted = ", ".join(f'"{column}"' for column in columns)
        lines.append(f'GRANT SELECT ({quoted}) ON public."{table}" TO {name};')
    return "\n".join([*lines, "COMMIT;\n"])


def limits(role: str = ROLE) -> str:
    """The statements that keep a role from holding the database up, for whoever made the role.

    They are no guard: a session may change its own settings. The grants are.
    """
    name = _identifier(role)
    return (
        f"ALTER ROLE {name} CONNECTION LIMIT {CONNECTIONS};\n"
        f"ALTER ROLE {name} SET default_transaction_read_only = on;\n"
        f"ALTER ROLE {name} SET statement_timeout = '{STATEMENT_SECONDS}s';\n"
        f"ALTER ROLE {name} SET idle_in_transaction_session_timeout = '{STATEMENT_SECONDS}s';\n"
    )


def _identifier(role: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", role):
        raise StargateError(f"the spend reader's role is {role!r}: choose small letters, digits and _, at most 63")
    return f'"{role}"'

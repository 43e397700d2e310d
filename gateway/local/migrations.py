"""LiteLLM's database schema: the migrations that its package ships, applied in order.

They are recorded as `prisma migrate deploy` records them (table `_prisma_migrations`, checksums included), which is
what the deployed gateway's migration container runs: a database made by one can be carried on by the other.
"""

import hashlib
import uuid
from contextlib import nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import psycopg

from stargate.errors import StargateError

# Prisma's own lock, so that nothing else migrates the database meanwhile.
ADVISORY_LOCK: Final = 72707369

TABLE: Final = """
CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id                  VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum            VARCHAR(64) NOT NULL,
    finished_at         TIMESTAMPTZ,
    migration_name      VARCHAR(255) NOT NULL,
    logs                TEXT,
    rolled_back_at      TIMESTAMPTZ,
    started_at          TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count INTEGER NOT NULL DEFAULT 0
)
"""
APPLIED: Final = (
    "SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL"
)
RECORD: Final = """
INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count)
VALUES (%s, %s, now(), %s, 1)
"""


@dataclass(frozen=True, kw_only=True)
class Migration:
    """One of LiteLLM's migrations: its name, which orders it, and its statements."""

    name: str
    script: str

    @property
    def transactional(self) -> bool:
        """Whether it may run in a transaction; LiteLLM keeps each that may not to one repeatable statement."""
        return "CREATE INDEX CONCURRENTLY" not in self.script

    @property
    def checksum(self) -> str:
        """SHA-256 of the script, in hexadecimal, as Prisma records it."""
        return hashlib.sha256(self.script.encode()).hexdigest()


def packaged() -> tuple[Migration, ...]:
    """The migrations of the installed LiteLLM, in order."""
    spec = find_spec("litellm_proxy_extras")
    if spec is None or spec.origin is None:
        raise StargateError("litellm-proxy-extras is not installed: install the extra `local`")
    scripts = sorted((Path(spec.origin).parent / "migrations").glob("*/migration.sql"))
    return tuple(Migration(name=path.parent.name, script=path.read_text()) for path in scripts)


def apply(url: str, migrations: tuple[Migration, ...]) -> int:
    """Apply what the database does not have yet, each in a transaction if it may, and say how many that were.

    Raises `StargateError` if the database has a migration that the package does not know, or if one fails; those
    before it stay applied, and the next call goes on from there.
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (ADVISORY_LOCK,))
        connection.execute("SET client_min_messages = warning")
        connection.execute(TABLE)
        applied = {name for (name,) in connection.execute(APPLIED)}
        if unknown := applied - {migration.name for migration in migrations}:
            raise StargateError(
                f"the database has the migration {max(unknown)}, which the installed LiteLLM does not know: "
                "install the LiteLLM that made it, or start over with --fresh"
            )
        missing = [migration for migration in migrations if migration.name not in applied]
        for migration in missing:
            try:
                with connection.transaction() if migration.transactional else nullcontext():
                    # Without parameters a script of several statements goes to the server as it stands.
                    connection.execute(migration.script.encode())
                    connection.execute(RECORD, (str(uuid.uuid4()), migration.checksum, migration.name))
            except psycopg.Error as error:
                raise StargateError(f"LiteLLM's migration {migration.name} failed: {error}") from error
    return len(missing)

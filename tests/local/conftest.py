"""The real gateway, started once for all tests of this folder by the very command that users type."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from stargate.gateway.admin.client import AdminClient
from stargate.gateway.local import postgres
from stargate.gateway.local.state import folder

COMMAND = (str(Path(sys.executable).with_name("stargate")), "local")
MODELS = ("claude-haiku-4-5", "claude-sonnet-4-5", "claude-opus-4-5", "claude-opus-4-7")
# LiteLLM writes spend every ten seconds.
FLUSH_SECONDS = 40


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.local)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(*arguments: str, state: Path, check: bool = True, timeout: float = 240) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "STARGATE_STATE": str(state)}
    done = subprocess.run(
        [*COMMAND, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=timeout
    )
    assert done.returncode == 0 or not check, done.stdout + done.stderr
    return done


@dataclass(frozen=True, kw_only=True)
class Gateway:
    """A running gateway and what tests do with it."""

    state: Path
    public_url: str
    admin_url: str
    user_key: str
    master_key: str
    bedrock_url: str

    @classmethod
    def start(cls, state: Path, *options: str) -> "Gateway":
        ports = ("--port", str(free_port()), "--admin-port", str(free_port()))
        models = [word for name in MODELS for word in ("--model", name)]
        run("up", "--detach", *ports, *models, *options, state=state)
        return cls.known(state)

    @classmethod
    def known(cls, state: Path) -> "Gateway":
        found = json.loads(run("env", "--json", state=state).stdout)
        fields = ("public_url", "admin_url", "user_key", "master_key", "bedrock_url")
        return cls(state=state, **{name: found[name] for name in fields})

    def stop(self) -> None:
        run("down", state=self.state)

    def admin(self) -> AdminClient:
        return AdminClient(self.admin_url, self.master_key)

    def key(self, **fields: Any) -> str:
        """A new virtual key of its own user, with every offered model unless told otherwise."""
        with self.admin() as admin:
            made = admin.create_key(**{"models": list(MODELS), "max_budget": 10.0, "key_alias": uuid4().hex} | fields)
        return str(made["key"])

    def post(self, path: str, key: str | None = None, **body: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return httpx.post(self.public_url + path, headers=headers, json=body, timeout=60)

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What PostgreSQL holds."""
        state = folder(self.state).load()
        with psycopg.connect(
            postgres.url(state.ports.inner["postgres"], state.secrets.database_password)
        ) as connection:
            return connection.execute(statement, values).fetchall()

    def logged(self, key: str, requests: int) -> list[dict[str, Any]]:
        """The spend log of a key once it holds so many requests, oldest first."""
        with self.admin() as admin:
            token = str((admin.key(key) or {}).get("token") or _hashed(key))
        statement = (
            'SELECT model_group, spend, prompt_tokens, completion_tokens, call_type, metadata FROM "LiteLLM_SpendLogs" '
            'WHERE api_key = %s ORDER BY "startTime"'
        )
        names = ("model", "spend", "prompt_tokens", "completion_tokens", "call_type", "metadata")
        rows = wait_for(lambda: self.rows(statement, token), lambda found: len(found) >= requests, FLUSH_SECONDS)
        return [dict(zip(names, row, strict=True)) for row in rows]

    def spent(self, key: str, at_least: Decimal) -> Decimal:
        """What a key's row says was spent, once it is as much as expected or the time is over."""

        def spend() -> Decimal:
            with self.admin() as admin:
                return Decimal(str((admin.key(key) or {})["spend"]))

        return wait_for(spend, lambda found: found >= at_least, FLUSH_SECONDS)

    def metered(self) -> list[dict[str, Any]]:
        """What the emulator counted, oldest first."""
        found: list[dict[str, Any]] = httpx.get(f"{self.bedrock_url}/-/requests").json()
        return found


def _hashed(key: str) -> str:
    import hashlib

    return hashlib.sha256(key.encode()).hexdigest()


def wait_for(read: Callable[[], Any], enough: Callable[[Any], bool], seconds: float) -> Any:
    """Read until it is enough; the last reading if the time is over, for the assertion to show."""
    deadline = time.monotonic() + seconds
    while not enough(found := read()) and time.monotonic() < deadline:
        time.sleep(0.25)
    return found


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    started = Gateway.start(tmp_path_factory.mktemp("gateway") / "state")
    yield started
    started.stop()

"""Traffic that leaves something in every panel: teams, people, keys, models, streams, cached prompts, and failures.

Everything is sent one after the other, so that what Bedrock's emulator counted can be told apart request by request.
"""

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import httpx

from stargate.gateway.admin.client import AdminClient
from stargate.gateway.local.state import address, folder
from stargate.gateway.models import BY_NAME, Profile
from stargate.gateway.routes import BY_KEY, MESSAGES, Route
from stargate.gateway.token_prices import Usage

CHAT: Final = BY_KEY["chat"]
HAIKU, SONNET, OPUS = "claude-haiku-4-5", "claude-sonnet-4-5", "claude-opus-4-5"
CLAUDE_CODE: Final = "claude-cli/2.1.0 (external, cli)"
# Above every model's shortest cached prefix: four bytes are one token of the emulator's.
LONG: Final = "All of this stands before the question. " * 500
# One answer of Haiku's fits in, five do not: LiteLLM reserves what `max_tokens` would cost.
SMALL_BUDGET_USD: Final = 0.004
SECONDS: Final = 90.0


@dataclass(frozen=True, kw_only=True)
class Caller:
    """A key, and whose it is."""

    alias: str
    key: str
    user: str | None
    team: str | None


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One request: who asked for what, the answer's status and time, and the tokens that Bedrock counted for it."""

    caller: Caller | None
    model: str
    route: Route
    stream: bool
    status: int
    seconds: float
    session: str | None
    usage: Usage | None

    @property
    def cost(self) -> Decimal:
        """Its price, in dollars."""
        return BY_NAME[self.model].cost(self.usage, Profile.US) if self.usage else Decimal(0)


@dataclass(kw_only=True)
class Traffic:
    """What was sent through one gateway, and who sent it."""

    teams: dict[str, str] = field(default_factory=dict)
    """Alias to id."""
    callers: list[Caller] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)

    def answered(self, **equal: Any) -> list[Sent]:
        """The requests that were answered, of a caller, a model, a route."""
        return [
            one
            for one in self.sent
            if one.status < httpx.codes.BAD_REQUEST
            and all(getattr(one, name) == value for name, value in equal.items())
        ]


class Driver:
    """Sends traffic through the local gateway of a folder."""

    def __init__(self, state_folder: Path | None = None, prefix: str = "", *, silence_seconds: float = 0.0) -> None:
        """Take a folder of a running gateway and a word that the names of teams, users and keys begin with.

        The emulator answers at once, unless it is to be silent for about so long, as a model is.
        """
        state = folder(state_folder).load()
        self._public = address(state.ports.public)
        self._admin = AdminClient(address(state.ports.admin), state.secrets.master_key)
        self._bedrock = httpx.Client(base_url=address(state.ports.inner["bedrock"]))
        self._http = httpx.Client(base_url=self._public, timeout=SECONDS)
        self._prefix = prefix
        self._silence_seconds = silence_seconds
        self.traffic = Traffic()
        self._counted = self._last()

    def people(self) -> None:
        """Two teams with budgets, three developers, a machine, and a key with next to no budget."""
        for team, budget in (("platform", 20.0), ("research", 4.0)):
            name = self._prefix + team
            made = self._admin.create_team(team_alias=name, max_budget=budget, budget_duration="30d")
            self.traffic.teams[name] = str(made["team_id"])
        for alias, user, team, budget in (
            ("ada-laptop", "ada", "platform", 8.0),
            ("grace-laptop", "grace", "platform", 6.0),
            ("alan-laptop", "alan", "research", 3.0),
            ("nightly-batch", None, "research", 1.0),
            ("intern-trial", "intern", "research", SMALL_BUDGET_USD),
        ):
            self._person(alias, user, self._prefix + team, budget)

    def _person(self, alias: str, user: str | None, team: str, budget: float) -> None:
        name = self._prefix + user if user else None
        owner: dict[str, Any] = {"user_id": name} if name else {}
        if owner:
            self._admin.create_user(
                **owner, max_budget=10.0, budget_duration="30d", auto_create_key=False, models=[HAIKU, SONNET, OPUS]
            )
        made = self._admin.create_key(
            key_alias=self._prefix + alias,
            team_id=self.traffic.teams[team],
            models=[HAIKU, SONNET, OPUS],
            max_budget=budget,
            budget_duration="30d",
            **owner,
        )
        self.traffic.callers.append(Caller(alias=self._prefix + alias, key=str(made["key"]), user=name, team=team))

    def round(self, number: int = 0) -> None:
        """One round: every developer in Claude Code and in an SDK, the machine, and a cached prompt that is read."""
        ada, grace, alan, batch, _intern = self.traffic.callers
        silence = self._silence(number)
        for caller, model in ((ada, SONNET), (grace, OPUS), (alan, SONNET)):
            session = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{caller.alias}/{number // 2}"))
            for words in (60, 250):
                self.code(caller, model, session, f"[[bedrock: tokens={words}{silence}]] step {number}")
            self.code(caller, HAIKU, session, f"[[bedrock: tokens=20{silence}]] title {number}")
        self.ask(batch, HAIKU, f"[[bedrock: tokens=120{silence}]] report {number} " + "word " * 200)
        self.ask(ada, SONNET, f"[[bedrock: tokens=40 slow=0.01{silence}]] explain {number}", stream=True)
        self.ask(alan, HAIKU, f"[[bedrock: tokens=30{silence}]] summarise {number}", route=MESSAGES)

    def failures(self, number: int = 0) -> None:
        """What goes wrong: a bad key, models that are unknown or not allowed, throttles, errors, and a spent budget."""
        ada, _grace, alan, _batch, intern = self.traffic.callers
        stranger = Caller(alias="", key="sk-nobody-has-this-key", user=None, team=None)
        self.ask(stranger, HAIKU, "Hello")
        self.ask(ada, "claude-unheard-of", "Hello")
        # LiteLLM asks again twice: one throttle is healed, nine are not.
        self.ask(alan, HAIKU, f"[[bedrock: tokens=10 throttle=1]] {uuid.uuid4()}")
        self.ask(ada, OPUS, f"[[bedrock: throttle=9]] {uuid.uuid4()}")
        self.ask(alan, SONNET, f"[[bedrock: error=500]] {number}")
        # The same on Claude Code's route, whose failures LiteLLM labels otherwise.
        self.ask(alan, SONNET, f"[[bedrock: throttle=9]] {uuid.uuid4()}", route=MESSAGES)
        self.ask(ada, OPUS, f"[[bedrock: error=500]] {number}", route=MESSAGES)
        for _ in range(2):
            self.ask(intern, HAIKU, "[[bedrock: tokens=400]] Hello", max_tokens=450)
        self.code(intern, HAIKU, str(uuid.uuid4()), "Hello")

    def code(self, caller: Caller, model: str, session: str, question: str) -> Sent:
        """A request as Claude Code sends it: streamed, with its session and a long cached system prompt."""
        body = {
            "max_tokens": 1024,
            "system": [{"type": "text", "text": f"{session} {LONG}", "cache_control": {"type": "ephemeral"}}],
        }
        return self._send(caller, model, question, MESSAGES, stream=True, session=session, **body)

    def ask(self, caller: Caller, model: str, question: str, *, route: Route = CHAT, **body: Any) -> Sent:
        """A request as an SDK sends it; `stream=True` reads it as a stream."""
        return self._send(caller, model, question, route, **({"max_tokens": 512, "stream": False} | body))

    def _silence(self, number: int) -> str:
        """The emulator's word for a silence that differs from round to round."""
        return f" silence={self._silence_seconds * (1 + number * 7 % 5 / 2):.2f}" if self._silence_seconds else ""

    def _send(
        self,
        caller: Caller,
        model: str,
        question: str,
        route: Route,
        *,
        stream: bool,
        session: str | None = None,
        **more: Any,
    ) -> Sent:
        own = {"User-Agent": CLAUDE_CODE, "X-Claude-Code-Session-Id": session} if session else {}
        headers = {"Authorization": f"Bearer {caller.key}", **own}
        body = {"model": model, "messages": [{"role": "user", "content": question}], "stream": stream, **more}
        began = time.monotonic()
        answer = self._http.post(route.path, headers=headers, json=body)
        sent = Sent(
            caller=caller if caller.alias else None,
            model=model,
            route=route,
            stream=stream,
            status=answer.status_code,
            seconds=time.monotonic() - began,
            session=session,
            usage=self._usage(),
        )
        self.traffic.sent.append(sent)
        return sent

    def _usage(self) -> Usage | None:
        """What the emulator counted since the last request."""
        new = self._figures(self._counted)
        self._counted = new[-1]["number"] if new else self._counted
        return Usage(**new[-1]["usage"]) if new else None

    def _last(self) -> int:
        return max((one["number"] for one in self._figures(0)), default=0)

    def _figures(self, after: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._bedrock.get("/-/requests", params={"after": after}).json()
        return found


def total(sent: Sequence[Sent]) -> Decimal:
    """What requests cost together, in dollars."""
    return sum((one.cost for one in sent), Decimal(0))

"""What a lost trace store costs a request, as ratios in one run: `make bench`, while a local gateway runs.

The same question over one connection, in rounds: with the store answering, with a store that takes connections and
never answers, and with its port closed. The store is running again at the end.
"""

import json
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from stargate.gateway.local.state import folder
from stargate.gateway.local.supervisor import Supervisor
from stargate.gateway.routes import MESSAGES

PART = "traces"
STATES = ("answering", "hanging", "closed")
ROUNDS = 4
# Five seconds and more a round: LiteLLM sends its traces every five.
REQUESTS = 25
PAUSE_SECONDS = 0.2
WARM_UP = 10


@contextmanager
def store(supervisor: Supervisor, state: str) -> Iterator[None]:
    """The trace store in one state until the block ends."""
    if state == "closed":
        supervisor.stop(PART)
        yield
        supervisor.resume(PART)
        return
    pid = next(part.pid for part in supervisor.statuses() if part.name == PART)
    if state == "hanging":
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def ask(client: httpx.Client, key: str) -> float:
    """Seconds of one answered request."""
    body = {"model": "claude-haiku-4-5", "max_tokens": 50, "messages": [{"role": "user", "content": "Hello"}]}
    started = time.perf_counter()
    client.post(MESSAGES.path, json=body, headers={"x-api-key": key}).raise_for_status()
    return time.perf_counter() - started


def measure(url: str, key: str, supervisor: Supervisor, rounds: int = ROUNDS) -> dict[str, list[float]]:
    """Seconds of every request in each state of the store; an error of any ends it."""
    times: dict[str, list[float]] = {state: [] for state in STATES}
    with httpx.Client(base_url=url, timeout=60) as client:
        for _ in range(WARM_UP):
            ask(client, key)
        for _ in range(rounds):
            for state in STATES:
                with store(supervisor, state):
                    for _ in range(REQUESTS):
                        times[state].append(ask(client, key))
                        time.sleep(PAUSE_SECONDS)
    return times


def told(times: dict[str, list[float]]) -> str:
    """Milliseconds and ratios to a store that answers."""
    medians = {state: statistics.median(seconds) for state, seconds in times.items()}
    return "; ".join(
        f"trace store {state}: {median * 1000:.1f} ms, {median / medians['answering']:.2f} times, "
        f"slowest {max(times[state]) * 1000:.0f} ms"
        for state, median in medians.items()
    )


def main() -> None:
    """Measure and print; exit status 1 where no gateway runs."""
    supervisor = Supervisor(folder())
    if not supervisor.running():
        sys.exit("make bench: no gateway runs: start one with `make up` in another shell, then run it again")
    command = [str(Path(sys.executable).with_name("stargate")), "local", "env", "--json"]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    print(told(measure(found["admin_url"], found["user_key"], supervisor)))


if __name__ == "__main__":
    main()

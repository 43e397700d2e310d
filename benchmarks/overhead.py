"""What the edge adds to a request, as a ratio in one run: `make bench`, while a local gateway runs.

The same question goes to the gateway's own address and through the edge, in turn, one connection each.
"""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import httpx

from stargate.gateway.local.state import folder
from stargate.gateway.local.supervisor import Supervisor
from stargate.gateway.routes import MESSAGES

ROUNDS = 100
WARM_UP = 10


def measure(client: httpx.Client, key: str) -> float:
    """Seconds of one answered request."""
    body = {"model": "claude-haiku-4-5", "max_tokens": 50, "messages": [{"role": "user", "content": "Hello"}]}
    started = time.perf_counter()
    client.post(MESSAGES.path, json=body, headers={"x-api-key": key}).raise_for_status()
    return time.perf_counter() - started


def main() -> None:
    """Measure and print milliseconds and the ratio; exit status 1 where no gateway runs."""
    if not Supervisor(folder()).running():
        sys.exit("make bench: no gateway runs: start one with `make up` in another shell, then run it again")
    command = [str(Path(sys.executable).with_name("stargate")), "local", "env", "--json"]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    with httpx.Client(base_url=found["admin_url"]) as direct, httpx.Client(base_url=found["public_url"]) as edge:
        for _ in range(WARM_UP):
            measure(direct, found["user_key"])
            measure(edge, found["user_key"])
        times = [(measure(direct, found["user_key"]), measure(edge, found["user_key"])) for _ in range(ROUNDS)]
    inside, outside = (statistics.median(column) * 1000 for column in zip(*times, strict=True))
    ratio = outside / inside
    print(f"LiteLLM alone {inside:.1f} ms, through the edge {outside:.1f} ms: {ratio:.2f} times (median of {ROUNDS})")


if __name__ == "__main__":
    main()

"""Give the metrics store its key, once the gateway beside us answers.

Runs beside each LiteLLM that starts, by the standard library alone. METRICS_KEY_SETTINGS holds the key's fields as
JSON, LITELLM_METRICS_KEY its value; a gateway that has it already says so, and nothing changes. A key that was deleted
is made again, and one that has a new value takes the place of the old, whose alias it has.
"""

import hashlib
import json
import os
import sys
import time
import urllib.error
import urllib.request
from typing import Any

# LiteLLM's first start on a small task, its imports and its database.
PATIENCE_SECONDS = 600
OK = 200


def call(path: str, body: dict[str, Any] | None = None) -> tuple[int, str]:
    """Ask the gateway beside us as its master; the status and the answer, status 0 while it does not answer."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{os.environ['PORT']}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {os.environ['LITELLM_MASTER_KEY']}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the address is ours
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


def known(key: str) -> bool:
    """Whether the gateway takes the key. It is asked by its hash: paths stand in logs."""
    status, answer = call(f"{os.environ['KEY_INFO_ROUTE']}?key={hashlib.sha256(key.encode()).hexdigest()}")
    # LiteLLM tells of deleted keys too.
    return status == OK and json.loads(answer)["info"]["status"] == "active"


def main() -> int:
    """Make the key if it is not there; exit status 1 if it is neither there nor can be made."""
    key = os.environ["LITELLM_METRICS_KEY"]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while call(os.environ["READY_ROUTE"])[0] != OK and time.monotonic() < deadline:
        time.sleep(2)
    if known(key):
        return 0
    settings = json.loads(os.environ["METRICS_KEY_SETTINGS"])
    # Where there is none, LiteLLM says so by an error.
    call(os.environ["KEY_DELETE_ROUTE"], {"key_aliases": [settings["key_alias"]]})
    status, answer = call(os.environ["KEY_ROUTE"], {**settings, "key": key})
    # Of two tasks that start at once one comes second: the key is there all the same.
    if status == OK or known(key):
        return 0
    sys.stderr.write(f"the metrics key could not be made: {status} {answer[:200]}\n".replace(key, "..."))
    return 1


if __name__ == "__main__":
    sys.exit(main())

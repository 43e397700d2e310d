"""Give the metrics store its key: a virtual key that opens the metrics and nothing else.

Runs once beside each LiteLLM that starts, by the standard library alone. LITELLM_METRICS_KEY is the key's own value;
a gateway that has it already answers so, and nothing changes.
"""

import json
import os
import sys
import urllib.error
import urllib.request

KEY = {
    "key_alias": "metrics-store",
    "allowed_routes": [os.environ["METRICS_ROUTE"].rstrip("/")],
    "max_budget": 0,
    "key": os.environ["LITELLM_METRICS_KEY"],
}


def call(path: str, body: dict | None = None) -> tuple[int, str]:
    """Ask the gateway beside us as its master, and return the status and the answer."""
    request = urllib.request.Request(  # noqa: S310 - loopback, over HTTP
        f"http://127.0.0.1:{os.environ['PORT']}{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {os.environ['LITELLM_MASTER_KEY']}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the address is ours
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def main() -> int:
    """Make the key if it is not there; exit status 1 if it is neither there nor can be made."""
    status, _ = call(f"{os.environ['KEY_INFO_ROUTE']}?key={KEY['key']}")
    if status == 200:
        return 0
    status, answer = call(os.environ["KEY_ROUTE"], KEY)
    if status == 200:
        return 0
    print(f"the metrics key could not be made: {status} {answer[:200]}".replace(KEY["key"], "..."), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())

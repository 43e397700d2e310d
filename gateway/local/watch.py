"""End the whole gateway when one of its parts cannot be kept alive.

A listener of supervisord's events (its protocol on standard input and output): a part that died is started again by
supervisord itself; one that dies again and again is given up, and then half a gateway must not be left running.
"""

import os
import signal
import sys

from supervisor.childutils import get_headers, listener


def main() -> None:
    """Wait for supervisord to give a part up, then ask it to end."""
    while True:
        headers, payload = listener.wait(sys.stdin, sys.stdout)
        if headers["eventname"] == "PROCESS_STATE_FATAL":
            name = get_headers(payload)["processname"]
            sys.stderr.write(f"{name} cannot be kept alive: stopping the gateway\n")
            sys.stderr.flush()
            os.kill(os.getppid(), signal.SIGTERM)
        listener.ok(sys.stdout)


if __name__ == "__main__":
    main()

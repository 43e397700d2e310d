"""Start one part of the local gateway: its environment, and its end when its supervisor ends.

Run as a script with the path of a part's file (see `supervisor.Part`). It imports nothing but the standard library,
and becomes the part itself: signals and exit status pass unchanged.
"""

import ctypes
import json
import os
import signal
import sys
from pathlib import Path

# prctl(2): the signal that a process gets when its parent dies, in whatever way.
PR_SET_PDEATHSIG = 1


def end_with_parent(parent: int) -> None:
    """Ask the kernel to end this process when its parent dies. Does nothing where the kernel has no such call."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:
        # It died before the kernel was asked.
        sys.exit(1)


def main(path: str) -> None:
    """Become the part that a file describes."""
    parent = os.getppid()
    part = json.loads(Path(path).read_text())
    os.chdir(part["directory"])
    end_with_parent(parent)
    os.execvpe(part["command"][0], part["command"], part["environment"])  # noqa: S606 - becoming the part is the point


if __name__ == "__main__":
    main(sys.argv[1])

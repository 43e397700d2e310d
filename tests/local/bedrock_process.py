"""The emulator as a process of its own, as the local gateway runs it."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from stargate.gateway.local.bedrock.server import READY_PATH

START_SECONDS = 20


@contextmanager
def running(region: str = "us-west-1") -> Iterator[str]:
    """The address of an emulator that listens on a free port until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = (sys.executable, "-m", "stargate.gateway.local.bedrock", "--port", str(port), "--region", region)
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url + READY_PATH, process)
        yield url
    finally:
        process.terminate()
        said = process.communicate(timeout=START_SECONDS)[1]
    assert process.returncode == 0, "it ends in peace on SIGTERM"
    assert "Traceback" not in said, said


def _wait(url: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        assert process.poll() is None, process.communicate()[1]
        try:
            httpx.get(url).raise_for_status()
        except httpx.TransportError:
            assert time.monotonic() < deadline, f"nothing answers on {url}"
            time.sleep(0.05)
        else:
            return

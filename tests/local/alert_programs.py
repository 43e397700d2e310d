"""Programs that a test starts, waits for and ends."""

import json
import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(*command, ready, log, environment=None):
    """A process that answers at `ready` until the block ends."""
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=environment)
    try:
        assert wait_for(lambda: _answers(ready) or process.poll() is not None, 20), log.read_text()
        assert process.poll() is None, log.read_text()
        yield process
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def alertmanager(place, config, environment=None):
    """Alertmanager with this configuration: its address."""
    (place / "alertmanager.yaml").write_text(config)
    url = f"http://127.0.0.1:{free_port()}"
    command = (
        "prometheus-alertmanager",
        f"--config.file={place / 'alertmanager.yaml'}",
        f"--storage.path={place / 'alertmanager'}",
        f"--web.listen-address={url.removeprefix('http://')}",
        "--cluster.listen-address=",
    )
    with running(*command, ready=f"{url}/-/ready", log=place / "alertmanager.log", environment=environment):
        yield url


class Receiver:
    """Somebody on loopback: the alerts of every webhook, and the path of everything else that came in."""

    def __init__(self):
        self.alerts = []
        self.paths = []
        alerts, paths = self.alerts, self.paths

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path == "/alerts":
                    alerts.extend(json.loads(body)["alerts"])
                else:
                    paths.append(self.path)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/alerts"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()

    def names(self, status="firing"):
        return {alert["labels"]["alertname"] for alert in self.alerts if alert["status"] == status}


def wait_for(enough, seconds, pause=0.2):
    """Whether it came true in time."""
    deadline = time.monotonic() + seconds
    while not (found := enough()) and time.monotonic() < deadline:
        time.sleep(pause)
    return found


def _answers(url):
    try:
        return httpx.get(url, timeout=2).is_success
    except httpx.TransportError:
        return False

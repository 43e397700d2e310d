"""Every route of the pinned LiteLLM, every method, every spelling, over a raw socket: only what is public passes."""

import json
import os
import re
import socket
import subprocess
import sys
import threading

import pytest
from conftest import free_port, wait_for

from stargate.gateway.guard import render
from stargate.gateway.local import litellm, prisma
from stargate.gateway.routes import policy

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
LIST_ROUTES = """
import json, sys
from fastapi.routing import iter_route_contexts
from litellm.proxy._lazy_features import register_all_features
from litellm.proxy.proxy_server import app
register_all_features(app)
json.dump([context.path for context in iter_route_contexts(app.routes) if context.path], sys.stdout)
"""
SPELLINGS = {
    "plain": lambda path: path,
    "letter": lambda path: f"/%{ord(path[1]):02x}{path[2:]}" if len(path) > 1 else path,
    "slash": lambda path: path[0] + path[1:].replace("/", "%2F"),
    "double": lambda path: f"/{path}",
    "dots": lambda path: f"/v1/..{path}",
    "dot": lambda path: f"/.{path}",
    "trailing": lambda path: f"{path.rstrip('/')}/",
    "upper": str.upper,
    "parameter": lambda path: f"{path};a=b",
    "backslash": lambda path: path[0] + path[1:].replace("/", "\\"),
    "nul": lambda path: f"{path}%00",
}


@pytest.fixture(scope="module")
def paths():
    environment = {**litellm.base_environment(), **prisma.client().environment, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    done = subprocess.run(
        [sys.executable, "-c", LIST_ROUTES], capture_output=True, text=True, check=True, env=environment, timeout=120
    )
    found = json.loads(done.stdout[done.stdout.index('["') :])
    assert len(found) > 700, "all of LiteLLM's routes, lazily loaded ones too"
    return sorted({re.sub(r"\{[^}]*\}", "x1", path) for path in found if path.startswith("/")})


class Origin(threading.Thread):
    """Answers everything with 200 and remembers each request line."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lines = []

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        buffer = b""
        with connection:
            while piece := connection.recv(65536):
                buffer += piece
                while b"\r\n\r\n" in buffer:
                    head, _, buffer = buffer.partition(b"\r\n\r\n")
                    method, path, _ = head.split(b"\r\n")[0].decode("latin-1").split(" ", 2)
                    self.lines.append((method, path))
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


SERVE = """
import sys
from aiohttp import web
from stargate.gateway.local.edge import Edge
edge = Edge(origin=sys.argv[2], guard_code=sys.stdin.read())
web.run_app(edge.app(), host="127.0.0.1", port=int(sys.argv[1]), print=None)
"""


def sent_through(code, requests):
    """Send requests over one connection through an edge with this guard: the statuses, and what reached the origin."""
    origin = Origin()
    origin.start()
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(port), f"http://127.0.0.1:{origin.port}"],
        stdin=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    process.stdin.write(code)
    process.stdin.close()

    def listening():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    assert wait_for(listening, bool, 20)
    statuses = []
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
            stream = client.makefile("rb")
            for method, path in requests:
                client.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode("latin-1"))
                statuses.append(int(stream.readline().split()[1]))
                length = 0
                while (line := stream.readline()) != b"\r\n":
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                stream.read(length)
    finally:
        process.terminate()
        process.wait(15)
        origin.listener.close()
    return statuses, origin.lines


def test_of_all_routes_methods_and_spellings_only_the_public_ones_pass(paths):
    rules = policy()
    requests = [(method, spell(path)) for path in paths for method in METHODS for spell in SPELLINGS.values()]
    requests = sorted({(method, path) for method, path in requests if " " not in path})
    statuses, reached = sent_through(render(rules), requests)
    expected = [(method, path) for method, path in requests if rules.decide(method, path).allowed]
    assert reached == expected, "exactly the policy's requests reach the origin"
    assert {status for status, sent in zip(statuses, requests, strict=True) if sent not in set(expected)} == {403}
    assert len(requests) > 20_000
    assert 10 < len(expected) < 40


def test_a_guard_that_denies_prefixes_instead_lets_an_administrative_path_pass():
    denying = """
    function handler(event) {
        return event.request.uri.indexOf('/user') === 0 ? { statusCode: 403 } : event.request;
    }
    """
    requests = [
        ("POST", "/user/new"),
        ("POST", "/%2575ser/new"),
        ("POST", "/config/update?x"),
        ("POST", "/prompts/test"),
    ]
    statuses, reached = sent_through(denying, requests)
    assert statuses[0] == 403
    assert ("POST", "/prompts/test") in reached, "the test above must be able to fail"

"""The local edge over raw sockets, before an origin that does as it is told: CloudFront's manners."""

import asyncio
import itertools
import json
import socket
import subprocess
import sys
import time

import pytest
from conftest import free_port, wait_for

READ_SECONDS = 1.0


class Origin:
    """A server that records what reached it, and answers, waits or hangs up as the test wants."""

    def __init__(self):
        self.seen = []
        self.closed = asyncio.Event()
        self.reply = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        self.pieces = None

    async def serve(self, reader, writer):
        try:
            await self.converse(reader, writer)
        finally:
            # The edge keeps connections for the next request: none may outlive its origin.
            writer.transport.abort()

    async def converse(self, reader, writer):
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            length = next(
                (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
            )
            body = await reader.readexactly(length)
            if b"transfer-encoding: chunked" in head.lower():
                body = await reader.readuntil(b"0\r\n\r\n")
            self.seen.append((head, body))
            if self.pieces is None:
                writer.write(self.reply)
                await writer.drain()
                continue
            for pause, piece in self.pieces:
                await asyncio.sleep(pause)
                writer.write(piece)
                try:
                    await writer.drain()
                except ConnectionError:
                    break
            watching = asyncio.ensure_future(reader.read())
            await asyncio.wait({watching}, timeout=10)
            self.closed.set()
            break


@pytest.fixture(scope="module")
def edge_port():
    """The edge, and the port on which its origin is expected."""
    port, origin = free_port(), free_port()
    command = [sys.executable, "-m", "stargate.gateway.local.edge", "--port", str(port)]
    command += ["--origin", f"http://127.0.0.1:{origin}", "--read-timeout", str(READ_SECONDS)]
    process = subprocess.Popen(command)

    def listening():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    assert wait_for(listening, bool, 20)
    yield port, origin
    process.terminate()
    assert process.wait(15) == 0


def talk(edge_port, request, *, origin=None, seconds=5.0, then=None):
    """Send raw bytes to the edge, with an origin behind it, and give back what came, with arrival times."""
    port, origin_port = edge_port
    origin = origin or Origin()

    async def run():
        server = await asyncio.start_server(origin.serve, "127.0.0.1", origin_port)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        await writer.drain()
        arrived = []
        try:
            async with asyncio.timeout(seconds):
                while piece := await reader.read(65536):
                    arrived.append((time.monotonic(), piece))
                    if then and then(arrived):
                        break
        except (TimeoutError, ConnectionError):
            pass
        writer.close()
        if then:
            async with asyncio.timeout(5):
                await origin.closed.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0.05)
        return arrived

    return origin, asyncio.run(run())


def request(path, method="POST", *headers, body=b"{}"):
    lines = [f"{method} {path} HTTP/1.1", "Host: gateway.example.com", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + body


def status(arrived):
    return int(b"".join(piece for _, piece in arrived).split(b" ", 2)[1]) if arrived else 0


def test_a_public_request_reaches_the_origin_with_its_path_and_query_as_they_came(edge_port):
    origin, arrived = talk(edge_port, request("/v1/messages?beta=true&x=%41%2f", "POST", "X-Api-Key: one"))
    assert status(arrived) == 200
    head, body = origin.seen[0]
    assert head.startswith(b"POST /v1/messages?beta=true&x=%41%2f HTTP/1.1\r\n")
    assert body == b"{}"
    lowered = head.lower()
    assert b"x-api-key: one" in lowered
    assert b"x-forwarded-for: 127.0.0.1" in lowered
    assert b"gateway.example.com" not in lowered, "the origin sees its own name"


@pytest.mark.parametrize(
    "path",
    [
        "/user/new",
        "/%75ser/new",
        "/user%2Fnew",
        "//user/new",
        "/v1/../user/new",
        "/v1/messages/",
        "/",
        "/v1/mess\u00e4ges",
    ],
)
def test_what_is_not_public_never_reaches_the_origin(edge_port, path):
    origin, arrived = talk(edge_port, request(path))
    assert status(arrived) in {400, 403}
    assert origin.seen == []


@pytest.mark.parametrize(
    "raw",
    [
        b"GET http://127.0.0.1/user/new HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        (
            b"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"0\r\n\r\nGET /user/new"
        ),
        b"GET /user/new\x00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /v1/models HTTP/1.1\r\nHost: x\r\nX: a\r\n folded: b\r\nConnection: close\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"GET /v1/models HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 70_000 + b"\r\nConnection: close\r\n\r\n",
    ],
    ids=["absolute", "smuggled", "nul", "folded", "nonsense", "huge"],
)
def test_a_malformed_request_is_refused_and_the_edge_lives_on(edge_port, raw):
    origin, _ = talk(edge_port, raw, seconds=2)
    assert not any(b"/user/" in head.split(b"\r\n")[0] for head, _ in origin.seen)
    assert status(talk(edge_port, request("/v1/messages"))[1]) == 200


def test_headers_of_one_hop_are_not_passed_on(edge_port):
    sent = ("X-One: 1", "Connection: x-one", "Proxy-Authorization: none", "TE: trailers")
    origin, _ = talk(edge_port, request("/v1/messages", "POST", *sent))
    lowered = origin.seen[0][0].lower()
    assert b"x-one" not in lowered
    assert b"proxy-authorization" not in lowered
    assert b"\r\nte:" not in lowered


def chunk(data):
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def test_a_stream_passes_event_by_event(edge_port):
    origin = Origin()
    pieces = [chunk(f"data: {n}\n\n".encode()) for n in range(5)]
    origin.pieces = [(0, HEAD), *((0.2, piece) for piece in pieces), (0, b"0\r\n\r\n")]
    _, arrived = talk(edge_port, request("/v1/messages"), origin=origin)
    times = [at for at, piece in arrived if b"data: " in piece]
    assert len(times) == 5
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert min(gaps) > 0.1, "each event came by itself, when it was sent"


def test_an_origin_that_is_silent_from_the_start_is_504(edge_port):
    origin = Origin()
    origin.pieces = [(3 * READ_SECONDS, HEAD)]
    started = time.monotonic()
    _, arrived = talk(edge_port, request("/v1/messages"), origin=origin)
    assert status(arrived) == 504
    assert READ_SECONDS * 0.8 < time.monotonic() - started < 3 * READ_SECONDS


def test_a_stream_that_falls_silent_is_cut_and_does_not_look_whole(edge_port):
    origin = Origin()
    origin.pieces = [(0, HEAD + chunk(b"data: 0\n\n")), (3 * READ_SECONDS, b"0\r\n\r\n")]
    _, arrived = talk(edge_port, request("/v1/messages"), origin=origin)
    text = b"".join(piece for _, piece in arrived)
    assert b"data: 0" in text
    assert not text.endswith(b"0\r\n\r\n")


def test_a_client_that_leaves_ends_the_origins_work(edge_port):
    origin = Origin()
    origin.pieces = [(0, HEAD), (0, chunk(b"data: 0\n\n"))]
    talk(edge_port, request("/v1/messages"), origin=origin, then=lambda got: b"data: 0" in got[-1][1])
    assert origin.closed.is_set(), "or the model would go on, and be paid for"


def test_no_origin_is_502(edge_port):
    port, _ = edge_port
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(request("/v1/messages"))
        answer = client.recv(65536)
    assert b" 502 " in answer.split(b"\r\n")[0]
    assert json.loads(answer.split(b"\r\n\r\n")[1])["error"]["code"] == "502"

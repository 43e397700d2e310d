"""Parts that are killed outright: the gateway comes back or ends, nothing is orphaned, nothing is lost."""

import json
import os
import signal
import subprocess
from pathlib import Path

import httpx
import pytest
from conftest import COMMAND, Gateway, free_port, run, wait_for

MODEL = "claude-haiku-4-5"
RECOVERY_SECONDS = 60


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    started = Gateway.start(tmp_path_factory.mktemp("killed") / "state")
    yield started
    started.stop()


def parts(state):
    shown = run("status", "--json", state=state, check=False).stdout
    return {part["name"]: part for part in json.loads(shown)} if shown.strip().startswith("[") else {}


def descendants(pid):
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    children = [int(row.split()[0]) for row in listed.splitlines() if int(row.split()[1]) == pid]
    return children + [deeper for child in children for deeper in descendants(child)]


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def answers(gateway, key):
    try:
        return gateway.post("/v1/chat/completions", key, model=MODEL, messages=[{"role": "user", "content": "Hello"}])
    except httpx.HTTPError:
        return None


@pytest.mark.parametrize("name", ["litellm", "postgres", "edge", "bedrock"])
def test_a_part_that_is_killed_comes_back_with_its_data_and_leaves_no_orphan(own, name):
    key = own.key()
    assert answers(own, key).status_code == 200
    before = own.spent(key, 1e-12)
    pid = parts(own.state)[name]["pid"]
    below = descendants(pid)
    os.kill(pid, signal.SIGKILL)
    assert not wait_for(lambda: [p for p in below if alive(p)], lambda left: not left, 15), "its children ended with it"
    answer = wait_for(lambda: answers(own, key), lambda got: got is not None and got.is_success, RECOVERY_SECONDS)
    assert answer is not None, "it came back"
    assert answer.status_code == 200, "with the key that was made before"
    assert parts(own.state)[name]["pid"] != pid
    assert own.spent(key, before) >= before > 0


def test_after_a_stop_nothing_is_left_and_after_a_start_everything_is_there(own):
    key = own.key()
    assert answers(own, key).status_code == 200
    spent = own.spent(key, 1e-12)
    running = {part["pid"] for part in parts(own.state).values()}
    every = running | {pid for part in running for pid in descendants(part)}
    own.stop()
    assert not [pid for pid in every if alive(pid)]
    run("up", "--detach", *(word for name in (MODEL,) for word in ("--model", name)), state=own.state)
    assert answers(own, key).status_code == 200, "the key is the same"
    assert own.spent(key, spent) >= spent > 0, "the spend is the same"


def test_the_parts_end_with_a_supervisor_that_is_killed(own):
    running = {part["pid"] for part in parts(own.state).values()}
    every = running | {pid for part in running for pid in descendants(part)}
    supervisor = int((own.state / "run" / "supervisord.pid").read_text())
    os.kill(supervisor, signal.SIGKILL)
    left = wait_for(lambda: [pid for pid in every if alive(pid)], lambda found: not found, 30)
    assert not left, "no part outlives it"
    run("up", "--detach", state=own.state)
    assert parts(own.state), "and the next start finds nothing in its way"


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_the_parts_end_with_the_command_however_it_ends(tmp_path, name):
    state = tmp_path / "state"
    environment = {**os.environ, "STARGATE_STATE": str(state), "PYTHONUNBUFFERED": "1"}
    command = [*COMMAND, "up", "--port", str(free_port()), "--admin-port", str(free_port())]
    with (tmp_path / "out").open("w") as out:
        process = subprocess.Popen(
            command,
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            # As a terminal starts it: what a shell runs in the background ignores Ctrl-C, and so would this.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no thread of ours runs
        )
    try:
        wait_for((tmp_path / "out").read_text, lambda text: "ready after" in text, 120)
        running = {part["pid"] for part in parts(state).values()}
        every = running | {pid for part in running for pid in descendants(part)}
        assert len(running) >= 4
        process.send_signal(signal.Signals[name])
        ended = process.wait(30)
    finally:
        process.kill()
    assert not wait_for(lambda: [pid for pid in every if alive(pid)], lambda left: not left, 30)
    assert name != "SIGINT" or ended == 0, "Ctrl-C is how it is meant to be stopped"


def test_a_part_that_cannot_be_kept_alive_ends_the_gateway(own):
    data = own.state / "data" / "postgres" / "PG_VERSION"
    kept = data.read_text()
    running = {part["pid"] for part in parts(own.state).values()}
    try:
        data.write_text("3\n")
        os.kill(parts(own.state)["postgres"]["pid"], signal.SIGKILL)
        left = wait_for(lambda: [pid for pid in running if alive(pid)], lambda found: not found, 60)
        assert not left, "half a gateway is worse than none"
        assert "cannot be kept alive" in (own.state / "log" / "watch.log").read_text()
    finally:
        data.write_text(kept)


def test_a_taken_port_is_named_and_nothing_is_started(gateway, tmp_path):
    taken = gateway.public_url.rsplit(":", 1)[1]
    state = tmp_path / "state"
    done = run("up", "--detach", "--port", taken, "--admin-port", str(free_port()), state=state, check=False)
    assert done.returncode == 1
    assert f"port {taken} is taken" in done.stderr
    assert "--port" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not parts(state)


def test_the_wrong_folder_is_not_cleared(tmp_path):
    (tmp_path / "mine").write_text("keep this")
    done = run("up", "--detach", "--fresh", state=tmp_path, check=False)
    assert done.returncode == 1
    assert (tmp_path / "mine").read_text() == "keep this"

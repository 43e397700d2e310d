import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stargate.gateway.routes import policy

STARGATE = str(Path(sys.executable).with_name("stargate"))
HEAVY = ("litellm", "pulumi", "boto3", "httpx", "aiohttp", "psycopg")


def stargate(*words, **more):
    return subprocess.run([STARGATE, *words], capture_output=True, text=True, check=False, **more)


def test_the_help_comes_quickly():
    times = []
    for _ in range(5):
        started = time.perf_counter()
        assert stargate("--help").returncode == 0
        times.append(time.perf_counter() - started)
    bare = []
    for _ in range(5):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        bare.append(time.perf_counter() - started)
    assert min(times) < 0.3 or statistics.median(times) < 12 * statistics.median(bare), "a busy machine slows both"


def test_the_help_imports_nothing_heavy():
    code = f"import sys; from stargate.gateway.cli import app; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_routes_and_models_are_told_to_scripts():
    routes = json.loads(stargate("routes", "--json").stdout)
    assert [route["path"] for route in routes["public"]] == [route.path for route in policy().routes]
    models = json.loads(stargate("models", "--json").stdout)
    assert {model["name"] for model in models} == {"claude-haiku-4-5", "claude-sonnet-4-5", "claude-opus-4-5"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nothing",), "No such command"),
        (("local", "up", "--port", "many"), "'--port'"),
        (("local", "up", "--model", "gpt-5", "--detach"), "gateway.models names gpt-5: choose from"),
        (("local", "up", "--port", "8080", "--admin-port", "8080", "--detach"), "--admin-port"),
        (("local", "env"), "no gateway was ever started"),
        (("local", "logs", "nothing"), "no part called nothing"),
        (("local", "up", "--port", "99999"), "--port is 99999: choose 1 to 65535"),
        (("local", "up", "--admin-port", "99999"), "--admin-port is 99999: choose 1 to 65535"),
        (("local", "up", "--port", "0"), "--port is 0: choose 1 to 65535"),
        (("local", "up", "--state", __file__), "can be no folder of a gateway (File exists): choose another with"),
        (
            ("local", "up", "--fresh", "--state", __file__),
            "can be no folder of a gateway (File exists): choose another",
        ),
        (
            ("local", "up", "--state", "/proc/foo"),
            "/proc/foo can be no folder of a gateway (No such file or directory)",
        ),
        (("local", "up", "--state", "x" * 300), "can be no folder of a gateway (File name too long): choose another"),
        (
            ("local", "up", "--fresh", "--state", "x" * 300),
            "can be no folder of a gateway (File name too long): choose another",
        ),
        (("local", "env", "--state", "x" * 300), "no gateway was ever started"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_status_1(words, told, tmp_path):
    done = stargate(*words, cwd=tmp_path)
    assert done.returncode == 1
    assert told in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("preview", "--foo"), "No such option: --foo. `stargate preview --help` lists what it takes."),
        (("foo",), "No such command 'foo'. `stargate --help` lists what it takes."),
        (("local", "foo"), "No such command 'foo'. `stargate local --help` lists what it takes."),
        (("local",), "Missing command. `stargate local --help` lists what it takes."),
        (
            ("local", "traces", "-n", "0"),
            (
                "Invalid value for '--last' / '-n': Input should be greater than or equal to 1. "
                "`stargate local traces --help` lists what it takes."
            ),
        ),
        (
            ("models", "--profile", "eu"),
            (
                "Invalid value for '--profile': 'eu' is not one of 'us', 'global'. "
                "`stargate models --help` lists what it takes."
            ),
        ),
    ],
)
def test_what_is_mistyped_is_a_sentence_and_the_help_of_the_command_that_refused_it(words, told):
    assert stargate(*words).stderr == f"stargate: {told}\n"
    advised = told.rpartition("`stargate ")[2].partition("`")[0].split()
    assert stargate(*advised).returncode == 0, "the advice works"


def test_a_gateway_that_does_not_run_is_not_an_error_to_stop(tmp_path):
    assert stargate("local", "down", cwd=tmp_path).returncode == 0
    assert stargate("local", "status", cwd=tmp_path).returncode == 1

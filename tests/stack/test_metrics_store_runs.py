"""The metrics store's task, run for real: its own preparation, its own command lines, its own user."""

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from stargate.components.alerting import ALERTMANAGER_PORT, STATE, VMALERT_PORT
from stargate.components.cluster import Cluster, ClusterArgs
from stargate.components.metrics_store import PORT, STORAGE, USER, MetricsStore, MetricsStoreArgs
from stargate.components.preparation import FOLDER
from stargate.components.testing import parsed, record

PROGRAMS = {"victoria-metrics": "victoria-metrics", "alertmanager": "prometheus-alertmanager", "vmalert": "vmalert"}
PASSWORD, KEY = "of-this-test-alone", "of-this-test-too"
SCRAPE = f"""
global: {{scrape_interval: 1s}}
scrape_configs:
- job_name: victoriametrics
  basic_auth: {{username: {USER}, password: "%{{VM_PASSWORD}}"}}
  static_configs: [{{targets: ["127.0.0.1:{PORT}"]}}]
"""
RULES = """
groups:
- name: always
  interval: 1s
  rules: [{alert: Always, expr: vector(1)}]
"""
# Of the deployed release; the packaged one is older.
UNKNOWN_TO_THE_PACKAGE = ("-search.maxMemoryPerQuery", "-reloadAuthKey")


def definitions() -> dict[str, dict]:
    def program() -> None:
        MetricsStore(
            "metrics",
            MetricsStoreArgs(
                cluster=Cluster("cluster", ClusterArgs(vpc_id="vpc-1", domain="dev.internal")),
                vpc_id="vpc-1",
                subnet_ids=["subnet-a"],
                scrape_config=SCRAPE,
                rules={"alerts.yaml": RULES},
                alertmanager_config="route: {receiver: none}\nreceivers: [{name: none}]",
            ),
        )

    made = parsed(record(program).one("TaskDefinition"), "containerDefinitions")
    return {container["name"]: container for container in made}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def as_user(user: str) -> list[str]:
    """The prefix that gives up root for the container's user, and every capability in any case."""
    if os.geteuid() != 0:
        return []
    uid, gid = user.split(":")
    identity = [] if uid == "0" else [f"--reuid={uid}", f"--regid={gid}", "--clear-groups"]
    return ["setpriv", *identity, "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]


@pytest.fixture(scope="module")
def ports() -> Iterator[dict[int, int]]:
    """The task's containers on this machine: the port that each port of the task became."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        here = {path: f"{place}{path}" for path in (FOLDER, STORAGE, STATE)}
        for path in here.values():
            Path(path).mkdir(mode=0o755)
        ports = {port: free_port() for port in (PORT, VMALERT_PORT, ALERTMANAGER_PORT)}

        def placed(text: str) -> str:
            for path, real in here.items():
                text = text.replace(f" {path}", f" {real}").replace(f"={path}", f"={real}")
            for port, real in ports.items():
                text = text.replace(f":{port}", f":{real}")
            # The packaged release puts variables into files alone.
            return text.replace("%{VM_ADMIN_KEY}", KEY).replace("=%{VM_PASSWORD}", f"={PASSWORD}")

        made, path = definitions(), {"PATH": os.environ["PATH"]}
        first = made["preparation"]
        texts = {pair["name"]: placed(pair["value"]) for pair in first["environment"]}
        command = [*as_user(first["user"]), *first["entryPoint"], *map(placed, first["command"])]
        subprocess.run(command, check=True, env={**path, **texts})
        running = []
        for name, program in PROGRAMS.items():
            flags = [placed(flag) for flag in made[name]["command"] if not flag.startswith(UNKNOWN_TO_THE_PACKAGE)]
            running.append(
                subprocess.Popen(
                    [*as_user(made[name]["user"]), program, *flags],
                    env={**path, "VM_PASSWORD": PASSWORD},
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )
            address = made[name]["healthCheck"]["command"][-1]
            until(lambda address=address: ask(placed(address))[0] == 200, f"{name} lives")
        yield ports
        for process in reversed(running):
            process.terminate()
            assert process.wait(30) == 0, "a stop signal ends it well"


def until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, f"not within 30 s: {what}"
        time.sleep(0.2)


def ask(address: str, password: str | None = None, **query: str) -> tuple[int, str]:
    """Status and text of the answer; 0 while nobody answers."""
    try:
        answer = httpx.get(address, params=query, auth=(USER, password) if password else None)
    except httpx.TransportError as error:
        return 0, str(error)
    return answer.status_code, answer.text


def test_metrics_are_read_with_the_password_and_not_without(ports):
    query = f"http://127.0.0.1:{ports[PORT]}/api/v1/query"
    assert ask(query, query="1")[0] == 401
    assert ask(query, "another", query="1")[0] == 401
    assert ask(query, PASSWORD, query="1")[0] == 200


@pytest.mark.parametrize("page", ["/api/v1/admin/tsdb/delete_series", "/snapshot/list", "/config"])
def test_administration_asks_for_its_key_and_takes_no_password(ports, page):
    address = f"http://127.0.0.1:{ports[PORT]}{page}"
    match = {"match[]": "no_such_series"}
    assert ask(address, PASSWORD, **match)[0] in {400, 401}
    assert ask(address, PASSWORD, authKey=KEY, **match)[0] in {200, 204}


def test_the_store_reads_itself_with_its_own_password(ports):
    address = f"http://127.0.0.1:{ports[PORT]}/api/v1/targets"
    until(lambda: '"health":"up"' in ask(address, PASSWORD)[1], "the target is up")


def test_a_rule_that_holds_reaches_alertmanager_and_is_seen_through_the_store(ports):
    alerts = f"http://127.0.0.1:{ports[ALERTMANAGER_PORT]}/api/v2/alerts"
    until(lambda: '"alertname":"Always"' in ask(alerts)[1], "the alert is at Alertmanager")
    assert '"name":"Always"' in ask(f"http://127.0.0.1:{ports[PORT]}/api/v1/rules", PASSWORD)[1]

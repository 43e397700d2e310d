"""LiteLLM as a service: its task's order, what it is told and what it may, and the key that it gives the metrics."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
from recorded_task import containers, environment, secrets, ways_in

import stargate.gateway
from stargate.components.bedrock_access import InferenceProfile
from stargate.components.cache import Cache, CacheArgs
from stargate.components.cluster import Cluster, ClusterArgs
from stargate.components.database import Database, DatabaseArgs, Reader
from stargate.components.gateway import Gateway, GatewayArgs, GatewayRoutes
from stargate.components.gateway_tasks import Tasks
from stargate.components.image import ImageArgs
from stargate.components.load_balancer import Listener, LoadBalancer, LoadBalancerArgs, Target
from stargate.components.testing import Graph, parsed, record
from stargate.errors import StargateError
from stargate.gateway import litellm_config, metrics_key, models, routes, spend_reader

SOURCE = Path(stargate.gateway.__file__).parent
DEFINITION = "gateway-definition"
MODEL = models.MODELS[0]
SETTINGS = litellm_config.LiteLLMSettings(models=(MODEL,), region=models.HOME_REGION)


def built(*names: str, cache: bool = False, **settings) -> Graph:
    where = {"vpc_id": "vpc-1", "subnet_ids": ["a", "b"]}

    def program() -> None:
        for name in names or ("gateway",):
            database = Database(
                f"db-{name}",
                DatabaseArgs(**where, applications=["litellm"], readers={"litellm": Reader(role=spend_reader.ROLE)}),
            )
            balancer = LoadBalancer(
                f"lb-{name}",
                LoadBalancerArgs(
                    **where,
                    vpc_cidr="10.10.0.0/16",
                    targets={"gateway": Target(port=4000, health_path="/alive", deregistration_seconds=120)},
                    idle_seconds=620,
                    listeners={"edge": Listener(port=80)},
                ),
            )
            kept = {
                "cluster": Cluster(f"cluster-{name}", ClusterArgs(vpc_id="vpc-1", domain="dev.internal")),
                "image": ImageArgs(context=SOURCE / "image", dockerfile=SOURCE / "Dockerfile"),
                "config": litellm_config.render(SETTINGS),
                "environment": litellm_config.environment(SETTINGS),
                "routes": GatewayRoutes(
                    liveliness=routes.LIVELINESS.path,
                    key_new=routes.AdminRoute.KEY_NEW,
                    key_info=routes.AdminRoute.KEY_INFO,
                    key_delete=routes.AdminRoute.KEY_DELETE,
                ),
                "metrics_key": metrics_key.settings(),
                "profiles": [
                    InferenceProfile(
                        id=MODEL.profile_id(models.Profile.US),
                        model=MODEL.bedrock,
                        destinations=MODEL.destinations(models.Profile.US),
                    )
                ],
                "database": database,
                "reader_grants": spend_reader.grants(),
                "cache": Cache(f"cache-{name}", CacheArgs(**where)) if cache else None,
                "balancer": balancer,
                "stop_seconds": 120,
            }
            Gateway(name, GatewayArgs(**where, **(kept | settings)))

    return record(program)


def waits(container: dict) -> dict[str, str]:
    return {wait["containerName"]: wait["condition"] for wait in container["dependsOn"]}


def test_the_task_makes_its_database_migrates_it_opens_it_to_the_reader_and_serves_in_this_order():
    made = containers(built(), DEFINITION)
    assert {name: waits(container) for name, container in made.items()} == {
        "database-bootstrap": {},
        "migrate": {"database-bootstrap": "SUCCESS"},
        "reader-grants": {"migrate": "SUCCESS"},
        "litellm": {"reader-grants": "SUCCESS"},
        "metrics-key": {"litellm": "START"},
    }
    assert [name for name, container in made.items() if container["essential"]] == ["litellm"]
    assert waits(containers(built(reader_grants=None), DEFINITION)["litellm"]) == {"migrate": "SUCCESS"}


def test_the_server_writes_to_the_tasks_own_disk_alone_and_as_whom_the_disk_belongs_to():
    graph = built()
    serve = containers(graph, DEFINITION)["litellm"]
    assert serve["readonlyRootFilesystem"] is True
    assert [mount["containerPath"] for mount in serve["mountPoints"]] == ["/tmp"]  # noqa: S108 - the container's own
    assert serve["user"] == "0:0", "an empty volume of Fargate is root's, and others may not write to it"
    assert serve["linuxParameters"]["capabilities"] == {"add": [], "drop": ["ALL"]}
    assert [volume["name"] for volume in graph.one("TaskDefinition", DEFINITION).inputs["volumes"]] == ["scratch"]


def test_a_leaving_task_may_finish_its_streams():
    assert containers(built(stop_seconds=90), DEFINITION)["litellm"]["stopTimeout"] == 90


def test_nothing_that_opens_anything_stands_in_the_environment():
    made = containers(built(cache=True, secrets={"LANGFUSE_SECRET_KEY": "arn:aws:secretsmanager:x"}), DEFINITION)
    serve = made["litellm"]
    assert set(litellm_config.SECRET_VARIABLES) <= set(secrets(serve))
    assert {"REDIS_PASSWORD", "LANGFUSE_SECRET_KEY"} <= set(secrets(serve))
    assert all(value.startswith("arn:aws:") for value in secrets(serve).values())
    assert environment(serve)["REDIS_PORT"] == "6379"
    assert "sk-" not in json.dumps([environment(container) for container in made.values()])
    assert "LITELLM_MASTER_KEY" not in secrets(made["reader-grants"])


def test_its_keys_are_made_up_once_and_secret():
    versions = {r.name: r for r in built().of("SecretVersion") if r.name.startswith("gateway-")}
    assert set(versions) == {"gateway-master-version", "gateway-salt-version", "gateway-metrics-version"}
    for version in versions.values():
        assert version.inputs["secretString"].startswith("sk-"), "LiteLLM takes no other"
        assert version.secrets == {"secretString"}


def test_the_task_may_call_the_offered_model_and_nothing_else_on_aws():
    statements = parsed(built().one("RolePolicy", "gateway-task-policy"), "policy")["Statement"]
    assert {action for s in statements for action in s["Action"]} == {
        "bedrock:InvokeModel",
        "bedrock:InvokeModelWithResponseStream",
        "bedrock:CountTokens",
    }
    assert not any("*" in resource for s in statements for resource in s["Resource"])


def test_it_takes_its_place_in_the_balancer_the_database_and_the_cache():
    inward = ways_in(built(cache=True))
    assert inward == {"gateway-from-balancer", "db-gateway-from-gateway", "cache-gateway-from-gateway"}
    (place,) = built().one("aws:ecs/service:Service").inputs["loadBalancers"]
    assert (place["containerName"], place["containerPort"]) == ("litellm", 4000)


def test_the_health_check_asks_what_neither_costs_nor_needs_a_key():
    check = containers(built(), DEFINITION)["litellm"]["healthCheck"]
    assert check["command"][0] == "CMD"
    assert f"http://127.0.0.1:4000{routes.LIVELINESS.path}" in check["command"][-1]
    assert check["startPeriod"] <= 300, "AWS's limit"
    compile(check["command"][-1], "health check", "exec")


def test_tasks_are_added_only_where_a_stack_asks_for_more_than_its_least():
    assert not built().of("aws:appautoscaling/target:Target")
    scaled = built(cache=True, tasks=Tasks(least=2, most=6)).one("aws:appautoscaling/target:Target").inputs
    assert (scaled["minCapacity"], scaled["maxCapacity"]) == (2, 6)


def test_two_gateways_in_one_program_do_not_collide():
    assert len(built("one", "two", cache=True).of("aws:ecs/service:Service")) == 2


@pytest.mark.parametrize("tasks", [Tasks(least=1, most=2), Tasks(workers=2)])
def test_counters_that_nobody_shares_are_refused(tasks):
    with pytest.raises(
        StargateError, match=r"cache is not given: give it one \(cache\.enabled\), or choose one task with one worker"
    ):
        built(tasks=tasks)
    assert built(tasks=tasks, cache=True).of("aws:ecs/service:Service")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"least": 0}, "gateway.tasks.least is 0 and gateway.tasks.most is 1"),
        ({"least": 3, "most": 2}, "gateway.tasks.least is 3 and gateway.tasks.most is 2"),
        ({"workers": 9}, "gateway.tasks.workers is 9: choose 1 to 8"),
        ({"memory_mb": 512}, "gateway.tasks.memory_mb is 512 and gateway.tasks.cpu is 1024"),
    ],
)
def test_tasks_that_cannot_be_are_refused(settings, sentence):
    with pytest.raises(StargateError, match=sentence):
        Tasks(**settings)


KEY = "sk-of-this-test-alone"
MASTER = "sk-master-of-this-test"
Answer = tuple[int, dict]


@contextmanager
def litellm(make: Callable[[dict], Answer], *, status: str | None = None) -> Iterator[tuple[int, list[str], dict]]:
    """A server that answers as LiteLLM does: its port, the paths that it was asked for, and what it holds."""
    asked: list[str] = []
    held: dict[str, str] = {} if status is None else {sha256(KEY.encode()).hexdigest(): status}

    class Handler(BaseHTTPRequestHandler):
        def answer(self, code: int, body: dict) -> None:
            self.send_response(code)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def do_GET(self) -> None:
            asked.append(self.path)
            parts = urlsplit(self.path)
            if parts.path == "/alive":
                self.answer(200, {})
            elif self.headers["Authorization"] != f"Bearer {MASTER}":
                self.answer(401, {})
            else:
                found = held.get(parse_qs(parts.query)["key"][0])
                self.answer(*((200, {"info": {"status": found}}) if found else (404, {"error": "not found"})))

        def do_POST(self) -> None:
            asked.append(self.path)
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/delete":
                self.answer(404, {"error": f"no keys of {body['key_aliases']}"})
                return
            code, said = make(body)
            if code == 200 or said.get("raced"):
                held[sha256(body["key"].encode()).hexdigest()] = "active"
            self.answer(code, said)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, asked, held
    server.shutdown()
    server.server_close()


def given(port: int) -> subprocess.CompletedProcess[str]:
    """The script as the task runs it, without anything of LiteLLM's or of ours installed."""
    return subprocess.run(
        [sys.executable, "-I", "-S", SOURCE / "image" / "metrics_key.py"],
        env={
            "PORT": str(port),
            "READY_ROUTE": "/alive",
            "KEY_ROUTE": "/make",
            "KEY_INFO_ROUTE": "/info",
            "KEY_DELETE_ROUTE": "/delete",
            "METRICS_KEY_SETTINGS": json.dumps(metrics_key.settings()),
            "LITELLM_MASTER_KEY": MASTER,
            "LITELLM_METRICS_KEY": KEY,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def test_the_metrics_key_is_made_once_with_its_one_path():
    made: list[dict] = []
    with litellm(lambda body: (200, made.append(body) or {})) as (port, asked, _):
        assert given(port).returncode == 0
        assert given(port).returncode == 0
    assert made == [{**metrics_key.settings(), "key": KEY}]
    assert not any(KEY in path for path in asked), "paths stand in logs"


def test_a_metrics_key_that_was_deleted_is_made_again():
    with litellm(lambda _: (200, {}), status="deleted") as (port, _, held):
        assert given(port).returncode == 0
    assert set(held.values()) == {"active"}


def test_of_two_tasks_that_start_at_once_the_second_is_content():
    with litellm(lambda _: (400, {"raced": True})) as (port, asked, _):
        assert given(port).returncode == 0
    assert "/make" in asked


def test_a_key_that_cannot_be_made_is_told_without_showing_it():
    with litellm(lambda body: (500, {"error": f"no room for {body['key']}"})) as (port, _, _):
        done = given(port)
    assert done.returncode == 1
    assert "the metrics key could not be made: 500" in done.stderr
    assert KEY not in done.stdout + done.stderr
    assert MASTER not in done.stdout + done.stderr

"""ClickHouse: small enough for its task, alone with its files, and written to by nobody else."""

import subprocess
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from stargate.components.clickhouse import PREPARE, ClickHouse, ClickHouseArgs
from stargate.components.clickhouse_config import DIARIES, MERGES, server_config, spill_bytes, users_config
from stargate.components.cluster import Cluster, ClusterArgs
from stargate.components.testing import Graph, parsed, record


def built(*, admitted=(), **settings) -> Graph:
    def program() -> None:
        cluster = Cluster("cluster", ClusterArgs(vpc_id="vpc-1", domain="dev.internal"))
        args = ClickHouseArgs(cluster=cluster, vpc_id="vpc-1", subnet_ids=["a", "b"], **settings)
        store = ClickHouse("store", args)
        for name, group in dict(admitted).items():
            store.allow(name, group)

    return record(program)


def containers(graph: Graph) -> dict[str, dict]:
    return {made["name"]: made for made in parsed(graph.one("TaskDefinition"), "containerDefinitions")}


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture(scope="module")
def graph() -> Graph:
    return built()


def test_clickhouse_keeps_its_files_and_never_runs_twice(graph):
    server = graph.one("aws:ecs/service:Service", "store-server-service").inputs
    assert (server["deploymentMinimumHealthyPercent"], server["deploymentMaximumPercent"]) == (0, 100)
    volumes = graph.one("TaskDefinition", "store-server-definition").inputs["volumes"]
    (data,) = (volume for volume in volumes if volume["name"] == "data")
    assert data["efsVolumeConfiguration"]["transitEncryption"] == "ENABLED"
    assert graph.one("aws:efs/fileSystem:FileSystem").inputs["encrypted"] is True
    owner = graph.one("AccessPoint").inputs["posixUser"]
    assert containers(graph)["clickhouse"]["user"] == f"{owner['uid']}:{owner['gid']}"


def test_a_store_for_trying_out_makes_no_file_system():
    trial = built(persistent=False)
    assert not trial.of("aws:efs/fileSystem:FileSystem")
    assert not [r for r in trial.of("RolePolicy") if r.name == "store-server-task-policy"]
    volumes = trial.one("TaskDefinition", "store-server-definition").inputs["volumes"]
    assert {volume["name"] for volume in volumes} == {"config", "users", "data", "scratch"}


def test_clickhouse_may_do_nothing_but_mount_its_own_files(graph):
    (statement,) = parsed(graph.one("RolePolicy", "store-server-task-policy"), "policy")["Statement"]
    assert set(statement["Action"]) == {"elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"}
    system = graph.one("aws:efs/fileSystem:FileSystem")
    assert statement["Resource"] == [f"arn:aws:efs:us-west-1:123456789012:{system.name}"]


def test_clickhouse_cannot_write_but_into_its_mounts(graph):
    made = containers(graph)
    assert all(container["readonlyRootFilesystem"] for container in made.values())
    assert {m["containerPath"] for m in made["clickhouse"]["mountPoints"]} == {
        "/etc/clickhouse-server/config.d",
        "/etc/clickhouse-server/users.d",
        "/var/lib/clickhouse",
        "/tmp",  # noqa: S108 - where ClickHouse's entry point writes
    }
    assert made["clickhouse"]["dependsOn"] == [{"containerName": "prepare", "condition": "SUCCESS"}]


def test_the_server_alone_is_handed_its_password(graph):
    handed = {name: [secret["name"] for secret in made["secrets"]] for name, made in containers(graph).items()}
    assert handed == {"prepare": [], "clickhouse": ["CLICKHOUSE_PASSWORD"]}
    version = graph.one("SecretVersion", "store-password-version")
    assert version.secrets == {"secretString"}, "the state must hold it encrypted"


def test_nobody_is_admitted_until_named():
    port = {rule.inputs["fromPort"] for rule in built(admitted={"web": "sg-web"}).of("SecurityGroupIngressRule")}
    assert port == {2049, 8123, 9000}
    assert {rule.inputs["fromPort"] for rule in built().of("SecurityGroupIngressRule")} == {2049}


def test_the_configuration_is_written_and_the_volumes_are_opened(tmp_path):
    folders = {name: tmp_path / name for name in ("config", "users", "data", "scratch")}
    for folder in folders.values():
        folder.mkdir(mode=0o755)
    script = PREPARE.replace("/prepare", str(tmp_path))
    texts = {"SERVER_CONFIG": server_config(4096), "USERS_CONFIG": users_config(4096)}
    subprocess.run(["sh", "-c", script], check=True, env=texts | {"OWNER": "101", "PATH": "/usr/bin:/bin"})
    assert (folders["config"] / "stargate.xml").read_text() == texts["SERVER_CONFIG"]
    assert (folders["users"] / "stargate.xml").read_text() == texts["USERS_CONFIG"]
    opened = {name for name, folder in folders.items() if mode(folder) == 0o777}
    assert opened == {"users", "data", "scratch"}, "the server reads its configuration and does not write it"


def test_a_file_system_of_the_servers_own_is_left_as_it_is(tmp_path):
    for name in ("config", "users", "data", "scratch"):
        (tmp_path / name).mkdir(mode=0o755)
    script = PREPARE.replace("/prepare", str(tmp_path))
    owner = str((tmp_path / "data").stat().st_uid)
    subprocess.run(
        ["sh", "-c", script],
        check=True,
        env={"SERVER_CONFIG": "", "USERS_CONFIG": "", "OWNER": owner, "PATH": "/usr/bin:/bin"},
    )
    assert mode(tmp_path / "data") == 0o755


def test_clickhouse_keeps_no_diary_of_itself_but_the_one_that_langfuse_reads():
    root = fromstring(server_config(4096))  # noqa: S314 - our own text
    removed = {child.tag for child in root if child.get("remove")}
    assert removed == set(DIARIES)
    assert {"trace_log", "metric_log", "text_log", "asynchronous_metric_log", "part_log"} <= removed
    assert "query_log" not in removed
    assert "INTERVAL 3 DAY DELETE" in root.findtext("query_log/ttl")


@pytest.mark.parametrize("memory_mb", [2048, 4096, 16384])
def test_clickhouse_stays_within_its_task(memory_mb):
    root = fromstring(server_config(memory_mb))  # noqa: S314 - our own text
    limits = fromstring(users_config(memory_mb))  # noqa: S314 - our own text
    task = memory_mb * 1024 * 1024
    server = int(root.findtext("max_server_memory_usage"))
    query = int(limits.findtext("profiles/default/max_memory_usage"))
    assert spill_bytes(memory_mb) < query < server < task, "a query spills, then fails, before the task is killed"
    assert int(root.findtext("mark_cache_size")) < server / 4


def test_the_pool_of_merges_is_as_large_as_its_guards_ask():
    root = fromstring(server_config(4096))  # noqa: S314 - our own text
    guards = [int(guard.text) for guard in root.find("merge_tree")]
    assert len(guards) == 3
    assert all(guard <= 2 * MERGES for guard in guards), "ClickHouse refuses to start"

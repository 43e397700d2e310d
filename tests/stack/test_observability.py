"""The metrics store, Grafana and the file system: who gets in, what is kept, what is refused."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from stargate.components.cluster import Cluster, ClusterArgs
from stargate.components.database import Database, DatabaseArgs
from stargate.components.file_system import FileSystem, FileSystemArgs
from stargate.components.grafana import GrafanaSettings, SpendReader
from stargate.components.image import ImageArgs
from stargate.components.metrics_store import MetricsSettings, MetricsStore, MetricsStoreArgs, flags
from stargate.components.observability import Observability, ObservabilityArgs
from stargate.components.preparation import script, variable
from stargate.components.testing import Graph, parsed, record
from stargate.errors import StargateError

SCRAPE = 'scrape_configs: [{job_name: litellm, authorization: {credentials: "%{LITELLM_METRICS_KEY}"}}]'
RULES = {"alerts.yaml": "groups: []", "recording.yaml": "groups: []"}
TOPIC, TOPIC_KEY = "arn:aws:sns:us-west-1:123456789012:page", "arn:aws:kms:us-west-1:123456789012:key/1"
ALERTING = {"rules": RULES, "alertmanager_config": "route: {}", "topic_arns": [TOPIC], "topic_key_arn": TOPIC_KEY}


def settings(**changed) -> MetricsSettings:
    given = {"scrape_config": SCRAPE, "scrape_secrets": {"LITELLM_METRICS_KEY": "arn:metrics-key"}} | changed
    return MetricsSettings(**given)


def cluster() -> Cluster:
    return Cluster("cluster", ClusterArgs(vpc_id="vpc-1", domain="dev.internal"))


def store(**changed) -> Graph:
    def program() -> None:
        place = {"cluster": cluster(), "vpc_id": "vpc-1", "subnet_ids": ["subnet-a", "subnet-b"]}
        MetricsStore("metrics", MetricsStoreArgs(**place, **vars(settings(**changed))))

    return record(program)


def observed(
    tmp_path: Path,
    *,
    own_database: bool = False,
    spend: bool = False,
    grafana: Mapping[str, object] | None = None,
    **placement,
) -> Graph:
    (tmp_path / "Dockerfile").write_text("FROM example.com/grafana:1\n")
    image = ImageArgs(context=tmp_path, dockerfile=tmp_path / "Dockerfile", version="1")

    def program() -> None:
        database = Database("db", DatabaseArgs(vpc_id="vpc-1", subnet_ids=["a"], applications=["litellm", "grafana"]))
        reader = SpendReader(server=database, database="litellm", role="reader", password_secret_arn="arn:reader")
        pages = GrafanaSettings(
            root_url="https://grafana.example.com/",
            database=database if own_database else None,
            spend_reader=reader if spend else None,
            **(grafana or {}),
        )
        Observability(
            "obs",
            ObservabilityArgs(
                cluster=cluster(),
                vpc_id="vpc-1",
                subnet_ids=["subnet-a"],
                metrics=settings(**ALERTING),
                grafana=pages,
                grafana_image=image,
                **placement,
            ),
        )

    return record(program)


def containers(graph: Graph, definition: str) -> dict[str, dict]:
    made = parsed(graph.one("TaskDefinition", definition), "containerDefinitions")
    return {container["name"]: container for container in made}


def environment(container: dict) -> dict[str, str]:
    return {pair["name"]: pair["value"] for pair in container["environment"]}


def secrets(container: dict) -> dict[str, str]:
    return {pair["name"]: pair["valueFrom"] for pair in container["secrets"]}


def ways_in(graph: Graph) -> set[str]:
    return {rule.name for rule in graph.of("SecurityGroupIngressRule")}


# --- the file system


def files(**changed) -> Graph:
    given = {"vpc_id": "vpc-1", "subnet_ids": ["a", "b"], "user_id": 10001} | changed
    return record(lambda: FileSystem("files", FileSystemArgs(**given)))


def test_a_file_system_is_encrypted_and_reached_in_every_zone():
    graph = files()
    assert graph.one("aws:efs/fileSystem:FileSystem").inputs["encrypted"] is True
    mounts = {mount.name: mount.inputs["subnetId"] for mount in graph.of("MountTarget")}
    assert mounts == {"files-mount-a": "a", "files-mount-b": "b"}
    assert not ways_in(graph), "nobody mounts it until named"


def test_a_client_without_tls_or_past_the_access_point_is_denied_and_nobody_is_allowed_by_the_policy_itself():
    graph = files()
    plain, elsewhere = parsed(graph.one("FileSystemPolicy"), "policy")["Statement"]
    assert (plain["Effect"], plain["Action"]) == ("Deny", "*")
    assert plain["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert (elsewhere["Effect"], elsewhere["Action"]) == ("Deny", "elasticfilesystem:Client*")
    point = "arn:aws:efs:us-west-1:123456789012:files-access"
    assert elsewhere["Condition"] == {"StringNotEquals": {"elasticfilesystem:AccessPointArn": point}}


def test_whoever_mounts_it_acts_as_the_one_user():
    point = files().one("AccessPoint").inputs
    assert point["posixUser"] == {"uid": 10001, "gid": 10001}
    assert point["rootDirectory"]["creationInfo"] == {"ownerUid": 10001, "ownerGid": 10001, "permissions": "0750"}


def test_backups_are_made_where_asked():
    assert files(backups=True).one("BackupPolicy").inputs["backupPolicy"] == {"status": "ENABLED"}
    assert not files().of("BackupPolicy")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"user_id": 0}, "0 is root"),
        ({"subnet_ids": []}, r"file_system\.subnet_ids is empty"),
        ({"path": "/"}, r"file_system\.path is /: choose a folder"),
    ],
)
def test_a_file_system_that_nothing_could_use_is_refused(changed, sentence):
    with pytest.raises(StargateError, match=sentence):
        files(**changed)


# --- the metrics store


def test_the_store_admits_nobody_and_asks_everybody_for_the_password():
    graph = store()
    assert not ways_in(graph)
    victoria = containers(graph, "metrics-tasks-definition")["victoria-metrics"]
    assert "-httpAuth.password=%{VM_PASSWORD}" in victoria["command"]
    assert "metrics-password-secret" in secrets(victoria)["VM_PASSWORD"]


def test_a_reader_who_has_the_password_deletes_nothing():
    victoria = containers(store(), "metrics-tasks-definition")["victoria-metrics"]
    assert {"-deleteAuthKey=%{VM_ADMIN_KEY}", "-snapshotAuthKey=%{VM_ADMIN_KEY}"} <= set(victoria["command"])
    assert secrets(victoria)["VM_ADMIN_KEY"] != secrets(victoria)["VM_PASSWORD"]


def test_the_store_never_runs_twice_and_has_two_minutes_to_write_down_what_it_holds():
    graph = store()
    assert graph.one("aws:ecs/service:Service").inputs["deploymentMaximumPercent"] == 100
    assert containers(graph, "metrics-tasks-definition")["victoria-metrics"]["stopTimeout"] == 120


def test_a_scrape_secret_comes_from_the_secret_store_and_reaches_victoria_metrics_alone():
    made = containers(store(**ALERTING), "metrics-tasks-definition")
    holders = [name for name, container in made.items() if "LITELLM_METRICS_KEY" in secrets(container)]
    assert holders == ["victoria-metrics"]


def test_rules_bring_vmalert_and_alertmanager_each_within_its_own_memory():
    made = containers(store(**ALERTING), "metrics-tasks-definition")
    assert list(made) == ["preparation", "victoria-metrics", "vmalert", "alertmanager"]
    limits = [container.get("memory", 0) for container in made.values()]
    assert limits == [0, 320, 96, 96]
    assert sum(limits) == 512, "more than the task's memory is refused by ECS"
    assert "-vmalert.proxyURL=http://127.0.0.1:8880" in made["victoria-metrics"]["command"]


def test_without_rules_nothing_runs_to_alert_and_nothing_may_be_published():
    graph = store(**{**ALERTING, "rules": {}})
    assert list(containers(graph, "metrics-tasks-definition")) == ["preparation", "victoria-metrics"]
    assert [r.name for r in graph.of("RolePolicy")] == ["metrics-tasks-execution-policy"]


def test_the_task_publishes_to_the_named_topics_and_nowhere_else():
    statements = parsed(store(**ALERTING).one("RolePolicy", "metrics-tasks-task-policy"), "policy")["Statement"]
    assert [(s["Action"], s["Resource"]) for s in statements] == [
        (["sns:Publish"], [TOPIC]),
        (["kms:Decrypt", "kms:GenerateDataKey*"], [TOPIC_KEY]),
    ]


def test_persistent_metrics_lie_on_the_file_system_and_others_on_the_tasks_own_disk():
    kept, thrown = store(persistent=True, backups=True), store()
    volumes = {v["name"]: v for v in kept.one("TaskDefinition").inputs["volumes"]}
    assert volumes["storage"]["efsVolumeConfiguration"]["authorizationConfig"]["iam"] == "ENABLED"
    assert ways_in(kept) == {"metrics-files-from-metrics"}
    (mount,) = parsed(kept.one("RolePolicy", "metrics-tasks-task-policy"), "policy")["Statement"]
    assert mount["Action"] == ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
    assert "elasticfilesystem:AccessPointArn" in mount["Condition"]["StringEquals"]
    assert kept.of("BackupPolicy")
    assert {"name": "storage"} in thrown.one("TaskDefinition").inputs["volumes"]
    assert not thrown.of("aws:efs/fileSystem:FileSystem")


def test_only_the_preparation_is_root_and_it_has_not_one_capability():
    made = containers(store(**ALERTING), "metrics-tasks-definition")
    root = made.pop("preparation")
    assert (root["user"], root["linuxParameters"]["capabilities"]) == ("0:0", {"drop": ["ALL"]})
    assert {container["user"] for container in made.values()} == {"10001:10001"}
    assert {"containerName": "preparation", "condition": "SUCCESS"} in made["victoria-metrics"]["dependsOn"]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"scrape_secrets": {}}, r"names %\{LITELLM_METRICS_KEY\}: add it to metrics\.scrape_secrets"),
        ({"scrape_config": "", "scrape_secrets": {"VM_PASSWORD": "arn"}}, "names VM_PASSWORD, which the store uses"),
        ({"rules": RULES}, r"metrics\.alertmanager_config is not"),
        ({"retention_days": 0}, r"metrics\.retention_days is 0: choose 1 or more"),
        ({"backups": True}, "set both, or neither"),
        ({**ALERTING, "rules": {"../x.yaml": ""}}, r"names a file rules/\.\./x\.yaml"),
        ({**ALERTING, "rules": {"a-b.yaml": "", "a.b.yaml": ""}}, "differ in letters or digits"),
        ({**ALERTING, "rules": {"alerts.yaml": "x" * 46_000}}, r"takes 46\d{3} bytes .* choose at most 45056"),
        ({**ALERTING, "memory_mb": 0}, "memory_mb is 0"),
    ],
)
def test_a_store_that_would_fail_in_its_task_is_refused(changed, sentence):
    with pytest.raises(StargateError, match=sentence):
        store(**changed)


def test_the_stores_own_password_needs_no_secret_in_the_scrape_configuration():
    assert settings(scrape_config='password: "%{VM_PASSWORD}"').files()["scrape.yml"]


def test_the_largest_configuration_leaves_a_task_definition_that_aws_takes():
    full = {**ALERTING, "rules": {"alerts.yaml": '"\n' * 11_000}}
    made = store(**full, persistent=True).one("TaskDefinition").inputs["containerDefinitions"]
    assert 44_000 < len(made) < 64 * 1024


# --- the preparation, run by a real shell


def test_the_files_are_written_to_the_letter_whatever_they_hold(tmp_path):
    text = "a: 'b' \"c\" $(touch owned) `id` %s \\n %{X}\n\n"
    made = {"scrape.yml": text, "rules/alerts.yaml": "groups: []"}
    scratch = tmp_path / "scratch"
    scratch.mkdir(mode=0o755)
    folder = tmp_path / "configuration"
    environment = {variable(path): value for path, value in made.items()}
    command = ["sh", "-c", script(str(folder), tuple(made), (str(scratch),))]
    subprocess.run(command, check=True, env={"PATH": "/usr/bin:/bin", **environment}, cwd=tmp_path)
    assert (folder / "scrape.yml").read_text() == text
    assert (folder / "rules" / "alerts.yaml").read_text() == "groups: []"
    assert scratch.stat().st_mode & 0o7777 == 0o1777
    assert not (tmp_path / "owned").exists()


def test_a_preparation_that_fails_says_so_by_its_status(tmp_path):
    command = ["sh", "-c", script(str(tmp_path), ("scrape.yml",), (str(tmp_path / "gone"),))]
    done = subprocess.run(command, check=False, env={"PATH": "/usr/bin:/bin", variable("scrape.yml"): ""})
    assert done.returncode != 0, "the programs after it must not start"


# --- Grafana, and both together


def test_grafana_reaches_the_store_and_its_databases_and_nobody_else_is_admitted(tmp_path):
    assert ways_in(observed(tmp_path)) == {"obs-metrics-tasks-from-grafana", "obs-grafana-tasks-from-metrics"}
    both = ways_in(observed(tmp_path, own_database=True, spend=True))
    assert "db-from-grafana" in both
    assert "db-from-grafana" in ways_in(observed(tmp_path, spend=True))


def test_grafana_is_closed_quiet_and_asks_nothing_of_the_internet(tmp_path):
    set_ = environment(containers(observed(tmp_path), "obs-grafana-tasks-definition")["grafana"])
    assert set_["GF_AUTH_ANONYMOUS_ENABLED"] == "false"
    assert set_["GF_USERS_ALLOW_SIGN_UP"] == "false"
    assert set_["GF_PLUGINS_PREINSTALL_DISABLED"] == "true"
    assert set_["GF_AWS_ALLOWED_AUTH_PROVIDERS"] == "default"


def test_cookies_are_secure_unless_the_pages_come_over_http(tmp_path):
    for secure, word in ((True, "true"), (False, "false")):
        graph = observed(tmp_path, grafana={"secure_cookies": secure})
        set_ = environment(containers(graph, "obs-grafana-tasks-definition")["grafana"])
        assert set_["GF_SECURITY_COOKIE_SECURE"] == word


def test_the_data_sources_find_the_variables_that_the_image_knows(tmp_path):
    graph = observed(tmp_path, spend=True, grafana={"tracing_url": "https://traces.example.com"})
    grafana = containers(graph, "obs-grafana-tasks-definition")["grafana"]
    plain = environment(grafana)
    assert {name: value for name, value in plain.items() if not name.startswith("GF_")} == {
        "AWS_REGION": "us-west-1",
        "METRICS_URL": "http://metrics.dev.internal:8428",
        "METRICS_USER": "stargate",
        "SPEND_DATABASE": "litellm",
        "SPEND_HOST": "db-postgres-address",
        "SPEND_SSL_MODE": "require",
        "SPEND_USER": "reader",
        "STACK": "dev",
        "TRACING_URL": "https://traces.example.com",
    }
    assert {"METRICS_PASSWORD", "SPEND_PASSWORD"} <= set(secrets(grafana))


def test_grafana_reads_the_store_with_the_stores_own_password(tmp_path):
    graph = observed(tmp_path)
    grafana = containers(graph, "obs-grafana-tasks-definition")["grafana"]
    victoria = containers(graph, "obs-metrics-tasks-definition")["victoria-metrics"]
    assert secrets(grafana)["METRICS_PASSWORD"] == secrets(victoria)["VM_PASSWORD"]
    assert secrets(grafana)["GF_SECURITY_ADMIN_PASSWORD"] != secrets(grafana)["METRICS_PASSWORD"]


def test_grafanas_own_metrics_ask_for_the_password_with_which_the_store_reads_them(tmp_path):
    graph = observed(tmp_path)
    grafana = containers(graph, "obs-grafana-tasks-definition")["grafana"]
    victoria = containers(graph, "obs-metrics-tasks-definition")["victoria-metrics"]
    assert secrets(grafana)["GF_METRICS_BASIC_AUTH_PASSWORD"] == secrets(victoria)["VM_PASSWORD"]
    assert f"-httpAuth.username={environment(grafana)['GF_METRICS_BASIC_AUTH_USERNAME']}" in victoria["command"]


def test_with_a_database_grafana_waits_for_it_to_be_made(tmp_path):
    with_, without = (
        containers(observed(tmp_path, own_database=own), "obs-grafana-tasks-definition") for own in (True, False)
    )
    assert {d["containerName"] for d in with_["grafana"]["dependsOn"]} == {"preparation", "database-bootstrap"}
    assert environment(with_["grafana"])["GF_DATABASE_SSL_MODE"] == "require"
    assert "GF_DATABASE_PASSWORD" in secrets(with_["grafana"])
    assert "GF_DATABASE_TYPE" not in environment(without["grafana"])
    assert "database-bootstrap" not in without


def test_grafana_reads_cloudwatch_and_may_do_nothing_else_on_aws(tmp_path):
    policy = observed(tmp_path).one("RolePolicy", "obs-grafana-tasks-task-policy")
    (statement,) = parsed(policy, "policy")["Statement"]
    verbs = {action.split(":")[1] for action in statement["Action"]}
    assert all(verb.startswith(("Get", "List", "Describe")) for verb in verbs), "reading alone"
    assert statement["Sid"] == "AwsAuthorisesReadingMetricsOnNoResource"


def test_grafana_stands_in_its_target_groups(tmp_path):
    graph = observed(tmp_path, grafana={"target_group_arns": ["arn:tg"]})
    inputs = graph.one("aws:ecs/service:Service", "obs-grafana-tasks-service").inputs
    assert inputs["loadBalancers"] == [{"targetGroupArn": "arn:tg", "containerName": "grafana", "containerPort": 3000}]


def test_several_tasks_need_a_database_that_they_share(tmp_path):
    graph = observed(tmp_path, own_database=True, grafana={"desired_count": 2})
    assert graph.one("aws:ecs/service:Service", "obs-grafana-tasks-service").inputs["desiredCount"] == 2
    with pytest.raises(StargateError, match=r"grafana\.desired_count is 2 without grafana\.database"):
        observed(tmp_path, grafana={"desired_count": 2})


def test_an_image_for_another_architecture_is_refused(tmp_path):
    with pytest.raises(StargateError, match="X86_64 and Grafana's image is built for ARM64"):
        observed(tmp_path, architecture="X86_64")


def test_a_name_that_its_services_could_not_carry_on_is_refused(tmp_path):
    assert observed(tmp_path).one("Observability").name == "obs"
    with pytest.raises(StargateError, match="observability's name is lookout, 7 characters: choose at most 6"):
        record(lambda: Observability("lookout", None))


def test_no_secret_stands_in_a_command_or_a_plain_variable(tmp_path):
    graph = observed(tmp_path, own_database=True, spend=True)
    for definition in ("obs-metrics-tasks-definition", "obs-grafana-tasks-definition"):
        text = json.dumps(list(containers(graph, definition).values()))
        assert "-value-result" not in text, "a made-up password carries this name under the mocks"
    assert "db-master-value-result" in json.dumps(graph.one("aws:rds/instance:Instance").inputs)


def test_the_flags_follow_the_retention():
    assert "-retentionPeriod=90d" in flags(90)

"""The metrics store: who gets in, what is kept, what may be published, what is refused."""

import subprocess

import pytest
from recorded_task import containers, secrets, ways_in

from stargate.components.cluster import Cluster, ClusterArgs
from stargate.components.metrics_store import MetricsSettings, MetricsStore, MetricsStoreArgs, flags
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


def store(**changed) -> Graph:
    def program() -> None:
        cluster = Cluster("cluster", ClusterArgs(vpc_id="vpc-1", domain="dev.internal"))
        place = {"cluster": cluster, "vpc_id": "vpc-1", "subnet_ids": ["subnet-a", "subnet-b"]}
        MetricsStore("metrics", MetricsStoreArgs(**place, **vars(settings(**changed))))

    return record(program)


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
    assert (root["user"], root["linuxParameters"]["capabilities"]) == ("0:0", {"add": [], "drop": ["ALL"]})
    assert {container["user"] for container in made.values()} == {"10001:10001"}
    assert {"containerName": "preparation", "condition": "SUCCESS"} in made["victoria-metrics"]["dependsOn"]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"scrape_secrets": {}}, r"names %\{LITELLM_METRICS_KEY\}: add it to metrics\.scrape_secrets"),
        ({"scrape_config": "", "scrape_secrets": {"VM_PASSWORD": "arn"}}, "names VM_PASSWORD, which the store uses"),
        ({"rules": RULES}, r"metrics\.alertmanager_config is not"),
        ({"retention_days": 0}, r"metrics\.retention_days is 0: choose 1 or more"),
        ({"backups": True}, "set both, or leave both out"),
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


def test_the_flags_follow_the_retention():
    assert {"-retentionPeriod=90d", "-storage.maxHourlySeries=120000"} <= set(flags(90, 400))

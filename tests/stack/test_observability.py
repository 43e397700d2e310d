"""Grafana over the metrics store: who reaches whom, how closed it is, where its data sources find their variables."""

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from recorded_task import containers, environment, secrets, ways_in

from stargate.components.cluster import Cluster, ClusterArgs
from stargate.components.database import Database, DatabaseArgs
from stargate.components.grafana import GrafanaSettings, SpendReader
from stargate.components.image import ImageArgs
from stargate.components.metrics_store import MetricsSettings
from stargate.components.observability import Observability, ObservabilityArgs
from stargate.components.testing import Graph, parsed, record
from stargate.errors import StargateError


def observed(
    tmp_path: Path,
    *,
    own_database: bool = False,
    spend: bool = False,
    grafana: Mapping[str, object] | None = None,
    **placement,
) -> Graph:
    (tmp_path / "Dockerfile").write_text("FROM example.com/grafana:1\n")
    image = ImageArgs(context=tmp_path, dockerfile=tmp_path / "Dockerfile")

    def program() -> None:
        database = Database("db", DatabaseArgs(vpc_id="vpc-1", subnet_ids=["a"], applications=["litellm", "grafana"]))
        reader = SpendReader(server=database, database="litellm", role="reader", password_secret="arn:reader")
        pages = GrafanaSettings(
            root_url="https://grafana.example.com/",
            database=database if own_database else None,
            spend_reader=reader if spend else None,
            **(grafana or {}),
        )
        Observability(
            "obs",
            ObservabilityArgs(
                cluster=Cluster("cluster", ClusterArgs(vpc_id="vpc-1", domain="dev.internal")),
                vpc_id="vpc-1",
                subnet_ids=["subnet-a"],
                metrics=MetricsSettings(
                    scrape_config="", rules={"alerts.yaml": "groups: []"}, alertmanager_config="route: {}"
                ),
                grafana=pages,
                grafana_image=image,
                **placement,
            ),
        )

    return record(program)


def test_grafana_reaches_the_store_and_its_databases_and_nobody_else_is_admitted(tmp_path):
    assert ways_in(observed(tmp_path)) == {"obs-metrics-tasks-from-grafana", "obs-grafana-tasks-from-metrics"}
    both = ways_in(observed(tmp_path, own_database=True, spend=True))
    assert "db-from-obs-grafana" in both
    assert "db-from-obs-grafana" in ways_in(observed(tmp_path, spend=True))


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


def test_a_write_from_a_browser_at_the_pages_own_address_is_no_forged_one(tmp_path):
    set_ = environment(containers(observed(tmp_path), "obs-grafana-tasks-definition")["grafana"])
    assert urlsplit(set_["GF_SERVER_ROOT_URL"]).hostname == set_["GF_SECURITY_CSRF_TRUSTED_ORIGINS"]
    assert set_["GF_SECURITY_CSRF_TRUSTED_ORIGINS"]


def test_the_data_sources_find_the_variables_that_the_image_knows(tmp_path):
    graph = observed(tmp_path, spend=True, grafana={"tracing_url": "https://traces.example.com"})
    grafana = containers(graph, "obs-grafana-tasks-definition")["grafana"]
    plain = environment(grafana)
    assert {name: value for name, value in plain.items() if not name.startswith("GF_")} == {
        "AWS_REGION": "us-west-1",
        "METRICS_URL": "http://obs-metrics.dev.internal:8428",
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
    with pytest.raises(
        StargateError, match=r"grafana\.desired_count is 2 and grafana\.database is not given: give it one"
    ):
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

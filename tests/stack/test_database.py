"""PostgreSQL: encrypted, private, an application apart from the next."""

import pytest

from stargate.components.database import Database, DatabaseArgs, Reader
from stargate.components.database_instance import DatabaseInstance
from stargate.components.testing import Graph, record
from stargate.errors import StargateError


def built(**settings) -> Graph:
    names = {name: settings.pop(name) for name in ("applications", "readers", "pools") if name in settings}
    args = {"vpc_id": "vpc-1", "subnet_ids": ["a", "b"], "applications": ("litellm", "grafana")} | names
    return record(lambda: Database("db", DatabaseArgs(instance=DatabaseInstance(**settings), **args)))


def test_the_instance_is_encrypted_private_and_takes_tls_alone():
    graph = built()
    inputs = graph.one("aws:rds/instance:Instance").inputs
    assert inputs["storageEncrypted"] is True
    assert inputs["publiclyAccessible"] is False
    parameters = {p["name"]: p["value"] for p in graph.one("ParameterGroup").inputs["parameters"]}
    assert parameters["rds.force_ssl"] == "1"


def test_nobody_is_admitted_until_named():
    assert not built().of("SecurityGroupIngressRule")

    def program() -> None:
        database = Database("db", DatabaseArgs(vpc_id="v", subnet_ids=["a"], applications=["litellm"]))
        database.allow("litellm", "sg-litellm")

    rule = record(program).one("SecurityGroupIngressRule").inputs
    assert (rule["referencedSecurityGroupId"], rule["fromPort"], rule["toPort"]) == ("sg-litellm", 5432, 5432)
    assert "cidrIpv4" not in rule


def test_each_application_has_an_address_of_its_own_that_is_secret():
    versions = {r.name: r for r in built().of("SecretVersion")}
    url = versions["db-litellm-url-version"]
    assert url.inputs["secretString"].startswith("postgresql://litellm:")
    assert url.inputs["secretString"].endswith("@db-postgres-address:5432/litellm?sslmode=require")
    assert url.secrets == {"secretString"}, "the state must hold it encrypted"
    assert "db-grafana-url-version" in versions


def test_a_pool_bounds_its_application_and_no_other():
    urls = {r.name: r.inputs["secretString"] for r in built(pools={"grafana": 8}).of("SecretVersion")}
    assert urls["db-grafana-url-version"].endswith("/grafana?sslmode=require&connection_limit=8")
    assert "connection_limit" not in urls["db-litellm-url-version"]


@pytest.mark.parametrize("pools", [{}, {"litellm": 8}])
def test_psql_is_given_no_address_with_a_pool(pools):
    def program() -> None:
        database = Database("db", DatabaseArgs(vpc_id="v", subnet_ids=["a"], applications=["litellm"], pools=pools))
        database.script_container("litellm", "reader-grants", "SELECT 1")

    if not pools:
        assert record(program), "the script itself runs"
        return
    with pytest.raises(StargateError, match="pools name litellm, whose address psql then refuses"):
        record(program)


def test_passwords_are_secret_in_the_state():
    assert "password" in built().one("aws:rds/instance:Instance").secrets


def test_protection_keeps_the_instance_its_backups_and_a_snapshot():
    kept, thrown = (
        built(deletion_protection=True, final_snapshot=True).one("aws:rds/instance:Instance"),
        built().one("aws:rds/instance:Instance"),
    )
    assert kept.protect
    assert kept.inputs["deletionProtection"] is True
    assert kept.inputs["deleteAutomatedBackups"] is False
    assert kept.inputs["finalSnapshotIdentifier"] == f"{kept.inputs['identifier']}-final"
    assert kept.inputs["identifier"] == "stargate-dev-db-db-suffix-hex", "two stacks, and a next one, have their own"
    assert not thrown.protect
    assert thrown.inputs["skipFinalSnapshot"] is True


def test_the_logs_that_rds_writes_end():
    graph = built()
    identifier = graph.one("aws:rds/instance:Instance").inputs["identifier"]
    groups = {r.inputs["name"]: r.inputs["retentionInDays"] for r in graph.of("LogGroup")}
    assert groups == {f"/aws/rds/instance/{identifier}/{export}": 7 for export in ("postgresql", "upgrade")}


def test_an_unknown_application_is_one_sentence():
    with pytest.raises(StargateError, match="has no application langfuse: choose from litellm"):
        record(
            lambda: Database(
                "db", DatabaseArgs(vpc_id="v", subnet_ids=["a"], applications=["litellm"])
            ).bootstrap_container("langfuse")
        )


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"applications": ()}, "applications are empty"),
        ({"applications": ("Lite LLM",)}, "applications name Lite LLM"),
        ({"applications": ("stargate",)}, r"and not stargate"),
        ({"readers": {"litellm": Reader(role="Reader")}}, "applications name Reader"),
        ({"readers": {"langfuse": Reader(role="reader")}}, "readers name langfuse: choose from litellm, grafana"),
        ({"pools": {"langfuse": 8}}, "pools name langfuse: choose from litellm, grafana"),
        ({"pools": {"grafana": 0}}, "pool of grafana is 0: choose 1 or more"),
        ({"instance_class": "t4g.micro"}, r"database\.instance_class is t4g\.micro"),
        ({"backup_days": 36}, r"database\.backup_days is 36"),
        ({"storage_gb": 10}, r"database\.storage_gb is 10"),
        ({"storage_gb": 100, "most_storage_gb": 100}, r"more at most"),
    ],
)
def test_what_rds_would_refuse_after_minutes_is_refused_at_once(settings, sentence):
    with pytest.raises(StargateError, match=sentence):
        built(**settings)


def test_the_reader_has_a_password_of_its_own_and_only_its_application_hears_of_it():
    def program() -> None:
        database = Database(
            "db",
            DatabaseArgs(
                vpc_id="v",
                subnet_ids=["a"],
                applications=["litellm", "grafana"],
                readers={"litellm": Reader(role="reader")},
            ),
        )
        for application in ("litellm", "grafana"):
            made[application] = database.bootstrap_container(application)
        grants = database.script_container("litellm", "reader-grants", "SELECT 1")
        assert set(grants.secrets) == {"DATABASE_URL"}, "the owner grants, and no master"

    made: dict = {}
    graph = record(program)
    assert "db-reader-password-version" in {r.name for r in graph.of("SecretVersion")}
    assert made["litellm"].environment["READER"] == "reader"
    assert "READER_PASSWORD" in made["litellm"].secrets
    assert not {"READER", "READER_PASSWORD"} & {*made["grafana"].environment, *made["grafana"].secrets}

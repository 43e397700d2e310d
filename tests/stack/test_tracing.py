"""Tracing: a Langfuse that opens its data by role and secret alone, one elsewhere over TLS alone, or none."""

import re
from dataclasses import replace

import pulumi
import pytest
from recorded_task import containers, environment, secrets

from stargate.components.cluster import Cluster, ClusterArgs
from stargate.components.container import Container
from stargate.components.database import Database, DatabaseArgs
from stargate.components.langfuse import Langfuse, LangfuseArgs
from stargate.components.langfuse_containers import Process, Stores, worker
from stargate.components.secret import secret_arn
from stargate.components.testing import Graph, Resource, parsed, record
from stargate.components.tracing import ExternalLangfuse, TracingBackend, external
from stargate.errors import StargateError

HOST = "https://us.cloud.langfuse.com"


def built(*, applications=("litellm", "langfuse"), admitted=(), **settings) -> Graph:
    def program() -> None:
        cluster = Cluster("cluster", ClusterArgs(vpc_id="vpc-1", domain="dev.internal"))
        database = Database("db", DatabaseArgs(vpc_id="vpc-1", subnet_ids=["a", "b"], applications=applications))
        args = {"url": "https://traces.example.com", "admin_email": "admin@example.com"} | settings
        langfuse = Langfuse(
            "tracing",
            LangfuseArgs(
                cluster=cluster,
                vpc_id="vpc-1",
                subnet_ids=["a", "b"],
                data_subnet_ids=["c", "d"],
                database=database,
                **args,
            ),
        )
        for name, group in dict(admitted).items():
            langfuse.allow(name, group)
        pulumi.export("host", langfuse.store.host)
        pulumi.export("public", langfuse.store.public_key_secret)
        pulumi.export("secret", langfuse.store.secret_key_secret)
        pulumi.export("services", dict(langfuse.service_names))

    return record(program)


def secret(container: dict) -> dict[str, str]:
    """Of which secret a variable is, whatever its version."""
    return {name: secret_arn(reference).rsplit(":", 1)[-1] for name, reference in secrets(container).items()}


def rules(graph: Graph) -> dict[str, Resource]:
    return {rule.name: rule for rule in graph.of("SecurityGroupIngressRule")}


@pytest.fixture(scope="module")
def graph() -> Graph:
    return built(admitted={"litellm": "sg-litellm"})


@pytest.mark.parametrize("service", ["tracing-web", "tracing-worker"])
def test_the_tasks_open_their_own_bucket_alone_and_by_their_role(graph, service):
    container = containers(graph, f"{service}-definition")[service.removeprefix("tracing-")]
    assert environment(container)["LANGFUSE_S3_EVENT_UPLOAD_BUCKET"] == "tracing-objects-bucket-bucket"
    assert not [name for name in environment(container) | secret(container) if "ACCESS_KEY" in name]
    statements = parsed(graph.one("RolePolicy", f"{service}-task-policy"), "policy")["Statement"]
    arn = "arn:aws:s3:us-west-1:123456789012:tracing-objects-bucket"
    assert {(tuple(s["Action"]), tuple(s["Resource"])) for s in statements} == {
        (("s3:ListBucket",), (arn,)),
        (("s3:GetObject", "s3:PutObject", "s3:DeleteObject"), (f"{arn}/*",)),
    }


def test_every_folder_of_the_bucket_is_told_to_langfuse_and_media_never_expire(graph):
    told = environment(containers(graph, "tracing-web-definition")["web"])
    folders = {value for name, value in told.items() if name.startswith("LANGFUSE_S3_") and name.endswith("_PREFIX")}
    assert folders == {"events/", "media/", "exports/"}
    lifecycle = graph.one("BucketLifecycleConfiguration", "tracing-objects-lifecycle").inputs["rules"]
    expiring = {rule["filter"]["prefix"]: rule["expiration"]["days"] for rule in lifecycle if "expiration" in rule}
    assert expiring == {"events/": 30, "exports/": 7}, "a medium that is gone is never taken in again"


def test_passwords_and_keys_are_secrets_of_both_containers(graph):
    shared = {
        "DATABASE_URL": "db-langfuse-url-secret",
        "CLICKHOUSE_PASSWORD": "tracing-store-password-secret",
        "REDIS_AUTH": "tracing-queue-auth-secret",
        "SALT": "tracing-salt-secret",
        "ENCRYPTION_KEY": "tracing-encryption-secret",
    }
    assert secret(containers(graph, "tracing-worker-definition")["worker"]) == shared
    assert secret(containers(graph, "tracing-web-definition")["web"]) == shared | {
        "NEXTAUTH_SECRET": "tracing-session-secret",
        "LANGFUSE_INIT_PROJECT_PUBLIC_KEY": "tracing-public-key-secret",
        "LANGFUSE_INIT_PROJECT_SECRET_KEY": "tracing-secret-key-secret",
        "LANGFUSE_INIT_USER_PASSWORD": "tracing-admin-secret",
    }


def test_a_password_among_the_plain_variables_is_refused():
    stores = Stores(
        region="r", bucket="b", queue_host="q", queue_port=1, clickhouse_host="c", clickhouse_memory_mb=1, secrets={}
    )
    process = Process(url="https://traces.example.com", memory_mb=2048)
    container = worker(stores, process, after=Container(name="retention", image="x", essential=False))
    with pytest.raises(StargateError, match="has CLICKHOUSE_PASSWORD in its environment: move it to its secrets"):
        replace(container, environment={**container.environment, "CLICKHOUSE_PASSWORD": "open"})


def test_the_keys_that_langfuse_makes_are_those_that_litellm_uses(graph):
    web = secrets(containers(graph, "tracing-web-definition")["web"])
    assert graph.outputs["public"] == web["LANGFUSE_INIT_PROJECT_PUBLIC_KEY"]
    assert graph.outputs["secret"] == web["LANGFUSE_INIT_PROJECT_SECRET_KEY"]
    assert graph.outputs["host"] == "http://tracing.dev.internal:3000"
    values = {r.name: r for r in graph.of("SecretVersion")}
    assert values["tracing-public-key-version"].inputs["secretString"].startswith("pk-lf-")
    assert values["tracing-secret-key-version"].inputs["secretString"].startswith("sk-lf-")
    assert values["tracing-secret-key-version"].secrets == {"secretString"}, "the state must hold it encrypted"


def test_the_encryption_key_has_256_bits(graph):
    assert graph.one("RandomBytes").inputs["length"] == 32
    version = graph.one("SecretVersion", "tracing-encryption-version").inputs["secretString"]
    assert version == "tracing-encryption-key-hex", "Langfuse takes 64 hexadecimal digits alone"


def test_nobody_signs_up_and_nothing_is_told_to_the_vendor(graph):
    web, worker = (
        environment(containers(graph, "tracing-web-definition")["web"]),
        environment(containers(graph, "tracing-worker-definition")["worker"]),
    )
    assert web["AUTH_DISABLE_SIGNUP"] == "true", "Langfuse's own default lets everybody in"
    assert (web["TELEMETRY_ENABLED"], worker["TELEMETRY_ENABLED"]) == ("false", "false")
    assert web["LANGFUSE_INIT_USER_EMAIL"] == "admin@example.com"
    assert web["NEXTAUTH_URL"] == worker["NEXTAUTH_URL"] == "https://traces.example.com"
    assert not [name for name in worker if name.startswith("LANGFUSE_INIT_")]


def test_the_queue_is_reached_over_tls_and_loses_no_job(graph):
    told = environment(containers(graph, "tracing-worker-definition")["worker"])
    assert told["REDIS_TLS_ENABLED"] == "true"
    assert graph.one("ReplicationGroup").inputs["transitEncryptionMode"] == "required"
    (parameter,) = graph.one("aws:elasticache/parameterGroup:ParameterGroup").inputs["parameters"]
    assert parameter == {"name": "maxmemory-policy", "value": "noeviction"}
    assert graph.one("aws:elasticache/subnetGroup:SubnetGroup").inputs["subnetIds"] == ["c", "d"]


def test_clickhouse_is_addressed_as_one_server_by_its_name(graph):
    told = environment(containers(graph, "tracing-web-definition")["web"])
    assert told["CLICKHOUSE_URL"] == "http://tracing-store.dev.internal:8123"
    assert told["CLICKHOUSE_MIGRATION_URL"] == "clickhouse://tracing-store.dev.internal:9000"
    assert told["CLICKHOUSE_CLUSTER_ENABLED"] == "false"
    names = {r.inputs["name"] for r in graph.of("aws:servicediscovery/service:Service")}
    assert names == {"tracing", "tracing-store"}


def test_prompts_end_in_clickhouse_as_they_do_in_the_bucket():
    made = built(retention_days=14)
    tasks = containers(made, "tracing-worker-definition")
    assert tasks["worker"]["dependsOn"] == [{"containerName": "retention", "condition": "SUCCESS"}]
    statements = environment(tasks["retention"])["RETENTION"].splitlines()
    assert [re.match(r"ALTER TABLE (\w+) MODIFY TTL .* \+ INTERVAL 14 DAY DELETE ", s)[1] for s in statements] == [
        "events_full",
        "events_core",
        "scores",
    ], "Langfuse's own retention needs a licence, and without one it forgets nothing"
    lifecycle = made.one("BucketLifecycleConfiguration", "tracing-objects-lifecycle").inputs["rules"]
    assert {"days": 14} in [rule.get("expiration") for rule in lifecycle]
    assert secret(tasks["retention"]) == {"CLICKHOUSE_PASSWORD": "tracing-store-password-secret"}


def test_the_database_is_made_before_the_web_and_its_absence_is_refused(graph):
    made = containers(graph, "tracing-web-definition")
    assert made["web"]["dependsOn"] == [{"containerName": "database-bootstrap", "condition": "SUCCESS"}]
    assert environment(made["database-bootstrap"])["APPLICATION"] == "langfuse"
    with pytest.raises(StargateError, match="the database has no application langfuse"):
        built(applications=["litellm"])


def test_litellm_reaches_the_web_and_only_langfuse_its_stores(graph):
    admitted = {
        name: (rule.inputs["referencedSecurityGroupId"], rule.inputs["fromPort"]) for name, rule in rules(graph).items()
    }
    web, worker = "tracing-web-group-id", "tracing-worker-group-id"
    assert admitted == {
        "tracing-web-from-litellm": ("sg-litellm", 3000),
        "db-from-tracing-web": (web, 5432),
        "db-from-tracing-worker": (worker, 5432),
        "tracing-queue-from-web": (web, 6379),
        "tracing-queue-from-worker": (worker, 6379),
        "tracing-store-server-from-web-http": (web, 8123),
        "tracing-store-server-from-web-native": (web, 9000),
        "tracing-store-server-from-worker-http": (worker, 8123),
        "tracing-store-server-from-worker-native": (worker, 9000),
        "tracing-store-files-from-server": ("tracing-store-server-group-id", 2049),
    }
    assert "tracing-web-from-litellm" not in rules(built()), "nobody is admitted until named"


def test_what_alarms_watch_is_named_by_role(graph):
    assert set(graph.outputs["services"]) == {"web", "worker", "clickhouse"}


def test_the_load_balancer_gets_the_web_where_a_target_group_is_named():
    service = built(target_group_arns=["arn:tg"]).one("aws:ecs/service:Service", "tracing-web-service").inputs
    assert service["loadBalancers"] == [{"targetGroupArn": "arn:tg", "containerName": "web", "containerPort": 3000}]


def test_spot_is_for_what_holds_no_data():
    strategies = {
        r.name: r.inputs["capacityProviderStrategies"][0]["capacityProvider"]
        for r in built(spot=True).of("aws:ecs/service:Service")
    }
    assert strategies == {
        "tracing-web-service": "FARGATE_SPOT",
        "tracing-worker-service": "FARGATE_SPOT",
        "tracing-store-server-service": "FARGATE",
    }


def test_heaps_fit_their_tasks(graph):
    for service in ("web", "worker"):
        options = environment(containers(graph, f"tracing-{service}-definition")[service])["NODE_OPTIONS"]
        heap = int(re.fullmatch(r"--max-old-space-size=(\d+)", options)[1])
        memory = int(graph.one("TaskDefinition", f"tracing-{service}-definition").inputs["memory"])
        assert 0.5 * memory < heap < 0.9 * memory


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"web_cpu": 300}, r"tracing\.web_cpu is 300"),
        ({"worker_memory_mb": 100}, r"tracing\.worker_memory_mb is 100"),
        ({"clickhouse_memory_mb": 1024}, r"tracing\.clickhouse_memory_mb is 1024"),
        ({"admin_email": "admin"}, r"tracing\.admin_email is admin: choose an address such as"),
        ({"retention_days": 2}, r"tracing\.retention_days is 2: choose 3 or more"),
        ({"url": "traces.example.com"}, r"tracing\.url is traces\.example\.com: choose an address"),
        ({"web_tasks": 0}, r"tracing\.web_tasks is 0: choose 1 or more"),
        ({"worker_tasks": 0}, r"tracing\.worker_tasks is 0: choose 1 or more"),
    ],
)
def test_what_would_fail_minutes_later_is_refused_at_once(settings, sentence):
    with pytest.raises(StargateError, match=sentence):
        built(**settings)


def test_a_langfuse_elsewhere_is_two_secrets():
    langfuse = ExternalLangfuse(host=f"{HOST}/", public_key="pk", secret_key="sk")
    stores = []
    graph = record(lambda: stores.append(external("tracing", langfuse)))
    assert stores[0].host == HOST
    versions = {r.name: r for r in graph.of("SecretVersion")}
    assert {name: r.inputs["secretString"] for name, r in versions.items()} == {
        "tracing-public-version": "pk",
        "tracing-secret-version": "sk",
    }
    assert all(r.secrets == {"secretString"} for r in versions.values()), "the state must hold them encrypted"


@pytest.mark.parametrize("host", [HOST, "http://langfuse.corp.internal:3000"])
def test_an_address_that_shows_no_prompt_on_the_way_is_taken(host):
    assert ExternalLangfuse(host=host, public_key="pk", secret_key="sk").host == host


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"host": "http://langfuse.example.com"}, r"tracing\.host is http://langfuse\.example\.com: choose an https"),
        ({"host": "http://internal"}, "choose an https"),
        ({"host": "http://evil.example.com/x.internal"}, "choose an https"),
        ({"host": "langfuse.example.com"}, "choose an https"),
        ({"host": f"{HOST}/api/public/otel"}, "choose the address alone, such as https://us.cloud.langfuse.com"),
        ({"host": "https://user:word@langfuse.example.com"}, "choose the address alone"),
        ({"public_key": None}, "tracingPublicKey is not set: run `pulumi config set --secret tracingPublicKey`"),
        ({"secret_key": ""}, "tracingSecretKey is not set: run `pulumi config set --secret tracingSecretKey`"),
    ],
)
def test_a_langfuse_elsewhere_without_tls_or_keys_is_refused(settings, sentence):
    with pytest.raises(StargateError, match=sentence):
        replace(ExternalLangfuse(host=HOST, public_key="pk", secret_key="sk"), **settings)


def test_a_setting_names_its_backend():
    assert [TracingBackend(name) for name in ("none", "langfuse", "external")] == list(TracingBackend)

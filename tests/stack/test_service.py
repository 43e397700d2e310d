"""The one way in which a service runs: its roles, its containers, what it refuses."""

import json

import pytest

from stargate.components.cache import Cache, CacheArgs
from stargate.components.cluster import Cluster, ClusterArgs
from stargate.components.container import Condition, Container, Efs, HealthCheck, Volume
from stargate.components.iam import Statement
from stargate.components.scaling import Scaling
from stargate.components.secret import Secret, SecretArgs
from stargate.components.service import FargateService, FargateServiceArgs, TargetGroup
from stargate.components.task_size import check_size
from stargate.components.testing import Graph, parsed, record
from stargate.errors import StargateError

WEB = Container(name="web", image="example.com/web:1", port=8080)


def built(*names: str, **settings) -> Graph:
    def program() -> None:
        cluster = Cluster("cluster", ClusterArgs(vpc_id="vpc-1", domain="dev.internal"))
        args = {"containers": [WEB], "cpu": 256, "memory_mb": 512} | settings
        for name in names or ("web",):
            FargateService(name, FargateServiceArgs(cluster=cluster, vpc_id="vpc-1", subnet_ids=["a", "b"], **args))

    return record(program)


def test_a_service_has_no_public_address_and_admits_nobody_until_named():
    graph = built()
    network = graph.one("aws:ecs/service:Service").inputs["networkConfiguration"]
    assert network["assignPublicIp"] is False
    assert not graph.of("SecurityGroupIngressRule")


def test_a_failed_deploy_is_rolled_back_and_waited_for():
    inputs = built().one("aws:ecs/service:Service").inputs
    assert inputs["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert inputs["waitForSteadyState"] is True


def test_the_execution_role_reads_this_services_secrets_alone():
    def program() -> None:
        cluster = Cluster("cluster", ClusterArgs(vpc_id="vpc-1", domain="dev.internal"))
        mine, _other = (Secret(name, SecretArgs(description="a test's")) for name in ("mine", "other"))
        container = Container(name="web", image="web", secrets={"API_KEY": mine.reference, "API_TOKEN": mine.reference})
        FargateService(
            "web",
            FargateServiceArgs(
                cluster=cluster, vpc_id="v", subnet_ids=["a"], containers=[container], cpu=256, memory_mb=512
            ),
        )

    graph = record(program)
    statements = parsed(graph.one("RolePolicy", "web-execution-policy"), "policy")["Statement"]
    read = [s for s in statements if s["Action"] == ["secretsmanager:GetSecretValue"]]
    assert [s["Resource"] for s in read] == [["arn:aws:secretsmanager:us-west-1:123456789012:secret:mine-secret"]]
    (definition,) = parsed(graph.one("TaskDefinition"), "containerDefinitions")
    assert {s["name"] for s in definition["secrets"]} == {"API_KEY", "API_TOKEN"}
    assert definition["environment"] == []


@pytest.mark.parametrize("behind", ["", ":::4d7c", ":a-key::", ":a-key:AWSCURRENT:"])
def test_what_ecs_reads_of_a_secret_is_permitted_by_the_secret(behind):
    arn = "arn:aws:secretsmanager:us-west-1:123456789012:secret:given-AbCdEf"
    container = Container(name="web", image="web", secrets={"API_KEY": f"{arn}{behind}"})
    graph = built(containers=[container])
    (read,) = parsed(graph.one("TaskDefinition"), "containerDefinitions")[0]["secrets"]
    *_, permitted = parsed(graph.one("RolePolicy", "web-execution-policy"), "policy")["Statement"]
    (allowed,) = permitted["Resource"]
    assert (read["valueFrom"], allowed) == (f"{arn}{behind}", arn), "IAM knows the secret, and no part of it"


def test_a_new_value_of_a_secret_makes_new_tasks():
    def program() -> None:
        cluster = Cluster("cluster", ClusterArgs(vpc_id="vpc-1", domain="dev.internal"))
        mine = Secret("mine", SecretArgs(description="a test's"))
        container = Container(name="web", image="web", secrets={"API_KEY": mine.reference})
        args = {"containers": [container], "cpu": 256, "memory_mb": 512}
        FargateService("web", FargateServiceArgs(cluster=cluster, vpc_id="vpc-1", subnet_ids=["a"], **args))

    (read,) = parsed(record(program).one("TaskDefinition"), "containerDefinitions")[0]["secrets"]
    assert read["valueFrom"].endswith("mine-secret:::mine-version-version-id"), "the definition changes with the value"


def test_a_task_may_do_nothing_on_aws_unless_told():
    assert [r.name for r in built().of("RolePolicy")] == ["web-execution-policy"]
    allowed = built(statements=[Statement(actions=["s3:GetObject"], resources=["arn:aws:s3:::bucket/key"])])
    assert "web-task-policy" in [r.name for r in allowed.of("RolePolicy")]


def test_a_login_to_ecr_is_granted_only_to_services_that_pull_from_it():
    assert "ecr:" not in built().one("RolePolicy").inputs["policy"]
    policy = built(repository_arns=["arn:aws:ecr:us-west-1:123456789012:repository/x"]).one("RolePolicy")
    wide = [s for s in parsed(policy, "policy")["Statement"] if s["Resource"] == ["*"]]
    assert [s["Action"] for s in wide] == [["ecr:GetAuthorizationToken"]]


def test_a_container_has_a_read_only_file_system_and_no_capabilities():
    (definition,) = parsed(built().one("TaskDefinition"), "containerDefinitions")
    assert definition["readonlyRootFilesystem"] is True
    assert definition["linuxParameters"]["capabilities"] == {"add": [], "drop": ["ALL"]}


def test_an_init_container_ends_well_before_the_service_starts():
    first = Container(name="migrate", image="web", essential=False)
    web = Container(name="web", image="web", depends_on={"migrate": Condition.SUCCESS})
    _, definition = parsed(built(containers=[first, web]).one("TaskDefinition"), "containerDefinitions")
    assert definition["dependsOn"] == [{"containerName": "migrate", "condition": "SUCCESS"}]


def test_a_service_is_found_by_its_name_and_every_task_by_itself():
    graph = built(hostname="web")
    dns = graph.one("aws:servicediscovery/service:Service").inputs["dnsConfig"]
    assert dns["routingPolicy"] == "MULTIVALUE", "one address for each task"
    assert "serviceRegistries" in graph.one("aws:ecs/service:Service").inputs


def test_a_single_service_never_runs_twice_at_once():
    single, ordinary = built(single=True), built()
    assert single.one("aws:ecs/service:Service").inputs["deploymentMaximumPercent"] == 100
    assert ordinary.one("aws:ecs/service:Service").inputs["deploymentMaximumPercent"] == 200
    with pytest.raises(StargateError, match="desired_count is 2 for a single service"):
        built(single=True, desired_count=2)


def test_scaling_owns_the_number_of_tasks():
    graph = built(scaling=Scaling(least=2, most=10))
    service = graph.one("aws:ecs/service:Service")
    assert service.inputs["desiredCount"] == 2
    assert service.ignored == ("desiredCount",), "a deploy must not shrink what load has grown"
    assert [p.name for p in graph.of("aws:appautoscaling/policy:Policy")] == ["web-scaling-cpu"]


def test_requests_are_followed_where_the_load_balancer_is_named():
    label = "app/lb/1/targetgroup/tg/2"
    graph = built(scaling=Scaling(least=1, most=2, requests_per_minute=600, load_balancer_label=label))
    policy = graph.one("aws:appautoscaling/policy:Policy", "web-scaling-requests").inputs
    metric = policy["targetTrackingScalingPolicyConfiguration"]["predefinedMetricSpecification"]
    assert metric == {"predefinedMetricType": "ALBRequestCountPerTarget", "resourceLabel": label}
    with pytest.raises(StargateError, match="load_balancer_label"):
        Scaling(least=1, most=2, requests_per_minute=600)


def test_a_file_system_is_encrypted_on_the_way_and_asks_for_the_role():
    volume = Volume(name="store", efs=Efs(file_system_id="fs-1", access_point_id="fsap-1"))
    container = Container(name="web", image="web", mounts={"store": "/storage"})
    made = built(containers=[container], volumes=[volume]).one("TaskDefinition").inputs["volumes"]
    configuration = made[0]["efsVolumeConfiguration"]
    assert configuration["transitEncryption"] == "ENABLED"
    assert configuration["authorizationConfig"] == {"accessPointId": "fsap-1", "iam": "ENABLED"}


def test_a_target_group_gets_the_tasks_after_their_grace():
    group = TargetGroup(arn="arn:tg", container="web", port=8080)
    inputs = built(target_groups=[group], grace_seconds=240).one("aws:ecs/service:Service").inputs
    assert inputs["loadBalancers"] == [{"targetGroupArn": "arn:tg", "containerName": "web", "containerPort": 8080}]
    assert inputs["healthCheckGracePeriodSeconds"] == 240


def test_health_is_asked_as_told():
    check = HealthCheck(command=("CMD", "true"), interval_seconds=7)
    container = Container(name="web", image="web", health_check=check)
    (definition,) = parsed(built(containers=[container]).one("TaskDefinition"), "containerDefinitions")
    assert (definition["healthCheck"]["command"], definition["healthCheck"]["interval"]) == (["CMD", "true"], 7)


def test_two_services_of_one_stack_do_not_collide():
    assert len(built("one", "two").of("TaskDefinition")) == 2


@pytest.mark.parametrize(
    ("cpu", "memory", "sentence"),
    [
        (300, 512, "service.cpu is 300: choose one of 256, 512"),
        (256, 4096, "service.memory_mb is 4096 and service.cpu is 256: choose 512 to 2048"),
        (1024, 1024, "choose 2048 to 8192 MB in steps of 1024"),
        (2048, 4100, "service.memory_mb is 4100"),
    ],
)
def test_a_size_that_fargate_does_not_offer_is_refused(cpu, memory, sentence):
    with pytest.raises(StargateError, match=sentence):
        check_size(cpu, memory, "service")


@pytest.mark.parametrize(("cpu", "memory"), [(256, 512), (256, 2048), (1024, 2048), (1024, 4096), (16384, 122880)])
def test_a_size_that_fargate_offers_is_taken(cpu, memory):
    check_size(cpu, memory, "service")


@pytest.mark.parametrize(
    ("container", "sentence"),
    [
        ({"environment": {"DATABASE_URL": "postgres://"}}, "move it to its secrets"),
        ({"environment": {"A": "1"}, "secrets": {"A": "arn"}}, "has A twice"),
        ({"stop_seconds": 121}, "choose 1 to 120"),
    ],
)
def test_a_container_with_a_plain_secret_is_refused(container, sentence):
    with pytest.raises(StargateError, match=sentence):
        Container(name="web", image="web", **container)


@pytest.mark.parametrize(
    ("containers", "sentence"),
    [
        ([WEB, WEB], "name each once"),
        ([Container(name="init", image="x", essential=False)], "one of them essential"),
        ([Container(name="web", image="x", depends_on={"gone": Condition.START})], "waits for gone"),
        ([Container(name="web", image="x", mounts={"gone": "/x"})], "mounts gone"),
    ],
)
def test_a_task_that_cannot_run_is_refused(containers, sentence):
    with pytest.raises(StargateError, match=sentence):
        built(containers=containers)


@pytest.mark.parametrize("wide", ["*", "s3:*"])
def test_a_wide_permission_needs_its_reason(wide):
    fields = {"actions": [wide if ":" in wide else "s3:GetObject"], "resources": ["arn:x" if ":" in wide else wide]}
    with pytest.raises(StargateError, match="give the reason"):
        Statement(**fields)
    assert json.dumps(Statement(**fields, reason="a test needs it").plain())


def test_valkey_is_encrypted_and_behind_a_password():
    graph = record(lambda: Cache("cache", CacheArgs(vpc_id="v", subnet_ids=["a", "b"], replicas=1)))
    group = graph.one("ReplicationGroup")
    assert group.inputs["engine"] == "valkey"
    assert group.inputs["atRestEncryptionEnabled"] is True
    assert group.inputs["transitEncryptionMode"] == "required"
    assert "authToken" in group.secrets
    assert group.inputs["numCacheClusters"] == 2
    assert group.inputs["automaticFailoverEnabled"] is True
    assert not graph.of("SecurityGroupIngressRule")


@pytest.mark.parametrize("settings", [{"replicas": 6}, {"node_type": "t4g.micro"}])
def test_a_cache_that_elasticache_does_not_offer_is_refused(settings):
    with pytest.raises(StargateError, match=r"cache\."):
        CacheArgs(vpc_id="v", subnet_ids=["a"], **settings)


def test_a_name_too_long_for_aws_is_refused_before_anything_is_built():
    with pytest.raises(StargateError, match="choose at most"):
        record(lambda: Cluster("a-name-that-is-much-too-long", ClusterArgs(vpc_id="v", domain="d")))
    with pytest.raises(StargateError, match="lower-case"):
        record(lambda: Cluster("Gateway", ClusterArgs(vpc_id="v", domain="d")))


def test_a_switch_of_spot_is_a_deploy_and_a_name_goes_with_its_service():
    graph = built(hostname="web")
    assert graph.one("aws:ecs/service:Service").inputs["forceNewDeployment"] is True
    assert graph.one("aws:servicediscovery/service:Service").inputs["forceDestroy"] is True

"""What a stack costs is computed from what it registers, and nothing is forgotten."""

import importlib
import re

import pulumi
import pulumi_aws as aws
import pytest

from stargate.components.cache import Cache, CacheArgs
from stargate.components.cluster import Cluster, ClusterArgs
from stargate.components.container import Container
from stargate.components.cost_rules import RULES, Assumptions
from stargate.components.costs import FREE, Estimate, estimate, partial_estimate
from stargate.components.database import Database, DatabaseArgs
from stargate.components.database_instance import DatabaseInstance
from stargate.components.edge_waf import Waf, web_acl
from stargate.components.endpoints import PRIVATE_ENDPOINTS
from stargate.components.load_balancer import Listener, LoadBalancer, LoadBalancerArgs, Target
from stargate.components.nat import Nat, NatMode
from stargate.components.network import Network, NetworkArgs
from stargate.components.prices import AS_OF, PRICES, REGION, price
from stargate.components.scaling import Scaling
from stargate.components.secret import Secret, SecretArgs
from stargate.components.service import FargateService, FargateServiceArgs
from stargate.components.testing import record
from stargate.errors import StargateError

WHERE = {"vpc_id": "vpc-1", "subnet_ids": ["a", "b"]}


def cost(program, **assumed) -> Estimate:
    return estimate(record(program), Assumptions(**assumed))


def of(estimated: Estimate, resource: str) -> float:
    return round(sum(line.monthly_usd for line in estimated.lines if line.resource == resource), 2)


def service(**settings):
    def program() -> None:
        cluster = Cluster("cluster", ClusterArgs(vpc_id="vpc-1", domain="dev.internal"))
        args = {"containers": [Container(name="web", image="x")], "cpu": 1024, "memory_mb": 2048} | settings
        FargateService("web", FargateServiceArgs(cluster=cluster, **WHERE, **args))

    return program


@pytest.mark.parametrize(
    ("settings", "usd"),
    [
        ({}, 33.16),
        ({"architecture": "X86_64"}, 41.45),
        ({"spot": True}, 11.61),
        ({"desired_count": 3}, 99.49),
        ({"cpu": 256, "memory_mb": 512}, 8.29),
    ],
)
def test_a_service_costs_its_tasks(settings, usd):
    assert of(cost(service(**settings)), "web-service") == usd


def test_a_scaled_service_is_counted_at_its_least_and_with_its_alarms():
    scaled = cost(service(scaling=Scaling(least=2, most=10)))
    assert of(scaled, "web-service") == 66.33
    assert of(scaled, "web-scaling-cpu") == 0.20, "AWS keeps two alarms for each policy"


def test_a_standby_doubles_the_database_and_its_disk():
    def database(**settings) -> float:
        args = DatabaseArgs(**WHERE, applications=["litellm"], instance=DatabaseInstance(**settings))
        return of(cost(lambda: Database("db", args)), "db-postgres")

    assert database() == 16.63
    assert database(multi_az=True) == pytest.approx(2 * 16.63)
    assert database(storage_gb=40) == pytest.approx(16.63 + 20 * 0.138)


def test_every_node_of_a_cache_costs():
    assert of(cost(lambda: Cache("cache", CacheArgs(**WHERE, replicas=1))), "cache-valkey") == 22.19


@pytest.mark.parametrize(
    ("nat", "endpoints", "usd"),
    [
        (Nat(), (), 8.07),
        (Nat(per_zone=True), (), 16.14),
        (Nat(mode=NatMode.GATEWAY), (), 39.65),
        (Nat(mode=NatMode.NONE), ("bedrock-runtime",), len(PRIVATE_ENDPOINTS) * 2 * 8.03),
    ],
)
def test_the_way_out_costs_what_it_is_made_of(nat, endpoints, usd):
    args = NetworkArgs(nat=nat, interface_endpoints=endpoints, flow_log_days=0)
    assert cost(lambda: Network("net", args)).total_usd == pytest.approx(usd, abs=0.01)


def test_a_load_balancer_in_public_pays_for_its_addresses():
    def balancer(**settings) -> float:
        args = LoadBalancerArgs(
            vpc_cidr="10.0.0.0/16",
            targets={"web": Target(port=80, health_path="/", deregistration_seconds=120)},
            idle_seconds=620,
            listeners={"web": Listener(port=443, everything_to="web", certificate_arn="arn")},
            **WHERE,
            **settings,
        )
        return cost(lambda: LoadBalancer("lb", args)).total_usd

    assert balancer() == pytest.approx(21.32, abs=0.01)
    assert balancer(internal=False) == pytest.approx(21.32 + 2 * 3.65, abs=0.01)


def test_a_web_acl_costs_itself_and_each_rule():
    def acl(waf: Waf) -> float:
        return cost(lambda: web_acl("edge", waf, pulumi.ResourceOptions())).total_usd

    assert acl(Waf()) == 5 + 2
    assert acl(Waf(countries=("US",))) == 5 + 3


def test_container_insights_are_counted_where_they_are_on():
    def cluster(*, on: bool) -> float:
        args = ClusterArgs(vpc_id="vpc-1", domain="d.internal", container_insights=on)
        return cost(lambda: Cluster("cluster", args)).total_usd

    assert cluster(on=False) == 0.50
    assert cluster(on=True) == pytest.approx(0.50 + 40 * 0.30)


def test_an_alarm_on_arithmetic_costs_each_metric_that_it_reads():
    queries = [
        {"id": "result", "expression": "a + b", "return_data": True},
        *({"id": id_, "metric": {"metric_name": id_, "period": 60, "stat": "Sum"}} for id_ in ("a", "b")),
    ]
    fixed = {"comparison_operator": "GreaterThanThreshold", "evaluation_periods": 1, "threshold": 1}

    def program() -> None:
        aws.cloudwatch.MetricAlarm("sum", metric_queries=queries, **fixed)
        aws.cloudwatch.MetricAlarm("one", metric_name="a", **fixed)

    estimated = cost(program)
    assert (of(estimated, "sum"), of(estimated, "one")) == (0.20, 0.10)


def test_a_type_that_nobody_has_priced_stops_the_estimate():
    with pytest.raises(StargateError, match="queue is aws:sqs/queue:Queue, which has no price: add it to RULES"):
        cost(lambda: aws.sqs.Queue("queue"))


def test_a_size_that_nobody_has_priced_stops_the_estimate():
    args = CacheArgs(**WHERE, node_type="cache.r7g.16xlarge")
    with pytest.raises(StargateError, match=r"no price of cache\.r7g\.16xlarge"):
        cost(lambda: Cache("cache", args))


def test_a_service_whose_task_is_not_of_this_program_is_refused():
    with pytest.raises(StargateError, match="0 resources are the aws:ecs/taskDefinition"):
        cost(lambda: aws.ecs.Service("web", task_definition="arn:aws:ecs:us-west-1:123456789012:elsewhere"))


def test_what_nobody_has_priced_is_listed_beside_the_sum_of_the_rest():
    def program() -> None:
        Cache("cache", CacheArgs(**WHERE, node_type="cache.r7g.large"))
        Secret("secret", SecretArgs(description="a test's"))
        aws.sqs.Queue("jobs")

    found = partial_estimate(record(program))
    assert [(missing.component, missing.resource, missing.what) for missing in found.unpriced] == [
        ("cache", "cache-valkey", "cache.r7g.large"),
        ("jobs", "jobs", "aws:sqs/queue:Queue"),
    ]
    assert of(found, "secret-secret") == 0.40
    assert not [line for line in found.lines if line.resource == "cache-valkey"], "no part of it is in the sums"
    with pytest.raises(StargateError, match=r"no price of cache\.r7g\.large"):
        estimate(record(program))


def test_a_resource_that_leaves_to_aws_what_its_price_goes_by_is_not_counted():
    def program() -> None:
        aws.rds.Instance("own", instance_class="db.t4g.micro")
        aws.ecs.Service("web", task_definition="arn:aws:ecs:us-west-1:123456789012:elsewhere")

    found = partial_estimate(record(program))
    assert found.total_usd == 0
    assert {missing.resource: missing.what for missing in found.unpriced} == {
        "own": "aws:rds/instance:Instance",
        "web": "aws:ecs/taskDefinition:TaskDefinition",
    }
    with pytest.raises(StargateError, match=r"without the inputs that its price goes by \('storageType'\): set them"):
        cost(lambda: aws.rds.Instance("own", instance_class="db.t4g.micro"))


def test_all_of_ours_is_counted_and_by_the_tables_region():
    found = partial_estimate(record(service()))
    assert found.unpriced == ()
    assert found == estimate(record(service()))
    assert found.region == REGION


@pytest.mark.parametrize("token", sorted({*FREE, *RULES} - {"docker:index/image:Image"}))
def test_a_listed_type_is_one_that_pulumi_knows(token):
    module, class_ = re.fullmatch(r"aws:(\w+)/\w+:(\w+)", token).groups()
    found = getattr(importlib.import_module(f"pulumi_aws.{module}"), class_)
    assert issubclass(found, pulumi.CustomResource)


def test_a_type_is_priced_or_free_and_never_both():
    assert not FREE & set(RULES)


def test_lines_are_of_the_component_below_the_stack_and_sum_up():
    estimated = cost(service())
    assert set(estimated.by_component()) == {"cluster", "web"}
    assert sum(estimated.by_component().values()) == pytest.approx(estimated.total_usd)
    assert next(iter(estimated.by_component())) == "web", "the dearest first"


def test_a_secret_deep_in_a_component_counts_for_the_component_at_the_top():
    args = DatabaseArgs(**WHERE, applications=["litellm", "grafana"])
    secrets = [x for x in cost(lambda: Database("db", args)).lines if x.charge.what == "secret"]
    assert len(secrets) == 5
    assert {x.component for x in secrets} == {"db"}


def test_what_is_assumed_is_said_and_can_be_set():
    secret = cost(lambda: Secret("secret", SecretArgs(description="a test's")))
    assert secret.total_usd == 0.40
    assert secret.as_of == AS_OF
    assert any("Spot task costs 0.35" in sentence for sentence in secret.assumptions)
    assert of(cost(service(spot=True), spot_fraction=0.5), "web-service") == 16.58
    with pytest.raises(StargateError, match="the assumption logs_gb is -1: choose 0 or more"):
        Assumptions(logs_gb=-1)


def test_two_runs_give_the_same_lines():
    assert cost(service()).lines == cost(service()).lines


def test_graviton_is_a_fifth_cheaper():
    for part in ("vCPU", "memory"):
        ratio = price(f"fargate ARM64 {part}").usd / price(f"fargate X86_64 {part}").usd
        assert ratio == pytest.approx(0.8, abs=0.001)


def test_no_price_is_nothing():
    assert [of_ for of_, p in PRICES.items() if p.usd <= 0] == []

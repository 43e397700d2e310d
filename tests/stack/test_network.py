"""The network: its shape by setting, and what it refuses."""

import base64
import ipaddress
import json
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stargate.components.address_plan import plan
from stargate.components.endpoints import PRIVATE_ENDPOINTS
from stargate.components.machine import architecture
from stargate.components.nat import Nat, NatMode, user_data
from stargate.components.network import Network, NetworkArgs
from stargate.components.testing import Graph, parsed, record
from stargate.errors import StargateError

NAT = "stargate:index:NatInstance"


def built(**settings) -> Graph:
    return record(lambda: Network("net", NetworkArgs(**settings)))


def test_every_zone_has_a_public_a_private_and_a_data_subnet():
    subnets = {r.name: r.inputs["cidrBlock"] for r in built().of("Subnet")}
    assert subnets == {
        "net-public-a": "10.10.240.0/24",
        "net-public-b": "10.10.241.0/24",
        "net-private-a": "10.10.0.0/20",
        "net-private-b": "10.10.16.0/20",
        "net-data-a": "10.10.248.0/24",
        "net-data-b": "10.10.249.0/24",
    }


def test_the_default_security_group_has_no_rules():
    inputs = built().one("DefaultSecurityGroup").inputs
    assert "vpcId" in inputs
    assert not {"ingress", "egress"} & set(inputs), "what forgets its security group must reach nothing"


def test_one_nat_instance_serves_all_zones_unless_one_per_zone_is_asked_for():
    single, each = built(), built(nat=Nat(per_zone=True))
    assert [r.name for r in single.of(NAT)] == ["net-nat-a"]
    assert [r.name for r in each.of(NAT)] == ["net-nat-a", "net-nat-b"]
    targets = {r.name: r.inputs.get("networkInterfaceId") for r in single.of("Route")}
    assert targets["net-private-a-out"] == targets["net-private-b-out"] == "net-nat-a-interface-id"
    targets = {r.name: r.inputs.get("networkInterfaceId") for r in each.of("Route")}
    assert targets["net-private-b-out"] == "net-nat-b-interface-id"


def test_data_subnets_have_no_way_out():
    routes = [r for r in built(nat=Nat(per_zone=True)).of("Route") if "data" in r.inputs["routeTableId"]]
    assert routes == []
    assert any("private" in r.inputs["routeTableId"] for r in built().of("Route")), "the private ones have one"


def test_a_nat_gateway_takes_the_place_of_the_instance():
    graph = built(nat=Nat(mode=NatMode.GATEWAY))
    assert not graph.of(NAT)
    assert graph.one("Route", "net-private-b-out").inputs["natGatewayId"] == "net-nat-a-id"


def test_without_nat_the_endpoints_carry_everything():
    graph = built(nat=Nat(mode=NatMode.NONE), interface_endpoints=("kms", "sts"))
    assert {r.name for r in graph.of("Route")} == {"net-public-out"}
    services = {r.inputs["serviceName"].removeprefix("com.amazonaws.us-west-1.") for r in graph.of("VpcEndpoint")}
    assert services == {*PRIVATE_ENDPOINTS, "kms", "s3"}


def test_the_nat_instance_takes_tokens_only_and_its_disk_is_encrypted():
    inputs = built().one("LaunchTemplate").inputs
    assert inputs["metadataOptions"]["httpTokens"] == "required"
    assert inputs["blockDeviceMappings"][0]["ebs"]["encrypted"] == "true"
    assert "keyName" not in inputs, "SSM is the only door"


def test_the_nat_instance_may_touch_its_own_interface_alone():
    graph = built(nat=Nat(per_zone=True))
    statements = parsed(graph.one("RolePolicy", "net-nat-a-policy"), "policy")["Statement"]
    assert all(s["Resource"] != ["*"] for s in statements)
    assert not any("net-nat-b" in json.dumps(s) for s in statements)


def test_the_script_of_the_nat_instance_is_a_script():
    text = base64.b64decode(built().one("LaunchTemplate").inputs["userData"]).decode()
    assert text == user_data("10.10.0.0/16", "net-nat-a-interface-id", "us-west-1")
    assert subprocess.run(["bash", "-n"], input=text, text=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("kind", "processor"),
    [("t4g.nano", "arm64"), ("t3.micro", "x86_64"), ("c7gn.large", "arm64"), ("g4dn.xlarge", "x86_64")],
)
def test_the_image_fits_the_processor(kind, processor):
    assert architecture(kind) == processor


def test_two_networks_in_one_stack_do_not_collide():
    graph = record(lambda: (Network("one", NetworkArgs()), Network("two", NetworkArgs(cidr="10.20.0.0/16"))))
    assert len(graph.of("Vpc")) == 2


def test_the_same_name_twice_is_refused():
    with pytest.raises(StargateError, match="two resources have the name"):
        record(lambda: (Network("one", NetworkArgs()), Network("one", NetworkArgs())))


def test_three_zones_are_refused_where_the_account_sees_two():
    with pytest.raises(StargateError, match=r"network\.zones is 3 and us-west-1 shows 2"):
        built(zones=3)


def test_flow_logs_end_up_where_they_are_kept_for_the_days_asked_for():
    assert built(flow_log_days=30).one("LogGroup").inputs["retentionInDays"] == 30
    assert not built(flow_log_days=0).of("FlowLog")


@pytest.mark.parametrize("cidr", ["10.0.0.0/8", "10.0.0.0/24", "10.10.0.1/16", "ten", "8.8.0.0/16", "fd00::/48"])
def test_a_range_that_cannot_serve_is_refused(cidr):
    with pytest.raises(StargateError, match=r"network\.cidr is "):
        plan(cidr, 2)


@given(st.integers(16, 19), st.integers(2, 3), st.integers(0, 255))
def test_subnets_lie_in_the_range_and_apart_and_never_move_when_a_zone_is_added(prefix, zones, second):
    network = ipaddress.ip_network((f"10.{second}.0.0", prefix))
    made = plan(str(network), zones)
    subnets = [ipaddress.ip_network(text) for tier in (made.public, made.private, made.data) for text in tier]
    assert all(subnet.subnet_of(network) for subnet in subnets)
    assert not any(a.overlaps(b) for i, a in enumerate(subnets) for b in subnets[:i])
    assert min(s.num_addresses for s in subnets) >= 32, "AWS's least for a load balancer's subnet is /27"
    assert plan(str(network), 3).private[:zones] == made.private

"""The front door: who comes in by which way, and what proves an edge to the balancer."""

import pytest
from entrance_of_a_test import DOMAIN, GATEWAY, front_door, pages
from recorded_stack import ROOT

from stargate.components.front_door import PROOF
from stargate.components.preview import preview
from stargate.components.testing import Graph, record
from stargate.errors import StargateError
from stargate.gateway.routes import policy

PUBLIC = {"edge": {"origin": "public", "domain": {"name": "llm.example.com", "zone": "example.com"}}}


def built(*names: str, **settings) -> Graph:
    return record(lambda: [front_door(name, **settings) for name in names or ("front",)])


def headers(rule) -> list[str]:
    asked = [c["httpHeader"] for c in rule.inputs["conditions"] if "httpHeader" in c]
    return [header["httpHeaderName"] for header in asked]


def paths(rule) -> list[str]:
    return [path for c in rule.inputs["conditions"] for path in c.get("pathPattern", {}).get("values", [])]


def admitted(graph: Graph) -> set[tuple[str, int, str]]:
    """Who is admitted by the balancer, to which port."""
    rules = [r for r in graph.of("SecurityGroupIngressRule") if r.name.startswith("front-lb-")]
    asked = [r.inputs for r in rules]
    return {
        (r.get("prefixListId") or r.get("referencedSecurityGroupId") or r["cidrIpv4"], r["fromPort"], r["ipProtocol"])
        for r in asked
    }


def test_by_default_the_balancer_has_no_public_address_and_cloudfront_comes_in_by_a_way_of_its_own():
    graph = built()
    balancer = graph.one("aws:lb/loadBalancer:LoadBalancer").inputs
    assert balancer["internal"] is True
    assert all("private" in subnet for subnet in balancer["subnets"]), balancer["subnets"]
    way = graph.one("aws:cloudfront/vpcOrigin:VpcOrigin").inputs["vpcOriginEndpointConfig"]
    assert way["arn"].endswith("front-lb-lb")
    public = built(internal=False, domain=DOMAIN)
    assert public.one("aws:lb/loadBalancer:LoadBalancer").inputs["internal"] is False
    assert not public.of("aws:cloudfront/vpcOrigin:VpcOrigin")


def test_the_edge_reaches_listed_paths_and_the_doors_machines_everything():
    graph = built()
    assert admitted(graph) == {
        ("pl-0123456789abcdef0", 80, "tcp"),
        ("sg-door", 4000, "tcp"),
        ("sg-door", 3000, "tcp"),
    }
    listeners = {listener.inputs["port"]: listener.inputs["defaultActions"][0] for listener in graph.of("Listener")}
    assert {port: action["type"] for port, action in listeners.items()} == {
        80: "fixed-response",
        4000: "forward",
        3000: "forward",
    }


def test_every_public_route_has_a_rule_and_nothing_else_has_one():
    rules = built().of("ListenerRule")
    assert {path for rule in rules for path in paths(rule)} == {route.wildcard for route in policy().routes}
    assert len(rules) == len(policy().routes)


def test_over_the_internet_every_rule_needs_the_secret_header_and_tls():
    graph = built(internal=False, domain=DOMAIN, pages={"grafana": pages(public=True)})
    rules = graph.of("ListenerRule")
    assert rules
    assert [rule.name for rule in rules if headers(rule) != [PROOF]] == []
    assert {listener.inputs["protocol"] for listener in graph.of("Listener")} == {"HTTPS"}
    assert [listener.inputs["port"] for listener in graph.of("Listener")] == [443]
    # The twin: through a VPC origin nobody else can come, so the gateway's rules need none.
    assert any(headers(rule) == [] for rule in built().of("ListenerRule"))


def test_a_proof_is_secret_wherever_the_state_holds_it():
    graph = built(internal=False, domain=DOMAIN)
    for rule in graph.of("ListenerRule"):
        held = [index for index, c in enumerate(rule.inputs["conditions"]) if "httpHeader" in c]
        assert any(path.startswith(f"conditions.{held[0]}") or path == "conditions" for path in rule.secrets), rule.name
    plain = built().of("ListenerRule")
    assert not any(rule.secrets for rule in plain), "what is no proof is not hidden"


def test_each_edge_proves_itself_by_a_value_of_its_own():
    graph = built(internal=False, domain=DOMAIN, pages={"grafana": pages(public=True)})
    assert {r.name for r in graph.of("RandomPassword")} == {"front-gateway-proof", "front-grafana-proof"}
    assert min(r.inputs["length"] for r in graph.of("RandomPassword")) >= 32


def test_public_pages_come_before_every_path_and_need_their_edges_header():
    graph = built(pages={"grafana": pages(public=True)})
    (page,) = (rule for rule in graph.of("ListenerRule") if "grafana" in rule.inputs["actions"][0]["targetGroupArn"])
    assert headers(page) == [PROOF]
    assert paths(page) == []
    others = [rule.inputs["priority"] for rule in graph.of("ListenerRule") if rule is not page]
    assert page.inputs["priority"] < min(others), "what comes from the pages' edge never meets the gateway"
    closed = built().of("ListenerRule")
    assert not [rule for rule in closed if "grafana" in rule.inputs["actions"][0]["targetGroupArn"]]


def test_a_name_encrypts_the_way_from_the_edge():
    graph = built(domain=DOMAIN)
    listener = next(x for x in graph.of("Listener") if x.inputs["port"] == 443)
    assert listener.inputs["protocol"] == "HTTPS"
    way = graph.one("aws:cloudfront/vpcOrigin:VpcOrigin").inputs["vpcOriginEndpointConfig"]
    assert (way["originProtocolPolicy"], way["httpsPort"]) == ("https-only", 443)
    assert graph.one("aws:acm/certificate:Certificate").inputs["domainName"] == "origin.llm.example.com"
    plain = built().one("aws:cloudfront/vpcOrigin:VpcOrigin").inputs["vpcOriginEndpointConfig"]
    assert (plain["originProtocolPolicy"], plain["httpPort"]) == ("http-only", 80)
    assert way["name"] != plain["name"], "the second stands beside the first until the distribution has moved"


def test_the_origins_name_is_proven_by_one_record_and_public_only_with_a_public_balancer():
    inside, outside = (
        {r.name for r in built(domain=DOMAIN).of("Record")},
        {r.name for r in built(domain=DOMAIN, internal=False).of("Record")},
    )
    assert inside == {"front-tls-proof"}
    assert outside == {"front-tls-proof", "front-origin-a", "front-origin-aaaa"}


def test_administrators_reach_the_tasks_themselves_where_the_balancer_has_no_private_side():
    asked: list[tuple[str, str]] = []

    def allow(name: str, source_security_group_id: str) -> None:
        asked.append((name, source_security_group_id))

    record(lambda: front_door().admit_administrators({"gateway": allow}))
    assert asked == [], "behind an internal balancer they come through it"
    record(lambda: front_door(internal=False, domain=DOMAIN).admit_administrators({"gateway": allow}))
    assert asked == [("door", "sg-door")]


def test_an_administrators_address_is_inside_the_vpc_either_way():
    found: dict[str, object] = {}

    def program(**settings) -> None:
        front = front_door(**settings)
        front.admin_addresses["gateway"].apply(lambda value: found.update(address=value))
        front.page_urls["grafana"].apply(lambda value: found.update(url=value))

    record(program)
    assert found == {"address": "front-lb-lb-dns-name:4000", "url": "http://localhost:3000"}
    record(lambda: program(internal=False, domain=DOMAIN))
    assert found["address"] == "gateway.dev.internal:4000"
    record(lambda: program(admin_networks=["10.20.0.0/16"]))
    assert found["url"] == "http://front-lb-lb-dns-name:3000"


def test_two_front_doors_in_one_program_do_not_collide():
    graph = built("one", "two", domain=DOMAIN, internal=False, pages={"grafana": pages(public=True)})
    assert len(graph.of("aws:lb/loadBalancer:LoadBalancer")) == 2


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"internal": False}, "internal is false and its domain is not given"),
        (
            {"internal": False, "domain": DOMAIN, "admin_networks": ["10.20.0.0/16"]},
            "admin_networks is 10.20.0.0/16 and its internal is false",
        ),
        ({"pages": {"grafana": pages(admin_port=GATEWAY.admin_port)}}, r"administrators' ports are \[4000, 4000\]"),
        ({"pages": {"grafana": pages(admin_port=443)}}, "neither 80 nor 443"),
        ({"admin_networks": ["0.0.0.0/0"]}, "admits 0.0.0.0/0: name private networks"),
    ],
)
def test_a_front_door_that_cannot_be_is_refused(settings, sentence):
    with pytest.raises(StargateError, match=sentence):
        built(**settings)


def test_no_service_stands_in_a_target_group_that_nothing_leads_to():
    graph = preview(ROOT, "prod", PUBLIC)
    groups = {r.urn for r in graph.of("TargetGroup")}
    assert [r.name for r in graph.of("TargetGroup")] == ["front-lb-gateway-public"]
    named = {
        entry["targetGroupArn"]
        for service in graph.of("aws:ecs/service:Service")
        for entry in service.inputs.get("loadBalancers", [])
    }
    assert len(named) == len(groups) == 1, "ECS refuses a group that no load balancer leads to"
    private = preview(ROOT, "prod")
    assert len(private.of("TargetGroup")) == 3, "administrators' listeners lead to the pages there"


def test_a_balancer_on_the_other_side_brings_its_own_target_groups():
    private, public = preview(ROOT, "dev"), preview(ROOT, "dev", PUBLIC)
    names = [{r.name for r in graph.of("TargetGroup")} for graph in (private, public)]
    assert not names[0] & names[1], "a group stands behind one balancer, and the new comes before the old goes"

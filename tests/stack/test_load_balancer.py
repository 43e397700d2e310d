"""The load balancer: what it lets through, to whom it listens, what it refuses to be."""

from dataclasses import dataclass

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from stargate.components.addresses import ANYWHERE
from stargate.components.listener_rules import (
    APPLICATIONS,
    BAND,
    BANDS,
    MOST_VALUES,
    Header,
    Rule,
    application_rules,
    route_rules,
)
from stargate.components.load_balancer import MOST_RULES, Listener, LoadBalancer, LoadBalancerArgs, Target
from stargate.components.testing import Graph, parsed, record
from stargate.errors import StargateError
from stargate.gateway.routes import Opening, policy

WEB = Target(port=8080, health_path="/alive", deregistration_seconds=120)
LISTED = Rule(target="web", priority=1, path="/listed", methods=frozenset({"GET"}))
CERTIFICATE = "arn:aws:acm:us-west-1:123456789012:certificate/1"


def args(**settings) -> LoadBalancerArgs:
    kept = {
        "vpc_id": "vpc-1",
        "vpc_cidr": "10.10.0.0/16",
        "subnet_ids": ["a", "b"],
        "idle_seconds": 620,
        "targets": {"web": WEB},
        "listeners": {"edge": Listener(port=80, rules={"listed": LISTED}, from_edge=True)},
    }
    return LoadBalancerArgs(**(kept | settings))


def built(*names: str, **settings) -> Graph:
    return record(lambda: [LoadBalancer(name, args(**settings)) for name in names or ("lb",)])


@dataclass(frozen=True)
class Route:
    """A public route, as a balancer sees it."""

    key: str
    wildcard: str = "/path"
    methods: frozenset[str] = frozenset({"GET"})
    audience: str = "client"


def test_whatever_matches_no_rule_is_refused():
    action = built().one("Listener").inputs["defaultActions"][0]
    assert action["type"] == "fixed-response"
    assert action["fixedResponse"]["statusCode"] == "403"
    opened = built(listeners={"admin": Listener(port=80, everything_to="web")}).one("Listener")
    assert opened.inputs["defaultActions"][0]["type"] == "forward", "the question itself must be able to say yes"


def test_a_rule_asks_for_its_path_its_methods_and_its_header_together():
    proof = Header(name="x-proof", value="of-this-test")
    rule = Rule(target="web", priority=7, path="/listed", methods=frozenset({"POST", "GET"}), header=proof)
    made = built(listeners={"edge": Listener(port=80, rules={"listed": rule})}).one("ListenerRule")
    assert made.inputs["conditions"] == [
        {"pathPattern": {"values": ["/listed"]}},
        {"httpRequestMethod": {"values": ["GET", "POST"]}},
        {"httpHeader": {"httpHeaderName": "x-proof", "values": ["of-this-test"]}},
    ]
    assert made.inputs["priority"] == 7


def test_a_request_that_two_parsers_read_differently_is_refused():
    inputs = built().one("aws:lb/loadBalancer:LoadBalancer").inputs
    assert (inputs["desyncMitigationMode"], inputs["dropInvalidHeaderFields"]) == ("strictest", True)
    assert inputs["internal"] is True
    assert built().one("Listener").inputs["routingHttpResponseServerEnabled"] is False


def ways_in(graph: Graph) -> dict[str, dict]:
    return {rule.name: rule.inputs for rule in graph.of("SecurityGroupIngressRule")}


def test_nobody_is_admitted_whom_no_listener_names():
    assert not ways_in(built(listeners={"edge": Listener(port=80)}))
    named = ways_in(
        built(
            listeners={
                "edge": Listener(port=443, certificate_arn=CERTIFICATE, from_edge=True),
                "admin": Listener(port=4000, from_groups={"door": "sg-door"}, from_networks=["10.20.0.0/16"]),
            }
        )
    )
    assert set(named) == {"lb-edge-from-cloudfront", "lb-admin-from-door", "lb-admin-from-10-20-0-0-16"}
    assert named["lb-edge-from-cloudfront"]["prefixListId"] == "pl-0123456789abcdef0"
    assert named["lb-admin-from-door"]["referencedSecurityGroupId"] == "sg-door"
    assert named["lb-admin-from-door"]["securityGroupId"] != named["lb-edge-from-cloudfront"]["securityGroupId"], (
        "CloudFront's list takes 55 of the 60 rules of a group"
    )


def test_it_reaches_the_tasks_on_their_ports_and_nothing_else():
    targets = {"web": WEB, "pages": Target(port=3000, health_path="/", deregistration_seconds=120)}
    out = built(targets=targets).of("SecurityGroupEgressRule")
    assert {(r.inputs["fromPort"], r.inputs["toPort"], r.inputs["cidrIpv4"]) for r in out} == {
        (3000, 3000, "10.10.0.0/16"),
        (8080, 8080, "10.10.0.0/16"),
    }


def test_a_silent_stream_is_held_and_a_leaving_tasks_streams_end_by_themselves():
    graph = built(idle_seconds=620, targets={"web": Target(port=8080, health_path="/alive", deregistration_seconds=90)})
    assert graph.one("aws:lb/loadBalancer:LoadBalancer").inputs["idleTimeout"] == 620
    group = graph.one("TargetGroup").inputs
    assert (group["deregistrationDelay"], group["healthCheck"]["path"]) == (90, "/alive")
    assert group["targetType"] == "ip", "a task on Fargate has no instance"


def test_a_certificate_makes_a_listener_speak_tls():
    plain, secure = (
        built().one("Listener").inputs,
        built(listeners={"edge": Listener(port=443, certificate_arn=CERTIFICATE)}).one("Listener").inputs,
    )
    assert (plain["protocol"], plain.get("sslPolicy")) == ("HTTP", None)
    assert (secure["protocol"], secure["sslPolicy"]) == ("HTTPS", "ELBSecurityPolicy-TLS13-1-2-2021-06")


def test_access_logs_end_up_in_a_bucket_that_the_balancer_alone_may_write_to():
    graph = built(access_logs=True)
    statements = parsed(graph.one("BucketPolicy"), "policy")["Statement"]
    allowed = [s for s in statements if s["Effect"] == "Allow"]
    assert [(s["Principal"], s["Action"]) for s in allowed] == [
        ({"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}, "s3:PutObject")
    ]
    assert graph.one("aws:lb/loadBalancer:LoadBalancer").inputs["accessLogs"]["enabled"] is True
    assert not built().of("BucketPolicy")


def test_two_balancers_in_one_program_do_not_collide():
    assert len(built("one", "two", access_logs=True).of("aws:lb/loadBalancer:LoadBalancer")) == 2


def test_names_stay_within_awss_limits_with_the_characters_that_pulumi_appends():
    named = [r for r in built("a" * 20, targets={"web": WEB}).resources if r.type.startswith("aws:lb/")]
    shortest = [r.name for r in named if r.type.endswith((":LoadBalancer", ":TargetGroup"))]
    assert len(shortest) == 2
    assert max(map(len, shortest)) + 8 <= 32
    with pytest.raises(StargateError, match=r"the target group's name is a{20}-gateway, 28 characters"):
        built("a" * 20, targets={"gateway": WEB, "web": WEB})


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"listeners": {"edge": Listener(port=80, everything_to="api")}}, "edge leads to api: choose from web"),
        (
            {"listeners": {"edge": Listener(port=80, rules={"x": Rule(target="api", priority=1, path="/")})}},
            "edge leads to api",
        ),
        ({"internal": False}, "listener edge of an internet-facing load balancer has no certificate"),
        ({"listeners": {f"l{port}": Listener(port=port) for port in range(5)}}, "choose at most 4"),
        (
            {
                "listeners": {
                    "edge": Listener(
                        port=80,
                        rules={f"r{n}": Rule(target="web", priority=n, path=f"/{n}") for n in range(MOST_RULES + 1)},
                    )
                }
            },
            "has 101 rules: name at most 100",
        ),
    ],
)
def test_what_aws_or_prudence_would_refuse_is_refused_at_once(settings, sentence):
    with pytest.raises(StargateError, match=sentence):
        args(**settings)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"from_networks": [ANYWHERE]}, "the listener on 80 admits 0.0.0.0/0: name private networks"),
        ({"from_edge": True, "everything_to": "web"}, "the listener on 80 lets the edge reach everything"),
    ],
)
def test_a_listener_for_everyone_is_refused(settings, sentence):
    with pytest.raises(StargateError, match=sentence):
        Listener(port=80, **settings)


@pytest.mark.parametrize(
    "conditions",
    [{}, {"path": "/", "methods": frozenset("ABCDE")}],
)
def test_a_rule_with_no_or_too_many_conditions_is_refused(conditions):
    with pytest.raises(StargateError, match=r"a rule to web has \d conditions: a load balancer takes 1 to 5"):
        Rule(target="web", priority=1, **conditions)


keys = st.lists(st.from_regex(r"[a-z]{3,12}(_[a-z]{2,8}){0,2}", fullmatch=True), unique=True, max_size=12)


def ruled(names: list[str]) -> dict[str, Rule]:
    audiences = sorted(BANDS)
    routes = [Route(key, audience=audiences[len(key) % len(audiences)]) for key in names]
    return route_rules(routes, "web", Header(name="x-proof", value="v"))


@given(keys, st.from_regex(r"[a-z]{3,12}", fullmatch=True))
def test_adding_a_route_moves_no_other(names, added):
    try:
        before, after = ruled(names), ruled([*{*names, added}])
    except StargateError:
        # Two of these names have one priority, which the next test is about.
        reject()
    assert {key: after[key] for key in before} == before
    priorities = [rule.priority for rule in after.values()]
    assert len(set(priorities)) == len(priorities)
    for key, rule in after.items():
        first = BANDS[sorted(BANDS)[len(key) % len(BANDS)]]
        assert first <= rule.priority < first + BAND


def test_two_routes_with_one_priority_are_refused_by_name():
    with pytest.raises(StargateError, match=r"k\d+ and k\d+ have the same priority: name one of them otherwise"):
        route_rules([Route(f"k{n}") for n in range(BAND)], "web")


def test_a_route_for_nobody_known_is_refused():
    with pytest.raises(StargateError, match="a route is for everyone: choose from client, probe, operator"):
        route_rules([Route("open", audience="everyone")], "web")


def test_the_gateways_own_routes_fit_with_everything_opened():
    rules = route_rules(policy(tuple(Opening)).routes, "web", Header(name="x-proof", value="v"))
    assert len(rules) == len(policy(tuple(Opening)).routes) <= MOST_RULES
    for rule in rules.values():
        assert 1 + len(rule.methods) + 1 <= MOST_VALUES
        assert len(rule.path) <= 128, "AWS's limit of a path condition"
        assert rule.path.count("*") + rule.path.count("?") <= 5, "AWS's limit of wildcards in a rule"


@given(st.sets(st.from_regex(r"[a-z]{3,10}", fullmatch=True), min_size=1, max_size=4))
def test_whole_applications_come_before_every_path_and_need_their_edges_header(names):
    headers = {name: Header(name="x-proof", value=name) for name in names}
    try:
        rules = application_rules(headers)
    except StargateError:
        # As above.
        reject()
    assert all(APPLICATIONS <= rule.priority < min(BANDS.values()) for rule in rules.values())
    assert {name: rule.header for name, rule in rules.items()} == headers

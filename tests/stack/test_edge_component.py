"""The edge: what runs in it, what it forwards to, and that both of its functions do what they promise."""

import json

import pytest
import quickjs
from entrance_of_a_test import DOMAIN, front_door

from stargate.components.edge import CACHING_DISABLED, KEPT_ERRORS, Edge, EdgeArgs
from stargate.components.edge_logs import FIELDS
from stargate.components.edge_origin import Origin
from stargate.components.edge_waf import Waf
from stargate.components.testing import Graph, Resource, record
from stargate.errors import StargateError
from stargate.gateway import behaviours, guard, routes

POLICY = routes.policy()
INSIDE = Origin(dns_name="lb.internal", vpc_origin_id="vo-1")
DISTRIBUTION = "aws:cloudfront/distribution:Distribution"


def args(**settings) -> EdgeArgs:
    kept = {
        "behaviours": behaviours.behaviours(POLICY),
        "guard_code": guard.render(POLICY),
        "refusal_code": guard.render(routes.Policy(routes=())),
        "origin": INSIDE,
    }
    return EdgeArgs(**(kept | settings))


def built(*names: str, **settings) -> Graph:
    return record(lambda: [Edge(name, args(**settings)) for name in names or ("edge",)])


def handled(distribution: Resource) -> dict[str, dict]:
    inputs = distribution.inputs
    ordered = {b["pathPattern"]: b for b in inputs.get("orderedCacheBehaviors", ())}
    return {**ordered, "*": inputs["defaultCacheBehavior"]}


def function(behaviour: dict) -> str:
    (association,) = behaviour["functionAssociations"]
    assert association["eventType"] == "viewer-request"
    return association["functionArn"].rsplit(":", 1)[-1]


def decided(code: str, method: str, uri: str) -> int | None:
    """What a function answers by itself, run by a JavaScript engine; None where it lets a request pass."""
    engine = quickjs.Context()
    engine.eval(f"'use strict';\n{code}\nfunction run(text) {{ return JSON.stringify(handler(JSON.parse(text))); }}")
    request = {"method": method, "uri": uri, "querystring": {}, "headers": {}, "cookies": {}}
    event = {"version": "1.0", "context": {"eventType": "viewer-request"}, "viewer": {"ip": ""}, "request": request}
    return json.loads(engine.get("run")(json.dumps(event))).get("statusCode")


def test_a_function_stands_on_every_behaviour():
    found = handled(built().one(DISTRIBUTION))
    expected = {b.pattern: "edge-refusal" if b.refused else "edge-guard" for b in behaviours.behaviours(POLICY)}
    assert {pattern: function(behaviour) for pattern, behaviour in found.items()} == expected
    assert "edge-refusal" in expected.values()


def test_the_guard_in_the_edge_is_the_policys_and_lets_the_public_paths_pass():
    code = built().one("aws:cloudfront/function:Function", "edge-guard").inputs["code"]
    assert code == guard.render(POLICY)
    for route in POLICY.routes:
        path = route.path if route.exact else route.wildcard.replace("*", "some-id")
        assert decided(code, min(route.methods), path) is None, path
    assert decided(code, "POST", routes.AdminRoute.KEY_NEW) == 403


def test_the_refusal_refuses_even_what_is_public():
    code = built().one("aws:cloudfront/function:Function", "edge-refusal").inputs["code"]
    for route in POLICY.routes:
        path = route.path if route.exact else route.wildcard.replace("*", "some-id")
        assert {decided(code, method, path) for method in route.methods} == {403}, path


def test_nothing_is_cached_compressed_or_sent_in_the_clear():
    for pattern, behaviour in handled(built().one(DISTRIBUTION)).items():
        assert behaviour["cachePolicyId"] == CACHING_DISABLED, pattern
        assert behaviour["compress"] is False, "a compressed stream arrives in lumps"
        assert behaviour["viewerProtocolPolicy"] == "https-only", "a redirect comes after the key has gone out"


def test_an_error_is_nobody_elses_answer():
    kept = {r["errorCode"]: r["errorCachingMinTtl"] for r in built().one(DISTRIBUTION).inputs["customErrorResponses"]}
    assert kept == dict.fromkeys(KEPT_ERRORS, 0), "CloudFront keeps an error for ten seconds unless it is told"


def test_it_reaches_an_internal_balancer_through_the_vpc_and_a_public_one_by_tls_and_proof():
    (inside,) = built().one(DISTRIBUTION).inputs["origins"]
    assert inside["vpcOriginConfig"]["vpcOriginId"] == "vo-1"
    assert "customOriginConfig" not in inside

    def program() -> None:
        front = front_door(internal=False, domain=DOMAIN)
        Edge("edge", args(origin=front.origins["gateway"], domain=DOMAIN))

    distribution = record(program).one(DISTRIBUTION)
    (outside,) = distribution.inputs["origins"]
    assert outside["domainName"] == "origin.llm.example.com"
    assert outside["customOriginConfig"]["originProtocolPolicy"] == "https-only"
    assert [header["name"] for header in outside["customHeaders"]] == ["x-stargate-edge"]
    assert any("customHeaders" in path or path == "origins" for path in distribution.secrets)


def test_the_read_timeout_is_the_ladders():
    (origin,) = built(read_timeout_seconds=90).one(DISTRIBUTION).inputs["origins"]
    assert origin["vpcOriginConfig"]["originReadTimeout"] == 90


def test_a_name_has_a_certificate_in_cloudfronts_region_and_addresses_of_both_kinds():
    graph = built(domain=DOMAIN)
    assert graph.one("aws:acm/certificate:Certificate").inputs["region"] == "us-east-1"
    distribution = graph.one(DISTRIBUTION).inputs
    assert distribution["aliases"] == ["llm.example.com"]
    assert distribution["viewerCertificate"]["minimumProtocolVersion"] == "TLSv1.2_2021"
    assert {r.inputs["type"] for r in graph.of("Record") if "aliases" in r.inputs} == {"A", "AAAA"}
    assert "aliases" not in built().one(DISTRIBUTION).inputs


def test_the_access_log_holds_neither_query_nor_cookie_nor_key():
    recorded = built().one("LogDelivery").inputs["recordFields"]
    assert "cs-uri-stem" in recorded
    assert not {"cs-uri-query", "cs(Cookie)", "cs(Referer)"} & set(recorded)
    assert len(set(FIELDS)) == len(FIELDS)
    assert not built(log_days=0).of("LogDelivery")


def test_a_web_acl_bounds_an_address_and_never_reads_a_body():
    acl = built(waf=Waf(countries=("DE",))).one("WebAcl").inputs
    assert (acl["scope"], acl["region"]) == ("CLOUDFRONT", "us-east-1")
    assert {rule["name"] for rule in acl["rules"]} == {"rate", "reputation", "countries"}
    priorities = [rule["priority"] for rule in acl["rules"]]
    assert len(set(priorities)) == len(priorities)
    text = json.dumps(acl)
    assert "CommonRuleSet" not in text, "prompts hold code and markup"
    assert '"sampledRequestsEnabled": true' not in text, "samples show keys"
    assert not built().of("WebAcl")


def test_two_edges_in_one_program_do_not_collide():
    graph = built("one", "two", domain=DOMAIN, waf=Waf())
    assert len(graph.of(DISTRIBUTION)) == 2


def test_names_stay_within_awss_limits():
    name = "a" * 20
    graph = record(lambda: Edge(name, args(waf=Waf())), stack="s" * 20)
    assert max(len(r.name) for r in graph.of("aws:cloudfront/function:Function")) + 8 <= 64
    deliveries = graph.of("LogDeliverySource") + graph.of("LogDeliveryDestination")
    assert max(len(r.inputs["name"]) for r in deliveries) <= 60


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"behaviours": ()}, r"must end with the pattern \*"),
        ({"behaviours": behaviours.behaviours(POLICY)[:-1]}, r"must end with the pattern \*"),
        ({"behaviours": behaviours.behaviours(POLICY)[::-1]}, r"must end with the pattern \*"),
        ({"refusal_code": None}, "refused behaviours and no refusal_code"),
        ({"read_timeout_seconds": 0}, "edge read_timeout_seconds is 0: choose 1 to 120"),
        ({"read_timeout_seconds": 121}, "edge read_timeout_seconds is 121"),
    ],
)
def test_an_edge_that_cannot_be_is_refused(settings, sentence):
    with pytest.raises(StargateError, match=sentence):
        args(**settings)


def test_a_rate_that_aws_refuses_is_refused():
    with pytest.raises(StargateError, match=r"edge\.waf\.requests_per_five_minutes is 9: choose 10 to"):
        Waf(requests_per_five_minutes=9)


def test_a_name_outside_its_zone_is_refused():
    with pytest.raises(
        StargateError, match=r"edge\.domain\.name is llm\.example\.org and edge\.domain\.zone is example\.com"
    ):
        type(DOMAIN)(name="llm.example.org", zone="example.com")
    with pytest.raises(StargateError, match="choose a name in the zone"):
        type(DOMAIN)(name="notexample.com", zone="example.com")

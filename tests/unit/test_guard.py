"""The CloudFront Function: the policy's decisions, in CloudFront's subset of JavaScript, below its size."""

import json
import re
from dataclasses import replace

import pytest
import quickjs
from hypothesis import given
from hypothesis import strategies as st

from stargate.errors import StargateError
from stargate.gateway.guard import LARGEST_BYTES, render
from stargate.gateway.routes import ADMIN_FAMILIES, Opening, policy

# Refused by cloudfront-js-2.0, or absent from AWS's list of what it takes.
OUTSIDE_THE_SUBSET = (
    r"\bof\b",
    r"\bclass\b",
    r"=>\s*\{?\s*\.\.\.",
    r"\?\.",
    r"\bimport\b",
    r"\bnew (Map|Set|URL|Function)\b",
)


def engine(code):
    context = quickjs.Context()
    context.eval(f"'use strict';\n{code}\nfunction run(text) {{ return JSON.stringify(handler(JSON.parse(text))); }}")
    return context.get("run")


EVERYTHING = policy(tuple(Opening))
RUN = engine(render(EVERYTHING))


def passes(run, method, path):
    event = {"request": {"method": method, "uri": path, "headers": {}, "querystring": {}}}
    return "statusCode" not in json.loads(run(json.dumps(event)))


def test_a_public_path_passes_unchanged():
    event = {"request": {"method": "POST", "uri": "/v1/messages", "headers": {"a": {"value": "b"}}, "querystring": {}}}
    assert json.loads(RUN(json.dumps(event))) == event["request"]


def test_a_refusal_is_403_with_a_body_that_both_apis_can_read():
    event = {"request": {"method": "GET", "uri": "/key/list", "headers": {}, "querystring": {}}}
    refused = json.loads(RUN(json.dumps(event)))
    assert refused["statusCode"] == 403
    assert refused["headers"]["cache-control"]["value"] == "no-store"
    body = json.loads(refused["body"]["data"])
    assert body["error"]["message"]
    assert body["type"] == "error"


PATHS = st.one_of(
    st.sampled_from([route.path.replace("{model}", "m").replace("{response}", "r") for route in EVERYTHING.routes]),
    st.sampled_from([f"{family.prefix}/new" for family in ADMIN_FAMILIES]),
    st.text(max_size=40).map(lambda text: f"/v1/models/{text}"),
    st.text(max_size=20),
    st.from_regex(r"/v1/(models|responses)/[A-Za-z0-9.:_-]{0,9}(/cancel|/input_items)?", fullmatch=True),
)


@given(st.sampled_from(["GET", "POST", "DELETE", "PUT", "HEAD", "constructor"]), PATHS)
def test_the_function_and_the_policy_decide_alike(method, path):
    assert passes(RUN, method, path) == EVERYTHING.decide(method, path).allowed


@pytest.mark.parametrize("path", ["__proto__", "constructor", "/constructor", "toString", "hasOwnProperty"])
def test_names_of_the_language_are_no_routes(path):
    assert not passes(RUN, "GET", path)


@pytest.mark.parametrize("path", ["/%75ser/new", "/user%2Fnew", "/user/new", "//user/new"])
def test_an_administrative_path_is_refused_in_every_spelling(path):
    assert not passes(RUN, "POST", path)


def test_a_guard_that_denies_a_list_instead_would_let_an_encoded_path_pass():
    weak = render(policy()).replace(
        "if (plain && methodsOf(path)", "if (path.indexOf('/user') !== 0 || methodsOf(path)"
    )
    assert passes(engine(weak), "POST", "/%75ser/new"), "the test above must be able to fail"


def test_a_guard_without_the_suspicion_would_let_an_encoded_slash_pass():
    rules = policy()
    loose = tuple(replace(route, path="/v1/models/{model}") for route in rules.routes if route.key == "model")
    code = (
        render(replace(rules, routes=loose))
        .replace("!SUSPICIOUS.test(path)", "true")
        .replace("A-Za-z0-9._:-", "A-Za-z0-9._:%-")
    )
    assert passes(engine(code), "GET", "/v1/models/a%2Fb")
    assert not passes(RUN, "GET", "/v1/models/a%2Fb")


def test_it_stays_below_cloudfronts_size_with_everything_open():
    assert len(render(EVERYTHING).encode()) < LARGEST_BYTES


def test_a_guard_that_is_too_large_is_refused_with_its_size():
    many = tuple(replace(EVERYTHING.routes[0], path=f"/v1/route-number-{number}") for number in range(600))
    with pytest.raises(StargateError, match="bytes and CloudFront takes"):
        render(replace(EVERYTHING, routes=many))


def test_it_keeps_to_the_subset_that_cloudfront_runs():
    code = re.sub(r"//.*", "", render(EVERYTHING))
    code = re.sub(r'"(\\.|[^"\\])*"', '""', code)
    for construct in OUTSIDE_THE_SUBSET:
        assert not re.search(construct, code), construct
    assert re.search(r"\bvar\b", code), "the code was not emptied by the stripping above"

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stargate.gateway.routes import ADMIN_FAMILIES, BY_KEY, LONGEST_PATH, Opening, policy

SEED_FAMILIES = {"/user", "/key", "/model", "/spend"}


def test_the_clients_routes_pass_with_their_methods():
    rules = policy()
    for route in rules.routes:
        path = re.sub(r"\{[a-z_]+\}", "one-1", route.path)
        for method in route.methods:
            assert rules.decide(method, path).route == route


@pytest.mark.parametrize("method", ["PUT", "PATCH", "OPTIONS", "HEAD", "post", "TRACE"])
def test_another_method_is_refused(method):
    assert policy().decide("POST", "/v1/messages").allowed
    assert policy().decide(method, "/v1/messages").reason == "method not allowed"


def test_the_families_of_the_design_are_refused():
    assert {family.prefix for family in ADMIN_FAMILIES} >= SEED_FAMILIES
    for family in ADMIN_FAMILIES:
        for path in (family.prefix, f"{family.prefix}/new"):
            assert not policy().decide("GET", path).allowed


@pytest.mark.parametrize(
    "path",
    [
        "/v1/models/a%2Fb",
        "/v1//messages",
        "/v1/models/..",
        "/v1/messages;x",
        "/v1/messages\\",
        "/v1/messages\x00",
        "/v1/messages ",
        "/v1/mess\u00e4ges",
        "/V1/messages",
        "/v1/messages/",
        "/v1/models/a/b",
        "/v1/models/" + "a" * LONGEST_PATH,
        "",
        "*",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(path):
    assert not policy().decide("GET", path).allowed
    assert not policy().decide("POST", path).allowed


def test_metrics_and_health_open_only_by_setting():
    assert not policy().decide("GET", "/metrics/").allowed
    assert policy([Opening.METRICS]).decide("GET", "/metrics/").allowed
    assert not policy([Opening.METRICS]).decide("GET", "/health").allowed
    assert policy([Opening.HEALTH]).decide("GET", "/health").allowed


@given(st.text(alphabet="/%.;\\abcuser kynew\u00fc1", max_size=30))
def test_no_path_of_an_administrative_family_passes_whatever_it_is_made_of(path):
    decision = policy(tuple(Opening)).decide("GET", path)
    if decision.route is not None:
        assert not any(path == f.prefix or path.startswith(f"{f.prefix}/") for f in ADMIN_FAMILIES)
        assert re.fullmatch(decision.route.regex, path)


def test_every_route_has_a_key_of_its_own():
    assert len(BY_KEY) == len({route.path for route in BY_KEY.values()})

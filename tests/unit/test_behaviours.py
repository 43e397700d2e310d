from dataclasses import replace

import pytest

from stargate.errors import StargateError
from stargate.gateway.behaviours import MOST_BEHAVIOURS, behaviours, match
from stargate.gateway.routes import ADMIN_FAMILIES, AdminFamily, policy
from stargate.path_patterns import normalised

ORDERED = behaviours(policy())


def test_each_family_stands_as_a_visible_refusal_with_and_without_what_is_below_it():
    patterns = {behaviour.pattern for behaviour in ORDERED if behaviour.refused}
    for family in ADMIN_FAMILIES:
        assert {family.prefix, f"{family.prefix}/*"} <= patterns


def test_the_default_is_last_and_forwards():
    assert ORDERED[-1].pattern == "*"
    assert not ORDERED[-1].refused
    assert sum(not behaviour.refused for behaviour in ORDERED) == 1


def test_a_path_is_matched_as_cloudfront_normalises_it():
    for path in ("/user/new", "//user/new", "/v1/../user/new", "/%75ser/new", "/user"):
        assert match(ORDERED, path).refused, path
    for path in ("/users", "/USER/new", "/v1/messages", "/v1/user/new"):
        assert not match(ORDERED, path).refused, path


@pytest.mark.parametrize(("path", "plain"), [("/a/./b/", "/a/b/"), ("/", "/"), ("", "/"), ("/a%2Fb", "/a/b")])
def test_normalising_keeps_a_trailing_slash_and_resolves_the_rest(path, plain):
    assert normalised(path) == plain


def test_more_behaviours_than_cloudfront_takes_are_refused():
    families = tuple(AdminFamily(prefix=f"/family{n}", why="one of many") for n in range(MOST_BEHAVIOURS))
    with pytest.raises(StargateError, match="name fewer families"):
        behaviours(replace(policy(), families=families))

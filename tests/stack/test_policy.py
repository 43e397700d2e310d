"""The policy: every stack holds it, every rule of it finds what it is for, and two stacks never meet."""

from dataclasses import replace

import pytest
from policy_stacks import STACKS, altered, expected, recorded
from policy_twins import TWINS

from stargate.components.network import Network, NetworkArgs
from stargate.components.policy import RULES, Expectations, check, physical_names
from stargate.components.policy.listeners import facing_outside
from stargate.components.testing import record
from stargate.path_patterns import matches


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_holds_the_whole_policy(stack):
    found = check(recorded(stack), expected(stack))
    assert found == (), "\n".join(f"{v.rule}: {v.resource}: {v.sentence}" for v in found)


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: f"{twin.rule}: {twin.what}")
def test_a_weakened_stack_breaks_the_rule_and_no_other(twin):
    graph, told = twin.build(recorded(twin.stack)), twin.told(expected(twin.stack))
    found = check(graph, told)
    assert {v.rule for v in found} == {twin.rule}, found
    assert {v.resource for v in found} == {twin.resource}, "the sentence names the wrong resource"
    assert all(": " in v.sentence for v in found), "a sentence without a way out helps nobody"


def test_every_rule_has_a_broken_twin():
    assert {twin.rule for twin in TWINS} == {rule.key for rule in RULES}


def test_every_rule_says_in_a_sentence_what_holds():
    assert len({rule.key for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.statement.split("\n")[0].endswith("."), f"{rule.key} has no statement"


def test_a_stated_exception_is_none_of_the_rule():
    graph = altered(recorded("dev"), "front-lb-edge-from-cloudfront", prefixListId=None, cidrIpv4="0.0.0.0/0")
    told = replace(expected("dev"), open_to_everyone={"front-lb-edge-from-cloudfront": "tried here"})
    assert [v.rule for v in check(graph, expected("dev"))] == ["closed"]
    assert check(graph, told) == ()


def test_protection_is_asked_for_and_not_guessed_from_the_name():
    unprotected = replace(expected("prod"), deletion_protection=False)
    weak = altered(recorded("prod"), "db-postgres", deletionProtection=False)
    assert check(weak, unprotected) == ()
    assert [v.rule for v in check(weak, expected("prod"))] == ["protected"]
    assert {v.rule for v in check(recorded("dev"), replace(expected("dev"), deletion_protection=True))} == {"protected"}


def test_an_administrators_listener_open_to_the_internet_is_found_by_three_rules():
    opened = altered(
        recorded("dev"),
        "front-lb-gateway-admin-from-door",
        referencedSecurityGroupId=None,
        cidrIpv4="0.0.0.0/0",
    )
    assert {v.rule for v in check(opened, expected("dev"))} == {"closed", "balancer-denies", "balancer-refuses"}


def test_only_the_edge_s_listener_faces_outside():
    assert [listener.resource.name for listener in facing_outside(recorded("prod"))] == ["front-lb-edge-listener"]


def test_a_program_of_one_component_is_judged_by_the_same_rules():
    def program() -> None:
        Network("net", NetworkArgs())

    found = check(record(program), Expectations())
    assert {v.rule for v in found} == {"tagged"}, "without a provider of its own, nothing else is wrong"


@pytest.mark.parametrize(
    ("pattern", "path", "held"),
    [
        ("/user/*", "/user/new", True),
        ("/user/*", "/user", False),
        ("/user/*", "/User/new", False),
        ("/user/*", "/user/a/b", True),
        ("/v1/models/?", "/v1/models/m", True),
        ("/v1/models/?", "/v1/models/mm", False),
        ("/health.check", "/healthxcheck", False),
    ],
)
def test_a_pattern_is_read_as_aws_reads_it(pattern, path, held):
    assert matches(pattern, path) is held


def test_two_stacks_of_one_account_share_no_name():
    dev, prod = physical_names(recorded("dev")), physical_names(recorded("prod"))
    assert dev, "some things need names of their own"
    assert prod
    assert set(dev) & set(prod) == set()


def test_a_name_that_two_stacks_share_is_seen():
    shared = [physical_names(altered(recorded(s), "gateway-definition", family="gateway")) for s in ("dev", "prod")]
    assert set(shared[0]) & set(shared[1]) == {("aws:ecs/taskDefinition:TaskDefinition", "gateway")}

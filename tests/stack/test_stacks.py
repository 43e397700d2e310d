"""The two environments, as their whole program registers them."""

import difflib
import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest
from recorded_stack import STACKS, changed, recorded

from stargate.components.costs import estimate
from stargate.components.program import PROJECT_TAG, STACK_TAG
from stargate.components.testing import Graph

GOLDEN = Path(__file__).with_name("golden")
UPDATE = "STARGATE_UPDATE_GOLDEN"
PROVIDER = "pulumi:providers:aws"
# What two stacks of one account may share: names that are no resource's own.
DOMAIN = {"name": "llm.example.com", "zone": "example.com"}
NAMED = ("name", "identifier", "functionName", "roleName", "bucket", "dashboardName", "replicationGroupId")


def difference(stack: str, found: str) -> str:
    """What changed of a stack's tree against its golden file, which the variable of the environment writes anew."""
    file = GOLDEN / f"{stack}.txt"
    if os.environ.get(UPDATE):
        file.parent.mkdir(exist_ok=True)
        file.write_text(found)
    golden = file.read_text() if file.exists() else ""
    return "".join(
        difflib.unified_diff(golden.splitlines(True), found.splitlines(True), str(file.name), "the program", n=2)
    )


@pytest.mark.parametrize("stack", STACKS)
def test_the_tree_is_the_golden_one(stack):
    changes = difference(stack, recorded(stack).tree())
    assert not changes, f"if this is what you meant, run it again with {UPDATE}=1 and commit:\n{changes}"


def test_a_change_of_the_tree_is_a_readable_difference(monkeypatch):
    monkeypatch.delenv(UPDATE, raising=False)
    tree = recorded("dev").tree()
    lines = [line for line in difference("dev", tree.replace("db-postgres", "db-other")).splitlines() if "db-" in line]
    assert "-  db-postgres  aws:rds/instance:Instance" in lines
    assert "+  db-other  aws:rds/instance:Instance" in lines


def test_the_tree_is_the_same_however_often_it_is_recorded():
    assert changed("dev").tree() == recorded("dev").tree()


@pytest.mark.parametrize(("stack", "most_usd"), [("dev", 75), ("prod", 378)])
def test_a_month_stays_below_what_was_promised(stack, most_usd):
    month = estimate(recorded(stack))
    assert 0 < month.total_usd <= most_usd
    dearest = next(iter(month.by_component().items()))
    assert dearest[1] > 10, "an estimate that sees nothing would promise anything"


def test_a_dearer_setting_is_seen_by_the_estimate():
    assert estimate(changed("dev", network={"nat": {"mode": "gateway"}})).total_usd > 75


def loose(graph: Graph) -> list[str]:
    """Resources outside of any component, the provider aside."""
    return [r.name for r in graph.children("") if r.custom and r.type != PROVIDER]


@pytest.mark.parametrize("stack", STACKS)
def test_every_resource_belongs_to_a_component(stack):
    graph = recorded(stack)
    assert loose(graph) == []
    known = {r.urn: r for r in graph.resources}
    assert all(known[r.parent].custom is False for r in graph.resources if r.parent), "a component holds it"


def test_a_loose_resource_is_found():
    graph = recorded("dev")
    instance = graph.one("aws:rds/instance:Instance")
    orphan = type(instance)(type=instance.type, name="orphan", urn="urn", parent="", custom=True, inputs={})
    assert loose(Graph(resources=(*graph.resources, orphan))) == ["orphan"]


@pytest.mark.parametrize("stack", STACKS)
def test_no_component_is_empty_unless_it_only_names_an_address(stack):
    graph = recorded(stack)
    empty = {r.type for r in graph.resources if not r.custom and not graph.children(r.urn)}
    assert empty <= {"stargate:index:Pages"}, "pages behind the administrators' door have an address and no edge"


@pytest.mark.parametrize("stack", STACKS)
def test_names_begin_with_their_components(stack):
    known = {r.urn: r.name for r in recorded(stack).resources}
    astray = [
        r.name for r in recorded(stack).resources if r.parent and not f"{r.name}-".startswith(f"{known[r.parent]}-")
    ]
    assert astray == [], "a name tells where its resource belongs"


@pytest.mark.parametrize("stack", STACKS)
def test_everything_is_made_by_the_provider_that_tags_it(stack):
    inputs = recorded(stack).one(PROVIDER).inputs
    tags = json.loads(inputs["defaultTags"])["tags"]
    assert (tags[PROJECT_TAG], tags[STACK_TAG]) == ("stargate", stack)
    assert inputs["region"] == "us-west-1"


def test_a_stacks_own_tags_come_with_ours_and_never_instead():
    tags = json.loads(changed("dev", tags={"team": "platform"}).one(PROVIDER).inputs["defaultTags"])["tags"]
    assert tags == {"team": "platform", PROJECT_TAG: "stargate", STACK_TAG: "dev"}


def fixed_names(graph: Graph) -> set[tuple[str, str]]:
    """Physical names that the program chooses, which hold once in an account."""
    return {
        (r.type, r.inputs[key])
        for r in graph.resources
        if r.custom and r.type.startswith("aws:") and "servicediscovery/service" not in r.type
        for key in NAMED
        if isinstance(r.inputs.get(key), str) and not re.search(r"-(0abc123|id|name|arn)\b", r.inputs[key])
    }


def test_two_stacks_stand_in_one_account_side_by_side():
    shared = {
        (type_, name)
        for type_, name in fixed_names(recorded("dev")) & fixed_names(recorded("prod"))
        # They belong to a cluster, a group or a service of one stack, whose name is part of their identity.
        if not type_.startswith(("aws:ecs/", "aws:rds/parameter", "aws:elasticache/parameter", "aws:iam/rolePolicy"))
    }
    assert shared == set(), "the second stack's `pulumi up` would fail half-way"
    assert any("dev" in name for _, name in fixed_names(recorded("dev"))), "some names are chosen, with the stack's"


def test_production_has_nothing_single_that_a_user_would_notice():
    dev, prod = recorded("dev"), recorded("prod")
    assert [g.one("aws:rds/instance:Instance").inputs["multiAz"] for g in (dev, prod)] == [False, True]
    assert [len(g.of("stargate:index:NatInstance")) for g in (dev, prod)] == [1, 2]
    assert [len(g.of("stargate:index:Cache")) > 0 for g in (dev, prod)] == [False, True]
    services = {r.name: r.inputs["desiredCount"] for r in prod.of("aws:ecs/service:Service")}
    assert services["gateway-service"] == 2
    assert prod.one("aws:rds/instance:Instance").protect
    assert not dev.one("aws:rds/instance:Instance").protect


@pytest.mark.parametrize("stack", STACKS)
def test_the_program_says_how_to_reach_what_it_made_and_never_a_key(stack):
    outputs = recorded(stack).outputs
    assert set(outputs) == {"url", "claude_code", "admin", "dashboards", "traces", "operations"}
    assert outputs["url"].startswith("https://")
    assert outputs["admin"]["tunnel"].startswith("aws ssm start-session")
    assert recorded(stack).secret_outputs == frozenset()
    made_up = [f"{r.name}-result" for r in recorded(stack).of("RandomPassword")]
    assert made_up
    assert not any(value in json.dumps(outputs) for value in made_up)


@pytest.mark.parametrize("stack", STACKS)
def test_the_front_door_calls_services_by_the_names_that_they_have(stack):
    public = {"origin": "public", "domain": DOMAIN}
    graph = changed(stack, edge=public, gateway={}, tracing={"backend": "langfuse"})
    told = [graph.outputs[page]["address"].partition(".")[0] for page in ("admin", "dashboards", "traces")]
    names = {r.inputs["name"] for r in graph.of("aws:servicediscovery/service:Service")}
    assert set(told) == {"gateway", "grafana", "traces"}
    assert set(told) < names, "else a port forward ends at a name that nobody answers to"
    assert names - set(told) == {"metrics", "tracing-store"}


def test_the_certificates_of_public_pages_are_watched_where_they_are():
    pages = {"edge": {"domain": DOMAIN}, "observability": {"grafana": {"public": True}}}
    watched = changed("dev", **pages, alarms={"edge": True})
    alarms = {r.name: r.inputs["region"] for r in watched.of("MetricAlarm") if "certificate-expiry-grafana" in r.name}
    assert list(alarms.values()) == ["us-east-1"]
    assert not [r for r in changed("dev", **pages).of("MetricAlarm") if "certificate-expiry-grafana" in r.name]


@pytest.mark.parametrize("stack", STACKS)
def test_it_says_what_aws_calls_the_parts_that_the_runbooks_ask_for(stack):
    graph = recorded(stack)
    told = graph.outputs["operations"]
    named = {kind: [r.name for r in graph.of(kind)] for kind in ("aws:ecs/service:Service", "LogGroup")}
    assert told["cluster"].startswith("cluster-cluster")
    assert len(told["services"]) == len(named["aws:ecs/service:Service"]), "every service, each once"
    for asked, kind in (("services", "aws:ecs/service:Service"), ("log_groups", "LogGroup")):
        for role, name in told[asked].items():
            assert any(name.startswith(resource) for resource in named[kind]), (role, name)


@pytest.mark.parametrize("stack", STACKS)
def test_no_two_resources_of_a_type_have_one_name(stack):
    counted = Counter((r.type, r.name) for r in recorded(stack).resources)
    assert counted.most_common(1)[0][1] == 1

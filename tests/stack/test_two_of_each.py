"""Two of any component stand in one program, as a platform team's may hold them."""

import inspect
from collections import Counter

import pulumi
import pulumi_aws as aws
import pytest
from one_of_each import MAKERS, Ground

import stargate.components as on_aws
from stargate.components.testing import Graph, record
from stargate.errors import StargateError

# By which input AWS itself knows a resource, where the component says it; `name` for the others.
KNOWN_BY = {"aws:ecs/taskDefinition:TaskDefinition": "family", "aws:rds/instance:Instance": "identifier"}
# A name has a record for each kind of address, and one proof serves every certificate of the mocks.
MANY_OF_A_NAME = "aws:route53/record:Record"
# Those that answer to a hostname.
NAMED = (on_aws.ClickHouse, on_aws.FargateService, on_aws.Grafana, on_aws.Langfuse, on_aws.MetricsStore)


def name_of(cls: type) -> str:
    return cls.__name__


def two(cls: type, **settings: str) -> Graph:
    def program() -> None:
        ground = Ground.made()
        for name in ("one", "two"):
            MAKERS[cls](ground, name, **settings)

    return record(program)


def taken_twice(graph: Graph) -> list[tuple[str, str]]:
    """The types and the names of what AWS would refuse to make a second time."""
    names = Counter(
        (resource.type, resource.inputs.get(KNOWN_BY.get(resource.type, "name")))
        for resource in graph.resources
        if resource.type != MANY_OF_A_NAME
    )
    return [(kind, name) for (kind, name), count in names.items() if name is not None and count > 1]


def test_every_component_that_is_offered_is_tried():
    offered = {found for name in on_aws.__all__ if inspect.isclass(found := getattr(on_aws, name))}
    assert set(MAKERS) == {cls for cls in offered if issubclass(cls, pulumi.ComponentResource)}


def test_a_name_that_is_taken_twice_is_found():
    graph = record(lambda: [aws.sns.Topic(name, name="same") for name in ("one", "two")])
    assert taken_twice(graph) == [("aws:sns/topic:Topic", "same")], "the question itself must be able to say yes"


@pytest.mark.parametrize("cls", MAKERS, ids=name_of)
def test_two_of_it_do_not_collide(cls):
    graph = two(cls)
    assert len(graph.of(f"stargate:index:{cls.__name__}")) >= 2
    assert not taken_twice(graph)


@pytest.mark.parametrize("cls", NAMED, ids=name_of)
def test_one_hostname_for_two_of_it_is_refused(cls):
    with pytest.raises(StargateError, match="two services have the hostname same in cluster-names-id: give one of"):
        two(cls, hostname="same")

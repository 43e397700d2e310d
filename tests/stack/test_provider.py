"""AWS's own provider has nothing against either stack; skipped where Terraform or the provider is not there."""

import pytest
from provider import Judge
from recorded_stack import STACKS, recorded

from stargate.components.testing import Graph, Resource

pytestmark = pytest.mark.provider


@pytest.fixture(scope="module")
def judge(tmp_path_factory) -> Judge:
    made = Judge(tmp_path_factory.mktemp("terraform"))
    if reason := made.start():
        pytest.skip(reason)
    return made


@pytest.mark.parametrize("stack", STACKS)
def test_the_provider_has_nothing_against_a_stack(judge, stack):
    assert judge.faults(recorded(stack)) == []


def test_the_provider_sees_what_is_wrong(judge):
    def made(type_: str, name: str, **inputs) -> Resource:
        return Resource(type=type_, name=name, urn=name, parent="", custom=True, inputs=inputs)

    faults = judge.faults(
        Graph(
            resources=(
                made("aws:cloudwatch/logGroup:LogGroup", "days", retentionInDays=8),
                made("aws:cloudwatch/logGroup:LogGroup", "argument", retention=7),
                made("aws:ec2/vpc:Vpc", "range", cidrBlock="10.0.0.0/99"),
                made("aws:ec2/moon:Moon", "type"),
            )
        )
    )
    assert any("retention_in_days" in fault for fault in faults), "a choice that AWS does not offer"
    assert any("knows no retention of aws_cloudwatch_log_group" in fault for fault in faults)
    assert any("10.0.0.0/99" in fault for fault in faults), "a text that is no range"
    assert any("has no aws:ec2/moon:Moon" in fault for fault in faults)

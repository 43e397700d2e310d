"""Who hears of what in a stack, and what its outputs say of where to look."""

import json

import pytest
import yaml
from recorded_stack import changed, recorded
from recorded_task import containers, environment

from stargate.components.testing import Graph
from stargate.errors import StargateError


def topics(graph: Graph) -> dict[str, str]:
    """Alertmanager's topics by severity, as their resources are named."""
    prepared = containers(graph, "watch-metrics-tasks-definition")["preparation"]
    receivers = yaml.safe_load(environment(prepared)["FILE_ALERTMANAGER_YML"])["receivers"]
    return {one["name"]: one["sns_configs"][0]["topic_arn"].rsplit(":", 1)[-1] for one in receivers}


def test_an_alert_of_the_gateway_wakes_somebody_only_where_pages_are_on():
    woken = changed("dev", alarms={"pages": True, "page_emails": ["ops@example.com"]})
    assert topics(woken) == {"page": "topics-page", "ticket": "topics-ticket"}
    quiet = changed("dev", alarms={"ticket_emails": ["ops@example.com"]})
    assert topics(quiet) == {"page": "topics-ticket", "ticket": "topics-ticket"}, "nobody reads the other topic"


def test_somebody_who_would_never_be_woken_is_refused():
    with pytest.raises(
        StargateError, match=r"page_emails names ops@example\.com and alarms\.pages is false: set pages"
    ):
        changed("dev", alarms={"page_emails": ["ops@example.com"]})


@pytest.mark.parametrize(("address", "read"), [("ops@example.com", False), ("ops@example.com.au", True)])
def test_an_address_that_stands_for_another_is_warned_of_once(address, read, caplog):
    changed("prod", alarms={"pages": True, "page_emails": [address], "ticket_emails": [address], "edge": True})
    warned = [line for line in caplog.messages if "nobody reads" in line]
    assert len(warned) == (0 if read else 1)


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_every_service_has_its_log_group_in_the_outputs(stack):
    operations = recorded(stack).outputs["operations"]
    assert operations["services"].keys() == operations["log_groups"].keys() >= {"gateway", "metrics", "grafana"}
    written = {group.name for group in recorded(stack).of("LogGroup")}
    assert {name.removesuffix("-0abc123") for name in operations["log_groups"].values()} <= written, json.dumps(
        operations
    )

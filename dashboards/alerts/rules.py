"""The rule files of a stack, for vmalert."""

from typing import Any, Final

import yaml

from stargate.dashboards.alerts import gateway, models, money, observability
from stargate.dashboards.alerts.recording import records, spend_records
from stargate.dashboards.alerts.rule import RUNBOOKS, Alert, Pace
from stargate.dashboards.alerts.thresholds import Thresholds
from stargate.errors import StargateError

GROUPS: Final = {"gateway": gateway, "models": models, "money": money, "observability": observability}
INTERVAL_SECONDS: Final = 30


def alerts(thresholds: Thresholds | None = None, pace: Pace | None = None) -> dict[str, list[Alert]]:
    """Every alert, by its group: the group is the runbook's name."""
    limit, time = thresholds or Thresholds(), pace or Pace()
    return {name: module.alerts(limit, time) for name, module in GROUPS.items()}


def render(
    *, stack: str, thresholds: Thresholds | None = None, pace: Pace | None = None, runbooks: str = RUNBOOKS
) -> dict[str, str]:
    """The rules as files: the name of each, and its YAML. Every alert carries the stack's name."""
    if not stack:
        raise StargateError("the stack's name is empty: alerts of several stacks would be told apart by nothing")
    time = pace or Pace()
    groups = {
        name: [alert.rule(group=name, stack=stack, pace=time, runbooks=runbooks) for alert in every]
        for name, every in alerts(thresholds, time).items()
    }
    # A group is evaluated in order: what is recorded comes before the alerts that read it.
    groups["gateway"] = [*records(stack=stack, pace=time), *groups["gateway"]]
    groups["money"] = [*spend_records(stack=stack, pace=time), *groups["money"]]
    return {f"{name}.yaml": _file(name, rules, time) for name, rules in groups.items()}


def _file(name: str, rules: list[dict[str, Any]], pace: Pace) -> str:
    group = {"name": name, "interval": pace(INTERVAL_SECONDS), "rules": rules}
    return yaml.safe_dump({"groups": [group]}, sort_keys=False, width=100)

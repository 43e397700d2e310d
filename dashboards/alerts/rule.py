"""One alert: what it asks, how long it must hold, what a person is told, and where they go on."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from stargate.gateway.routes import METRICS

# LiteLLM counts refused scrapes as requests; they are none of a client's.
CLIENTS: Final = f'route!~"{METRICS.path.rstrip("/")}.*"'
# A failure that no deployment had a part in (a refused key, a limit of the gateway's) has an empty model name.
DEPLOYED: Final = 'litellm_model_name!=""'

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY
# Where the runbooks lie in the repository; a stack names an address that whoever is woken can open.
RUNBOOKS: Final = "docs/runbooks"


class Severity(StrEnum):
    """Whom an alert reaches: somebody now, or a queue that is read on working days."""

    PAGE = "page"
    TICKET = "ticket"


class Dashboard(StrEnum):
    """The fixed uid of the dashboard that an alert links to."""

    GATEWAY = "stargate-gateway"
    COST = "stargate-cost"
    MODELS = "stargate-models"
    PLATFORM = "stargate-platform"


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How fast time passes for the rules: 1 as written; tests divide every window and every hold."""

    divisor: int = 1

    def __call__(self, seconds: float) -> str:
        """A duration as Prometheus writes it."""
        paced = max(1, round(seconds / self.divisor))
        for unit, size in (("d", DAY), ("h", HOUR), ("m", MINUTE)):
            if paced % size == 0:
                return f"{paced // size}{unit}"
        return f"{paced}s"


@dataclass(frozen=True, kw_only=True)
class Alert:
    """A condition that a person must know of."""

    name: str
    severity: Severity
    expression: str
    """PromQL that has a sample for each thing that is wrong."""
    hold_seconds: int
    """How long it must be so before anybody is told."""
    summary: str
    """One line, with `$labels` and `$value` in Prometheus's templates."""
    description: str
    """What it means for whom."""
    dashboard: Dashboard
    concerns: str = ""
    """A word that a page shares with the ticket that it makes needless; empty where there is no such pair."""

    def rule(self, *, group: str, stack: str, pace: Pace, runbooks: str = RUNBOOKS) -> dict[str, Any]:
        """The rule as vmalert and promtool read it."""
        hold = {"for": pace(self.hold_seconds)} if self.hold_seconds else {}
        return {
            "alert": self.name,
            "expr": self.expression,
            **hold,
            "labels": {
                "severity": self.severity.value,
                "stack": stack,
                "component": group,
                **({"concerns": self.concerns} if self.concerns else {}),
            },
            "annotations": {
                "summary": self.summary,
                "description": self.description,
                "dashboard": f"/d/{self.dashboard.value}",
                "runbook": f"{runbooks}/{group}.md#{self.name.lower()}",
            },
        }


def share(part: str, whole: str, *, by: str = "") -> str:
    """One rate over another, both summed over tasks, by these labels."""
    over = f" by ({by}) " if by else ""
    return f"(sum{over}({part}) / sum{over}({whole}))"


def enough(counter: str, window: str, *, least: int, by: str = "") -> str:
    """Whether so much was counted in a window, summed over tasks, that a share of it says something."""
    over = f" by ({by}) " if by else ""
    return f"sum{over}(increase({counter}[{window}])) >= {least}"

"""The policy: what must hold of every stack, judged over its recorded resources, without an engine or AWS.

Whoever uses the components tests their own program with it:

    assert check(record(Path("__main__.py"))) == ()
"""

from stargate.components.policy.names import physical_names
from stargate.components.policy.rule import Expectations, Rule, Surface, Violation
from stargate.components.policy.rules import RULES
from stargate.components.testing import Graph

__all__ = ["RULES", "Expectations", "Rule", "Surface", "Violation", "check", "physical_names"]


def check(graph: Graph, expected: Expectations | None = None) -> tuple[Violation, ...]:
    """Every violation of every rule, in the order of the rules; none for a stack that holds them all."""
    told = expected or Expectations()
    return tuple(violation for rule in RULES for violation in rule.violations(graph, told))

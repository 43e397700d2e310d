"""The stack's settings, parsed once.

They alone among the components know the gateway and its alerts: its models, routes and timeouts, what its LiteLLM is
set to, the role that reads its spend, and the alerts' thresholds.
"""

from stargate.components.settings.stack import Settings, load, parse

__all__ = ["Settings", "load", "parse"]

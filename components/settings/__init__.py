"""The stack's settings: the only part of the components that knows the plain truths of the gateway and its alerts."""

from stargate.components.settings.stack import Settings, load, parse

__all__ = ["Settings", "load", "parse"]

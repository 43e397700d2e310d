"""The stack's settings: the only part of the components that knows the gateway's models, routes and timeouts."""

from stargate.components.settings.stack import Settings, load, parse

__all__ = ["Settings", "load", "parse"]

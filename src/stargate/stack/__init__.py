"""A stack's settings become its components' arguments: where components meet the gateway and the dashboards.

`__main__.py` reads as the diagram because what each box is made of stands here; nothing here makes a resource.
"""

from stargate.stack.base import Stack

__all__ = ["Stack"]

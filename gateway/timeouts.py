"""The ladder of timeouts that lets a silent, thinking model and a rolling deploy pass without cutting a stream.

From the model outwards each wait must be longer than the one below it, else the outer part gives up on an answer
that the inner part still works on. The limits are AWS's own: CloudFront's read timeout, Fargate's stop timeout.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from stargate.errors import StargateError
from stargate.values import Values

# CloudFront's OriginReadTimeout, in seconds: 1 to 60 without, up to 120 with a raised quota (L-AECE9FA7).
LONGEST_EDGE_READ_SECONDS: Final = 120
# Fargate kills a task this long after SIGTERM at the latest.
LONGEST_STOP_SECONDS: Final = 120
# An Application Load Balancer's idle timeout, in seconds.
LONGEST_IDLE_SECONDS: Final = 4000
# A target group's deregistration delay, in seconds.
LONGEST_DEREGISTRATION_SECONDS: Final = 3600


@dataclass(frozen=True, kw_only=True)
class Ladder(Values):
    """Every timeout between the client and the model, in seconds; refuses to exist out of order."""

    ping_seconds: int = 15
    """LiteLLM's keep-alive event on a stream while the model is silent, from before its first byte on."""
    edge_read_seconds: int = 60
    """CloudFront waits this long for the first byte and between two packets."""
    request_seconds: int = 600
    """LiteLLM gives up on the model after this."""
    idle_seconds: int = 620
    """The load balancer closes a connection that was silent this long."""
    keep_alive_seconds: int = 630
    """LiteLLM's server keeps an idle connection this long; shorter than the balancer's, it would answer 502."""
    stop_seconds: int = 120
    """A task that is being replaced may finish its streams for this long."""
    deregistration_seconds: int = 120
    """The load balancer leaves the streams of a leaving task alone for this long."""

    def __post_init__(self) -> None:
        """Refuse a ladder whose steps are out of order or beyond what AWS takes."""
        steps = ("ping_seconds", "edge_read_seconds", "request_seconds", "idle_seconds", "keep_alive_seconds")
        for name in ("ping_seconds", "stop_seconds"):
            if getattr(self, name) < 1:
                raise StargateError(f"gateway.timeouts.{name} is {getattr(self, name)}: choose 1 or more")
        for lower, upper in pairwise(steps):
            if getattr(self, lower) >= getattr(self, upper):
                raise StargateError(
                    f"gateway.timeouts.{lower} is {getattr(self, lower)} and gateway.timeouts.{upper} is "
                    f"{getattr(self, upper)}: "
                    f"choose {lower} below {upper}, else the outer part hangs up on the inner"
                )
        for name, longest in (
            ("edge_read_seconds", LONGEST_EDGE_READ_SECONDS),
            ("idle_seconds", LONGEST_IDLE_SECONDS),
            ("stop_seconds", LONGEST_STOP_SECONDS),
            ("deregistration_seconds", LONGEST_DEREGISTRATION_SECONDS),
        ):
            if getattr(self, name) > longest:
                raise StargateError(f"gateway.timeouts.{name} is {getattr(self, name)}: choose at most {longest}")
        if self.deregistration_seconds < self.stop_seconds:
            raise StargateError(
                f"gateway.timeouts.deregistration_seconds is {self.deregistration_seconds} and "
                f"gateway.timeouts.stop_seconds is {self.stop_seconds}: "
                "choose at least stop_seconds, else a deploy cuts streams"
            )

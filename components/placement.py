"""Where services run and on what: the settings that neighbours share."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import pulumi

from stargate.components.cluster import Cluster
from stargate.components.log_days import DEFAULT_LOG_DAYS


@dataclass(frozen=True, kw_only=True)
class Placement:
    """The place of one service or of several; args of a component that runs services extend it."""

    cluster: Cluster
    """Where its tasks run; its name is in the cluster's private domain."""
    vpc_id: pulumi.Input[str]
    """The VPC that its security groups belong to."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """Private subnets, one in each zone."""
    spot: bool = False
    """Whether AWS may take a task back with two minutes' notice, for about a third of the price."""
    architecture: str = "ARM64"
    """The processor that the images are built for: `ARM64` or `X86_64`."""
    log_days: int = DEFAULT_LOG_DAYS
    """How many days CloudWatch keeps the log: one of the numbers that it offers, such as 7, 30 or 90."""

    def place(self) -> dict[str, Any]:
        """These fields alone, as keyword arguments for whatever stands in the same place."""
        return {field.name: getattr(self, field.name) for field in fields(Placement)}

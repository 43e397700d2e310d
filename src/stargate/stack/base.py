"""A stack: its settings, its name, its region, and what the gateway's own truths become for it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pulumi

from stargate.components import ImageArgs, NatMode, TracingBackend, region
from stargate.components.settings import Settings, load
from stargate.gateway.models import Model, offered
from stargate.gateway.routes import Policy, policy


@dataclass(frozen=True)
class Stack:
    """One stack of the project."""

    settings: Settings
    name: str
    region: str

    @classmethod
    def load(cls) -> "Stack":
        """The stack that Pulumi runs. Raises `StargateError` for settings that cannot be."""
        made = cls(load(), pulumi.get_stack(), region())
        _ = made.models
        return made

    @cached_property
    def models(self) -> tuple[Model, ...]:
        """What clients may ask for. Raises `StargateError` for a model that the region cannot reach."""
        gateway = self.settings.gateway
        return offered(gateway.models, gateway.profile, self.region)

    @cached_property
    def policy(self) -> Policy:
        """What the public may call."""
        return policy(self.settings.gateway.open)

    @property
    def architecture(self) -> str:
        """The processor of every task."""
        return self.settings.gateway.architecture.value

    @property
    def has_way_out(self) -> bool:
        """Whether tasks reach the internet; public images are mirrored without."""
        return self.settings.network.nat.mode is not NatMode.NONE

    @property
    def has_nat_instances(self) -> bool:
        """Whether administrators come in through a NAT instance; they need a door of their own without."""
        return self.settings.network.nat.mode is NatMode.INSTANCE

    @property
    def runs_langfuse(self) -> bool:
        """Whether Langfuse runs in this stack."""
        return self.settings.tracing.backend is TracingBackend.LANGFUSE

    @property
    def writes_elsewhere(self) -> bool:
        """Whether traces go to a Langfuse that somebody else runs."""
        return self.settings.tracing.backend is TracingBackend.EXTERNAL

    def image(self, dockerfile: Path, context: Path) -> ImageArgs:
        """An image of this stack: its processor, and whether it goes with the stack."""
        return ImageArgs(
            dockerfile=dockerfile,
            context=context,
            architecture=self.architecture,
            destroy=not self.settings.gateway.deletion_protection,
        )

    @property
    def edge_log_days(self) -> int:
        """How long CloudFront's requests are kept; 0 for not at all."""
        watched = self.settings.observability
        return watched.log_days if watched.edge_logs else 0

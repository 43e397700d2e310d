"""What is seen of the gateway: the metrics store with its alerts, and Grafana with its dashboards."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from stargate.components.database import Database
from stargate.components.grafana import Grafana, GrafanaArgs, GrafanaSettings
from stargate.components.image import Image, ImageArgs
from stargate.components.metrics_store import MetricsSettings, MetricsStore, MetricsStoreArgs
from stargate.components.naming import LONGEST_COMPONENT_NAME, component_name, within
from stargate.components.placement import Placement
from stargate.errors import StargateError


@dataclass(frozen=True, kw_only=True)
class ObservabilityArgs(Placement):
    """Where both run, what each of them is to do, and Grafana's image."""

    metrics: MetricsSettings
    """What the store reads, keeps and alerts on."""
    grafana: GrafanaSettings
    """Where Grafana is read and what it shows; it finds the store by itself."""
    grafana_image: ImageArgs
    """What Grafana's image is built from."""

    def __post_init__(self) -> None:
        """Refuse an image that the tasks could not run."""
        if self.grafana_image.architecture != self.architecture:
            raise StargateError(
                f"observability.architecture is {self.architecture} and Grafana's image is built for "
                f"{self.grafana_image.architecture}: choose the same for both"
            )


class Observability(pulumi.ComponentResource):
    """The metrics store, and Grafana over it.

    Builds: the metrics store with its alerts, Grafana's image, Grafana, the ways between the two, and the way from
    Grafana to each database that it reads. Who looks at Grafana, and which services the store reads, the caller
    admits: by `grafana.allow(…)`, and by the service's own `allow` with `metrics.security_group_id`.
    """

    metrics: MetricsStore
    grafana: Grafana
    service_names: Mapping[str, pulumi.Output[str]]
    """By role, for alarms."""

    def __init__(self, name: str, args: ObservabilityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build it; the name is at most six characters, since services below it carry it on."""
        room = LONGEST_COMPONENT_NAME - len("-metrics-tasks")
        super().__init__(
            "stargate:index:Observability", within(component_name(name), room, "the observability's name"), None, opts
        )
        below = pulumi.ResourceOptions(parent=self)
        self.metrics = MetricsStore(f"{name}-metrics", MetricsStoreArgs(**args.place(), **vars(args.metrics)), below)
        image = Image(f"{name}-image", args.grafana_image, below)
        self.grafana = Grafana(
            f"{name}-grafana",
            GrafanaArgs(
                **args.place(),
                **vars(args.grafana),
                image=image.reference,
                repository_arn=image.repository_arn,
                metrics_url=self.metrics.url,
                metrics_password_secret=self.metrics.password_secret,
            ),
            below,
        )
        self.metrics.allow("grafana", self.grafana.security_group_id)
        self.grafana.allow("metrics", self.metrics.security_group_id)
        for database in _databases(args.grafana):
            database.allow(self.grafana.hostname, self.grafana.security_group_id)
        self.service_names = {"metrics": self.metrics.service_name, "grafana": self.grafana.service_name}
        self.register_outputs({"service_names": self.service_names})


def _databases(settings: GrafanaSettings) -> list[Database]:
    """Each instance once, though it be Grafana's own and the spend's."""
    servers = [settings.database, settings.spend_reader.server if settings.spend_reader else None]
    return list({id(server): server for server in servers if server is not None}.values())

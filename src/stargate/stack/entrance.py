"""Where everyone comes in: the front door, the gateway's edge, the addresses of pages."""

from typing import Final

from stargate import components as on_aws
from stargate.components.langfuse_containers import WEB_PORT
from stargate.components.settings.areas import Origin
from stargate.gateway import behaviours, guard, routes
from stargate.stack.base import Stack

# The administrators' ports, the same on their own machine.
GATEWAY_PORT: Final = 4000
GRAFANA_PORT: Final = 3000
TRACES_PORT: Final = 3001
# The roles at the front door.
GATEWAY: Final = "gateway"
GRAFANA: Final = "grafana"
TRACES: Final = "traces"


def front(
    stack: Stack, network: on_aws.Network, cluster: on_aws.Cluster, door: on_aws.Door | None
) -> on_aws.FrontDoorArgs:
    """Who comes in, and to what."""
    gateway, group = stack.settings.gateway, door.security_group_id if door else network.nat_security_group_id
    return on_aws.FrontDoorArgs(
        network=network,
        routes=stack.policy.routes,
        gateway=on_aws.Application(
            port=GATEWAY_PORT,
            admin_port=GATEWAY_PORT,
            health_path=routes.LIVELINESS.path,
            host=f"gateway.{cluster.domain}",
        ),
        pages=_applications(stack, cluster),
        internal=stack.settings.edge.origin is Origin.VPC,
        domain=stack.settings.edge.domain,
        admin_groups={"door": group} if group is not None else {},
        admin_networks=gateway.admin_networks,
        idle_seconds=gateway.timeouts.idle_seconds,
        deregistration_seconds=gateway.timeouts.deregistration_seconds,
        deletion_protection=gateway.deletion_protection,
        access_logs=gateway.access_logs,
    )


def _applications(stack: Stack, cluster: on_aws.Cluster) -> dict[str, on_aws.Application]:
    found = {
        GRAFANA: on_aws.Application(
            port=GRAFANA_PORT,
            admin_port=GRAFANA_PORT,
            health_path="/api/health",
            host=f"{GRAFANA}.{cluster.domain}",
            public=stack.settings.observability.grafana.public,
        )
    }
    if stack.runs_langfuse:
        found[TRACES] = on_aws.Application(
            port=WEB_PORT,
            admin_port=TRACES_PORT,
            health_path="/api/public/health",
            host=f"{TRACES}.{cluster.domain}",
            public=stack.settings.tracing.public,
        )
    return found


def edge(stack: Stack, front: on_aws.FrontDoor) -> on_aws.EdgeArgs:
    """The gateway's edge: the guard on what may pass, its refusal on the administrative families."""
    return on_aws.EdgeArgs(
        behaviours=behaviours.behaviours(stack.policy),
        guard_code=guard.render(stack.policy),
        refusal_code=guard.render(routes.Policy(routes=())),
        origin=front.origins[GATEWAY],
        read_timeout_seconds=stack.settings.gateway.timeouts.edge_read_seconds,
        domain=stack.settings.edge.domain,
        waf=stack.settings.edge.waf,
        log_days=stack.edge_log_days,
        price_class=stack.settings.edge.price_class.value,
    )


def pages(stack: Stack, front: on_aws.FrontDoor, role: str) -> on_aws.PagesArgs:
    """Where a browser finds Grafana's or Langfuse's pages."""
    return on_aws.PagesArgs(
        front=front,
        role=role,
        domain=stack.settings.edge.domain,
        waf=stack.settings.edge.waf,
        log_days=stack.edge_log_days,
    )

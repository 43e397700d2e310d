"""Where everyone comes in: the front door, the gateway's edge, the addresses of pages."""

from typing import Final

from stargate import components as on_aws
from stargate.components import gateway, grafana, langfuse_containers
from stargate.components.settings.areas import OriginMode
from stargate.gateway import behaviours, guard, routes
from stargate.stack.base import Stack

# Langfuse's pages on an administrator's own machine, where Grafana has taken the port that both listen on.
TRACES_PORT: Final = 3001
# The roles at the front door, which are the tasks' hostnames too.
GATEWAY: Final = "gateway"
GRAFANA: Final = "grafana"
TRACES: Final = "traces"


def front(
    stack: Stack, network: on_aws.Network, cluster: on_aws.Cluster, door: on_aws.Door | None
) -> on_aws.FrontDoorArgs:
    """Who comes in, and to what."""
    chosen, group = stack.settings.gateway, door.security_group_id if door else network.nat_security_group_id
    return on_aws.FrontDoorArgs(
        network=network,
        routes=stack.policy.routes,
        gateway=on_aws.Application(
            port=gateway.PORT,
            admin_port=gateway.PORT,
            health_path=routes.LIVELINESS.path,
            host=f"{GATEWAY}.{cluster.domain}",
        ),
        pages=_applications(stack, cluster),
        internal=stack.settings.edge.origin is OriginMode.VPC,
        domain=stack.settings.edge.domain,
        admin_groups={"door": group} if group is not None else {},
        admin_networks=chosen.admin_networks,
        idle_seconds=chosen.timeouts.idle_seconds,
        deregistration_seconds=chosen.timeouts.deregistration_seconds,
        deletion_protection=chosen.deletion_protection,
        access_logs=chosen.access_logs,
    )


def _applications(stack: Stack, cluster: on_aws.Cluster) -> dict[str, on_aws.Application]:
    found = {
        GRAFANA: on_aws.Application(
            port=grafana.PORT,
            admin_port=grafana.PORT,
            health_path=grafana.HEALTH_PATH,
            host=f"{GRAFANA}.{cluster.domain}",
            public=stack.settings.observability.grafana.public,
        )
    }
    if stack.runs_langfuse:
        found[TRACES] = on_aws.Application(
            port=langfuse_containers.WEB_PORT,
            admin_port=TRACES_PORT,
            health_path=langfuse_containers.WEB_HEALTH_PATH,
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
        price_class=stack.settings.edge.price_class.value,
    )

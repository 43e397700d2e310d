"""What a stack tells whoever deployed it: addresses, how to reach them, and where the keys are. Never a key."""

from collections.abc import Mapping

import pulumi

from stargate import components as on_aws
from stargate.components.machine import door_name
from stargate.gateway import clients
from stargate.stack.base import Stack
from stargate.stack.entrance import GATEWAY, GRAFANA, TRACES
from stargate.stack.watching import langfuse_log_groups, langfuse_services

# What stands for the key that an administrator made for the user.
YOUR_KEY = "YOUR-VIRTUAL-KEY"


def claude_code(stack: Stack, edge: on_aws.Edge) -> pulumi.Output[str]:
    """The lines that point Claude Code at the gateway."""
    return edge.url.apply(
        lambda url: "\n".join(
            f"export {name}={value}" for name, value in clients.claude_code(url, YOUR_KEY, stack.models).items()
        )
    )


def admin(stack: Stack, front: on_aws.FrontDoor, gateway: on_aws.Gateway) -> dict[str, pulumi.Input[str]]:
    """LiteLLM's own address, how to reach it, and the secret that holds its master key."""
    return {**_reached(stack, front, GATEWAY), "master_key_secret": gateway.master_key_secret_arn}


def dashboards(
    stack: Stack, front: on_aws.FrontDoor, pages: on_aws.Pages, observability: on_aws.Observability
) -> dict[str, pulumi.Input[str]]:
    """Grafana's address, how to reach it, and the secret that holds the password of its user `admin`."""
    return {
        "url": pages.url,
        **_reached(stack, front, GRAFANA),
        "password_secret": observability.grafana.admin_password_secret_arn,
    }


def traces(
    stack: Stack, front: on_aws.FrontDoor, pages: on_aws.Pages | None, langfuse: on_aws.Langfuse | None
) -> dict[str, pulumi.Input[str]]:
    """Langfuse's address; of this stack's own, how to reach it and the secret of its first user's password."""
    if pages is None or langfuse is None:
        return {"url": stack.settings.tracing.host or "none"}
    return {
        "url": pages.url,
        **_reached(stack, front, TRACES),
        "user": stack.settings.tracing.admin_email,
        "password_secret": langfuse.admin_password_secret_arn,
    }


def operations(
    cluster: on_aws.Cluster,
    gateway: on_aws.Gateway,
    observability: on_aws.Observability,
    langfuse: on_aws.Langfuse | None,
) -> dict[str, pulumi.Input[str] | Mapping[str, pulumi.Input[str]]]:
    """What AWS calls the parts, by role: what the runbooks' commands ask for."""
    metrics, grafana = observability.metrics, observability.grafana
    return {
        "cluster": cluster.name,
        "services": {
            GATEWAY: gateway.service_name,
            **observability.service_names,
            **langfuse_services(langfuse),
        },
        "log_groups": {
            GATEWAY: gateway.log_group_name,
            "metrics": metrics.log_group_name,
            GRAFANA: grafana.log_group_name,
            **langfuse_log_groups(langfuse),
        },
    }


def _reached(stack: Stack, front: on_aws.FrontDoor, role: str) -> dict[str, pulumi.Input[str]]:
    address = front.admin_addresses[role]
    port = front.admin_ports[role]
    return {
        "address": address,
        "tunnel": on_aws.tunnel_to(door_name(), address, stack.region, port),
        "through_the_tunnel": f"http://localhost:{port}",
    }

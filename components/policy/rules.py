"""Every rule by its key, in the order in which the documentation lists them."""

from typing import Final

from stargate.components.policy import (
    encryption,
    keeping,
    machines,
    names,
    permissions,
    reach,
    secrecy,
    surface,
    tasks,
)
from stargate.components.policy.rule import Rule

_JUDGES: Final = {
    "closed": reach.closed,
    "standalone-rules": reach.standalone,
    "described": reach.described,
    "default-group-empty": reach.default_group_empty,
    "private-subnets": reach.inside,
    "no-public-addresses": reach.without_addresses,
    "flows-kept": reach.flows_kept,
    "encrypted-at-rest": encryption.at_rest,
    "encrypted-on-the-wire": encryption.on_the_wire,
    "buckets-private": encryption.buckets_private,
    "https-at-the-edge": encryption.https_at_the_edge,
    "https-at-the-balancer": encryption.https_at_the_balancer,
    "unambiguous-requests": encryption.unambiguous,
    "reasoned-permissions": permissions.reasoned,
    "no-escalation": permissions.not_escalating,
    "trusted-services": permissions.trusted_services,
    "own-policies": permissions.own_policies,
    "not-shared": permissions.not_shared,
    "models-pinned": permissions.models_pinned,
    "secrets-from-the-store": secrecy.from_the_store,
    "secrets-marked": secrecy.marked,
    "secrets-nowhere-else": secrecy.nowhere_else,
    "logs-end": keeping.retention,
    "protected": keeping.protected,
    "confined": tasks.confined,
    "no-shells": tasks.without_shells,
    "exact-images": tasks.exact_images,
    "rolled-back": tasks.rolled_back,
    "metadata-by-session": machines.metadata_by_session,
    "no-key-pairs": machines.without_keys,
    "edge-refuses": surface.edge_refuses,
    "edge-shows": surface.edge_shows,
    "edge-keeps-nothing": surface.edge_keeps_nothing,
    "edge-proven": surface.edge_proven,
    "balancer-denies": surface.balancer_denies,
    "balancer-refuses": surface.balancer_refuses,
    "public-passes": surface.public_passes,
    "names-of-this-stack": names.of_this_stack,
    "tagged": names.tagged,
}
RULES: Final = tuple(Rule(key=key, statement=judge.__doc__ or "", judge=judge) for key, judge in _JUDGES.items())

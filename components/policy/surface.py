"""What the public reaches of the gateway, tried with real requests at the edge and at the load balancer."""

from collections.abc import Iterator

from stargate.components.edge import CACHING_DISABLED, KEPT_ERRORS
from stargate.components.policy.distributions import Distribution
from stargate.components.policy.listeners import facing_outside
from stargate.components.policy.paths import METHODS, decoded, disguised, same
from stargate.components.policy.rule import STACK, Expectations, Found, Surface
from stargate.components.testing import Graph


def edge_refuses(graph: Graph, expected: Expectations) -> Found:
    """No administrative path passes the edge, by any method and in any writing."""
    if expected.surface is None:
        return
    public = _first_path(expected.surface)
    for distribution in _before_the_gateway(graph, expected.surface):
        for admin in expected.surface.admin:
            for path in sorted(set(disguised(admin, public))):
                if passed := distribution.passing(METHODS, path):
                    yield distribution.resource.name, f"{passed[0]} {path} passes it: refuse it in the guard"


def edge_shows(graph: Graph, expected: Expectations) -> Found:
    """Every administrative path has a behaviour of its own at the edge, which would refuse it without the guard too."""
    if expected.surface is None or not expected.surface.public:
        return
    for distribution in _before_the_gateway(graph, expected.surface):
        for path in expected.surface.admin:
            if not all(distribution.stands_refused(path, public) for public in expected.surface.public):
                yield distribution.resource.name, f"{path} meets no behaviour that refuses all: add one for its family"


def edge_keeps_nothing(graph: Graph, expected: Expectations) -> Found:
    """The edge before a gateway keeps no answer and no error: one caller's would be another's."""
    if expected.surface is None:
        return
    for distribution in _before_the_gateway(graph, expected.surface):
        for behaviour in distribution.behaviours:
            if behaviour.get("cachePolicyId") != CACHING_DISABLED:
                pattern = behaviour.get("pathPattern", "*")
                yield distribution.resource.name, f"{pattern} is cached: set cache_policy_id to {CACHING_DISABLED}"
        if kept := set(KEPT_ERRORS) - distribution.errors_not_kept:
            yield distribution.resource.name, f"it keeps a {min(kept)}: set its error_caching_min_ttl to 0"


def balancer_refuses(graph: Graph, expected: Expectations) -> Found:
    """No listener that CloudFront can reach forwards an administrative path to the gateway."""
    if expected.surface is None:
        return
    written = {path for admin in expected.surface.admin for path in same(admin)}
    gateway, sent = _gateway(graph), _sent(graph, expected.surface)
    for listener in facing_outside(graph):
        for path in sorted({*written, *map(decoded, written)}):
            reached = {listener.target(method, path, headers) for method in METHODS for headers in sent}
            if reached & gateway:
                yield listener.resource.name, f"it forwards {path} to the gateway: name public paths alone"


def balancer_denies(graph: Graph, _: Expectations) -> Found:
    """A listener that CloudFront or the internet can reach answers 403 to whatever it does not know."""
    for listener in facing_outside(graph):
        if not listener.refuses_by_default:
            yield listener.resource.name, "what matches no rule is let through: make its default a fixed 403"


def edge_proven(graph: Graph, expected: Expectations) -> Found:
    """A balancer on the internet forwards nothing that did not come through an edge of this stack."""
    if expected.surface is None:
        return
    for listener in facing_outside(graph):
        if listener.internal:
            continue
        for method, path in expected.surface.public:
            if listener.target(method, path, {}) is not None:
                yield listener.resource.name, f"it forwards {path} from anybody's CloudFront: ask for the secret header"


def public_passes(graph: Graph, expected: Expectations) -> Found:
    """Every public path passes the edge, and the load balancer forwards it to the gateway."""
    if expected.surface is None:
        return
    distributions = list(_before_the_gateway(graph, expected.surface))
    if not distributions:
        yield STACK, "no distribution stands before the gateway: add an Edge"
    gateway, listeners = _gateway(graph), list(facing_outside(graph))
    for distribution in distributions:
        for method, path in expected.surface.public:
            if not distribution.passing([method], path):
                yield distribution.resource.name, f"{method} {path} is refused: let it pass the guard"
            if not {listener.target(method, path, distribution.headers) for listener in listeners} & gateway:
                yield distribution.resource.name, f"{method} {path} reaches no gateway: add a listener rule for it"


def _before_the_gateway(graph: Graph, surface: Surface) -> Iterator[Distribution]:
    """The distributions whose requests are told apart by their path.

    One whose header leads all of them to another application, such as Grafana, never meets the gateway.
    """
    gateway = _gateway(graph)
    for distribution in _distributions(graph, surface):
        elsewhere = {t for listener in facing_outside(graph) for t in listener.led_by_header(distribution.headers)}
        if not elsewhere or elsewhere & gateway:
            yield distribution


def _distributions(graph: Graph, surface: Surface) -> Iterator[Distribution]:
    for resource in graph.of("aws:cloudfront/distribution:Distribution"):
        yield Distribution(resource, graph, surface.run)


def _sent(graph: Graph, surface: Surface) -> list[dict[str, str]]:
    """The headers that a request may carry: those of each edge, and none."""
    return [{}, *(distribution.headers for distribution in _distributions(graph, surface))]


def _gateway(graph: Graph) -> set[str]:
    return {target for listener in facing_outside(graph) for target in listener.by_path()}


def _first_path(surface: Surface) -> str:
    return surface.public[0][1] if surface.public else ""

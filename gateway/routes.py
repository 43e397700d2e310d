"""Which path is public, which family is administrative, and nothing else: everything that is not listed is refused.

This is the only place that names a path. From it are derived the CloudFront function and its behaviours, the load
balancer's rules, the local edge, the probes and the table in `docs/routes.md`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

# One path segment as a client may send it: identifiers of models and responses, never a dot segment or an escape.
SEGMENT: Final = r"[A-Za-z0-9][A-Za-z0-9._:-]*"

# CloudFront forwards the raw path and LiteLLM percent-decodes it, so `/%75ser/new` and `/user%2Fnew` would reach an
# administrative route: whatever could be read in two ways is refused before any other rule.
SUSPICIOUS: Final = r"[^\x21-\x7e]|[%\\;]|//|\.\."

# Longer than any public path with the longest identifier; shorter than what the load balancer refuses by itself.
LONGEST_PATH: Final = 512


class Audience(StrEnum):
    """Who a route is for."""

    CLIENT = "client"
    """A user with a virtual key, from anywhere."""
    PROBE = "probe"
    """Anyone who asks whether the gateway lives; no key, no detail."""
    OPERATOR = "operator"
    """Public only where a stack's settings open it."""


class Opening(StrEnum):
    """What a stack's settings may open to the public beside the client's routes."""

    METRICS = "metrics"
    HEALTH = "health"


@dataclass(frozen=True, kw_only=True)
class Route:
    """A path of LiteLLM that the public may call, with the methods that it takes.

    `path` is exact; a `{name}` in it stands for one segment (`SEGMENT`), never for more.
    """

    key: str
    path: str
    methods: frozenset[str]
    audience: Audience
    why: str
    opening: Opening | None = None

    @property
    def exact(self) -> bool:
        """Whether the path holds no placeholder."""
        return "{" not in self.path

    @property
    def regex(self) -> str:
        """The path as an anchored regular expression, in the subset that Python and JavaScript share."""
        parts = re.split(r"\{[a-z_]+\}", self.path)
        return "^" + SEGMENT.join(_literal(part) for part in parts) + "$"

    @property
    def wildcard(self) -> str:
        """The path with `*` for a placeholder: a load balancer's or CloudFront's pattern, wider than `regex`."""
        return re.sub(r"\{[a-z_]+\}", "*", self.path)


@dataclass(frozen=True, kw_only=True)
class AdminFamily:
    """A family of administrative paths that stands as a visible 403 at the edge: the prefix and all below it."""

    prefix: str
    why: str

    @property
    def patterns(self) -> tuple[str, str]:
        """CloudFront's two patterns for it: `/user/*` does not match `/user` itself."""
        return (self.prefix, f"{self.prefix}/*")


def _literal(text: str) -> str:
    """Escape what a regular expression would read otherwise; JavaScript refuses some of `re.escape`'s escapes."""
    return re.sub(r"([.^$*+?()\[\]{}|\\])", r"\\\1", text)


def _client(key: str, methods: str, path: str, why: str) -> Route:
    return Route(key=key, path=path, methods=frozenset(methods.split()), audience=Audience.CLIENT, why=why)


ROUTES: Final = (
    _client("messages", "POST", "/v1/messages", "Claude Code and the Anthropic SDK"),
    _client("count_tokens", "POST", "/v1/messages/count_tokens", "Claude Code measures its context; not billed"),
    _client("chat", "POST", "/v1/chat/completions", "the OpenAI SDK"),
    _client("completions", "POST", "/v1/completions", "the OpenAI SDK's older text interface"),
    _client(
        "embeddings", "POST", "/v1/embeddings", "the OpenAI SDK; refused by LiteLLM while no such model is offered"
    ),
    _client("responses", "POST", "/v1/responses", "the OpenAI SDK's Responses interface"),
    _client("responses_compact", "POST", "/v1/responses/compact", "shortens a conversation of the Responses interface"),
    _client("responses_count", "POST", "/v1/responses/input_tokens", "counts the tokens of a Responses request"),
    _client("response", "GET DELETE", "/v1/responses/{response}", "reads or forgets one stored response of the key"),
    _client("response_cancel", "POST", "/v1/responses/{response}/cancel", "ends one background response of the key"),
    _client(
        "response_items", "GET", "/v1/responses/{response}/input_items", "lists what one stored response was asked"
    ),
    _client("models", "GET", "/v1/models", "lists the models that the key may use"),
    _client("model", "GET", "/v1/models/{model}", "describes one model that the key may use"),
    Route(
        key="liveliness",
        path="/health/liveliness",
        methods=frozenset({"GET"}),
        audience=Audience.PROBE,
        why="says that the process answers; depends on nothing; the load balancer asks it",
    ),
    Route(
        key="readiness",
        path="/health/readiness",
        methods=frozenset({"GET"}),
        audience=Audience.PROBE,
        why="says that the database answers too",
    ),
    Route(
        key="metrics",
        path="/metrics/",
        methods=frozenset({"GET"}),
        audience=Audience.OPERATOR,
        why="holds key aliases and e-mail addresses; still asks for a key when opened",
        opening=Opening.METRICS,
    ),
    Route(
        key="health",
        path="/health",
        methods=frozenset({"GET"}),
        audience=Audience.OPERATOR,
        why="makes paid model calls; still asks for a key when opened",
        opening=Opening.HEALTH,
    ),
    Route(
        key="health_backlog",
        path="/health/backlog",
        methods=frozenset({"GET"}),
        audience=Audience.OPERATOR,
        why="counts the requests in flight",
        opening=Opening.HEALTH,
    ),
    Route(
        key="health_services",
        path="/health/services",
        methods=frozenset({"GET"}),
        audience=Audience.OPERATOR,
        why="tests the configured callbacks",
        opening=Opening.HEALTH,
    ),
)

BY_KEY: Final = {route.key: route for route in ROUTES}
MESSAGES: Final = BY_KEY["messages"]
MODELS: Final = BY_KEY["models"]
MODEL: Final = BY_KEY["model"]
LIVELINESS: Final = BY_KEY["liveliness"]
READINESS: Final = BY_KEY["readiness"]
METRICS: Final = BY_KEY["metrics"]

# Deny by default already refuses them all. These stand as behaviours of their own, so that a reader of the
# distribution sees them refused; the first four are those of the design.
ADMIN_FAMILIES: Final = (
    AdminFamily(prefix="/user", why="creates users and sets their budgets"),
    AdminFamily(prefix="/key", why="makes, reads and deletes virtual keys"),
    AdminFamily(prefix="/model", why="adds, changes and describes deployments"),
    AdminFamily(prefix="/spend", why="reads what everyone spent"),
    AdminFamily(prefix="/team", why="creates teams and sets their budgets"),
    AdminFamily(prefix="/organization", why="creates organisations"),
    AdminFamily(prefix="/customer", why="manages end users"),
    AdminFamily(prefix="/budget", why="manages shared budgets"),
    AdminFamily(prefix="/global", why="reads and resets spend across the gateway"),
    AdminFamily(prefix="/config", why="changes the proxy's configuration"),
    AdminFamily(prefix="/credentials", why="holds provider credentials"),
    AdminFamily(prefix="/guardrails", why="changes what is filtered"),
    AdminFamily(prefix="/cache", why="reads and flushes the cache"),
    AdminFamily(prefix="/debug", why="shows the process's memory"),
    AdminFamily(prefix="/sso", why="signs in to the administrators' pages"),
    AdminFamily(prefix="/login", why="signs in to the administrators' pages with a password"),
    AdminFamily(prefix="/ui", why="the administrators' pages"),
    AdminFamily(prefix="/mcp", why="runs tools with the gateway's own rights"),
    AdminFamily(prefix="/bedrock", why="passes any Bedrock operation through with the task role's rights"),
)


class AdminRoute(StrEnum):
    """The administrators' calls that the command itself makes, on the gateway's own address."""

    USER_NEW = "/user/new"
    USER_INFO = "/user/info"
    KEY_NEW = "/key/generate"
    KEY_INFO = "/key/info"
    KEY_UPDATE = "/key/update"
    KEY_DELETE = "/key/delete"
    TEAM_NEW = "/team/new"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What the edge does with a request: the route that lets it pass, or the reason why it is refused."""

    route: Route | None
    reason: str

    @property
    def allowed(self) -> bool:
        """Whether the request goes on to the origin."""
        return self.route is not None


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The routes that a stack makes public; everything else is refused."""

    routes: tuple[Route, ...]
    families: tuple[AdminFamily, ...] = ADMIN_FAMILIES

    def decide(self, method: str, path: str) -> Decision:
        """Judge one request as the edge function does: by its method and its raw path, without the query string.

        The method is compared case-sensitively and the path as it came over the wire, undecoded.
        """
        if len(path) > LONGEST_PATH or re.search(SUSPICIOUS, path):
            return Decision(route=None, reason="suspicious path")
        for route in self.routes:
            if re.fullmatch(route.regex, path):
                if method in route.methods:
                    return Decision(route=route, reason=route.why)
                return Decision(route=None, reason="method not allowed")
        return Decision(route=None, reason="not a public path")


def policy(openings: Iterable[Opening] = ()) -> Policy:
    """The policy of a stack: the clients' routes, the probes, and what its settings open."""
    opened = frozenset(openings)
    return Policy(routes=tuple(route for route in ROUTES if route.opening is None or route.opening in opened))

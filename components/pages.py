"""Pages that ask everyone to sign in, such as Grafana's: behind an edge of their own, or for administrators alone."""

from dataclasses import dataclass
from typing import Final

import pulumi

from stargate.components.certificate import Domain
from stargate.components.edge import DEFAULT_PATTERN, Edge, EdgeArgs
from stargate.components.edge_waf import Waf
from stargate.components.front_door import FrontDoor
from stargate.components.log_days import DEFAULT_LOG_DAYS
from stargate.errors import StargateError

ALL_METHODS: Final = ("GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE")


@dataclass(frozen=True, kw_only=True)
class Everything:
    """The only behaviour of such an edge."""

    pattern: str = DEFAULT_PATTERN
    refused: bool = False
    methods: tuple[str, ...] = ALL_METHODS


@dataclass(frozen=True, kw_only=True)
class PagesArgs:
    """Which pages, and where they are found."""

    front: FrontDoor
    """The front door that has them among its pages."""
    role: str
    """Their role at the front door."""
    domain: Domain | None = None
    """The stack's public name; theirs is one label below it, CloudFront's own without."""
    waf: Waf | None = None
    """The bounds of what one address may ask; none without."""
    price_class: str = EdgeArgs.price_class
    """Where CloudFront answers from."""
    log_days: int = DEFAULT_LOG_DAYS
    """How many days access logs stay; 0 for none."""


class Pages(pulumi.ComponentResource):
    """The address of pages in a browser, and the edge that leads there if the front door opens them to the public."""

    url: pulumi.Output[str]
    public: bool
    certificate_arn: pulumi.Output[str] | None
    """CloudFront's, for their own name."""
    distribution_id: pulumi.Output[str] | None
    """Of the edge, if they are public."""

    def __init__(self, name: str, args: PagesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build it. Raises `StargateError` for pages that the front door does not know."""
        super().__init__("stargate:index:Pages", name, None, opts)
        if args.role not in args.front.page_urls:
            known = ", ".join(args.front.page_urls) or "none"
            raise StargateError(f"the front door has no pages {args.role}: choose from {known}")
        self.public = args.role in args.front.origins
        self.url = args.front.page_urls[args.role]
        self.certificate_arn = self.distribution_id = None
        if self.public:
            edge = Edge(
                f"{name}-edge",
                EdgeArgs(
                    behaviours=[Everything()],
                    guard_code=None,
                    origin=args.front.origins[args.role],
                    domain=args.domain.below(args.role) if args.domain else None,
                    waf=args.waf,
                    log_days=args.log_days,
                    price_class=args.price_class,
                ),
                pulumi.ResourceOptions(parent=self),
            )
            self.url, self.certificate_arn, self.distribution_id = edge.url, edge.certificate_arn, edge.distribution_id
        self.register_outputs({"url": self.url})

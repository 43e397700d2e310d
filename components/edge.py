"""The edge: a CloudFront distribution that caches nothing and whose every behaviour runs a guard."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import pulumi
import pulumi_aws as aws

from stargate.components.addresses import HTTP, HTTPS
from stargate.components.certificate import Certificate, CertificateArgs, Domain, alias
from stargate.components.edge_logs import EdgeLogs, EdgeLogsArgs
from stargate.components.edge_origin import Origin
from stargate.components.edge_region import EDGE_REGION
from stargate.components.edge_waf import Waf, web_acl
from stargate.components.log_days import DEFAULT_LOG_DAYS
from stargate.components.naming import component_name
from stargate.errors import StargateError

# AWS's managed policies: nothing is cached, and everything of the request goes on but the host, which would not
# match the origin's.
CACHING_DISABLED: Final = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST: Final = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
MINIMUM_TLS: Final = "TLSv1.2_2021"
ORIGIN: Final = "gateway"
DEFAULT_PATTERN: Final = "*"
HSTS_SECONDS: Final = 63_072_000
# Seconds; CloudFront's own limits of an origin's timeouts.
LONGEST_READ: Final = 120
KEEP_ALIVE: Final = 60
# The errors that CloudFront keeps for ten seconds unless told otherwise, whatever a cache policy says: one caller's
# "no such model" would be another's answer.
KEPT_ERRORS: Final = (400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)


class EdgeBehaviour(Protocol):
    """A pattern of paths and how it is handled."""

    @property
    def pattern(self) -> str:
        """CloudFront's pattern; `*` is the default, and the last."""
        ...

    @property
    def refused(self) -> bool:
        """Whether nothing of it may pass, whatever the guard would say."""
        ...

    @property
    def methods(self) -> Sequence[str]:
        """The methods that CloudFront takes."""
        ...


@dataclass(frozen=True, kw_only=True)
class EdgeArgs:
    """A distribution: what runs in it, what stands behind it, and the name that it answers to."""

    behaviours: Sequence[EdgeBehaviour]
    """Patterns of paths in the order in which CloudFront tries them; `*` is the last."""
    guard_code: str | None
    """The function that lets through what is public; none for an application that asks everyone to sign in."""
    refusal_code: str | None = None
    """The function of the behaviours that stand refused: it lets nothing through; needed if there is one."""
    origin: Origin
    """The load balancer behind it."""
    read_timeout_seconds: int = 60
    """How long CloudFront waits for a first byte and between two; more than 60 needs a raised quota."""
    domain: Domain | None = None
    """CloudFront's own name serves without."""
    waf: Waf | None = None
    """The bounds of what one address may ask; none without."""
    log_days: int = DEFAULT_LOG_DAYS
    """How long access logs stay; 0 for none."""
    price_class: str = "PriceClass_100"
    """Where CloudFront answers from: `PriceClass_100` is North America and Europe, `PriceClass_All` everywhere."""

    def __post_init__(self) -> None:
        """Refuse behaviours without a default at their end, and a timeout that CloudFront refuses."""
        patterns = [behaviour.pattern for behaviour in self.behaviours]
        if patterns.count(DEFAULT_PATTERN) != 1 or patterns[-1] != DEFAULT_PATTERN:
            raise StargateError("the edge's behaviours must end with the pattern *: it is CloudFront's default")
        if self.refusal_code is None and any(behaviour.refused for behaviour in self.behaviours):
            raise StargateError("the edge has refused behaviours and no refusal_code: name the function that refuses")
        if not 1 <= self.read_timeout_seconds <= LONGEST_READ:
            raise StargateError(f"edge read_timeout_seconds is {self.read_timeout_seconds}: choose 1 to {LONGEST_READ}")


class Edge(pulumi.ComponentResource):
    """A CloudFront distribution.

    Builds: web ACL and certificate if asked, the guard, and a second function for the behaviours that stand refused,
    so that each of the two would do by itself; response headers, the distribution, its name, its access log.
    """

    url: pulumi.Output[str]
    distribution_id: pulumi.Output[str]
    certificate_arn: pulumi.Output[str] | None

    def __init__(self, name: str, args: EdgeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build it."""
        super().__init__("stargate:index:Edge", component_name(name), None, opts)
        self._name, self._args = name, args
        self._below = below = pulumi.ResourceOptions(parent=self)
        acl = web_acl(name, args.waf, below) if args.waf else None
        self.certificate_arn = None
        if args.domain:
            certificate = Certificate(f"{name}-tls", CertificateArgs(domain=args.domain, region=EDGE_REGION), below)
            self.certificate_arn = certificate.arn
        distribution = self._distribution(acl)
        self.distribution_id = distribution.id
        host: pulumi.Input[str] = distribution.domain_name
        if args.domain:
            alias(name, args.domain, distribution.domain_name, distribution.hosted_zone_id, below)
            host = args.domain.name
        self.url = pulumi.Output.concat("https://", host)
        if args.log_days:
            EdgeLogs(f"{name}-logs", EdgeLogsArgs(distribution_id=distribution.id, days=args.log_days), below)
        self.register_outputs({"url": self.url})

    def _distribution(self, acl: aws.wafv2.WebAcl | None) -> aws.cloudfront.Distribution:
        args = self._args
        guard = self._function("guard", args.guard_code, "Refuses what is not public")
        refusal = self._function("refusal", args.refusal_code, "Refuses everything")
        headers = self._response_headers()
        handled = [
            self._behaviour(behaviour, refusal if behaviour.refused else guard, headers.id)
            for behaviour in args.behaviours
        ]
        *ordered, (_, default) = zip(args.behaviours, handled, strict=True)
        return aws.cloudfront.Distribution(
            f"{self._name}-distribution",
            enabled=True,
            comment=f"{pulumi.get_project()} {pulumi.get_stack()} {self._name}",
            aliases=[args.domain.name] if args.domain else None,
            http_version="http2and3",
            is_ipv6_enabled=True,
            price_class=args.price_class,
            web_acl_id=acl.arn if acl else None,
            origins=[self._origin()],
            default_cache_behavior=aws.cloudfront.DistributionDefaultCacheBehaviorArgs(**default),
            ordered_cache_behaviors=[
                aws.cloudfront.DistributionOrderedCacheBehaviorArgs(path_pattern=behaviour.pattern, **settings)
                for behaviour, settings in ordered
            ],
            custom_error_responses=[
                aws.cloudfront.DistributionCustomErrorResponseArgs(error_code=code, error_caching_min_ttl=0)
                for code in KEPT_ERRORS
            ],
            restrictions={"geo_restriction": {"restriction_type": "none"}},
            viewer_certificate=self._viewer_certificate(),
            opts=self._below,
        )

    def _function(self, role: str, code: str | None, comment: str) -> aws.cloudfront.Function | None:
        if code is None:
            return None
        return aws.cloudfront.Function(
            f"{self._name}-{role}", code=code, runtime="cloudfront-js-2.0", comment=comment, opts=self._below
        )

    def _behaviour(
        self, behaviour: EdgeBehaviour, function: aws.cloudfront.Function | None, headers_id: pulumi.Output[str]
    ) -> dict[str, Any]:
        associations = [{"event_type": "viewer-request", "function_arn": function.arn}] if function else []
        return {
            "target_origin_id": ORIGIN,
            "allowed_methods": list(behaviour.methods),
            "cached_methods": ["GET", "HEAD"],
            # A redirect would come after the key had crossed the wire in the clear.
            "viewer_protocol_policy": "https-only",
            "cache_policy_id": CACHING_DISABLED,
            "origin_request_policy_id": ALL_VIEWER_EXCEPT_HOST,
            "response_headers_policy_id": headers_id,
            # A compressed stream arrives in lumps.
            "compress": False,
            "function_associations": associations,
        }

    def _origin(self) -> aws.cloudfront.DistributionOriginArgsDict:
        origin, read = self._args.origin, self._args.read_timeout_seconds
        made: aws.cloudfront.DistributionOriginArgsDict = {"origin_id": ORIGIN, "domain_name": origin.dns_name}
        if origin.header:
            made["custom_headers"] = [{"name": origin.header.name, "value": origin.header.value}]
        if origin.vpc_origin_id is not None:
            made["vpc_origin_config"] = {
                "vpc_origin_id": origin.vpc_origin_id,
                "origin_read_timeout": read,
                "origin_keepalive_timeout": KEEP_ALIVE,
            }
        else:
            made["custom_origin_config"] = {
                "http_port": HTTP,
                "https_port": HTTPS,
                "origin_protocol_policy": "https-only",
                "origin_ssl_protocols": ["TLSv1.2"],
                "origin_read_timeout": read,
                "origin_keepalive_timeout": KEEP_ALIVE,
            }
        return made

    def _viewer_certificate(self) -> aws.cloudfront.DistributionViewerCertificateArgsDict:
        if self.certificate_arn is None:
            return {"cloudfront_default_certificate": True}
        return {
            "acm_certificate_arn": self.certificate_arn,
            "ssl_support_method": "sni-only",
            "minimum_protocol_version": MINIMUM_TLS,
        }

    def _response_headers(self) -> aws.cloudfront.ResponseHeadersPolicy:
        return aws.cloudfront.ResponseHeadersPolicy(
            f"{self._name}-headers",
            comment="Security headers",
            security_headers_config={
                "strict_transport_security": {"access_control_max_age_sec": HSTS_SECONDS, "override": True},
                "content_type_options": {"override": True},
                "frame_options": {"frame_option": "DENY", "override": True},
                "referrer_policy": {"referrer_policy": "no-referrer", "override": True},
            },
            remove_headers_config={"items": [{"header": "server"}]},
            opts=self._below,
        )

"""A web ACL before the edge: bounds what one address may ask, and never reads a body."""

import re
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from stargate.components.edge_region import EDGE_REGION
from stargate.errors import StargateError
from stargate.values import Values

LEAST_REQUESTS: Final = 10
MOST_REQUESTS: Final = 2_000_000_000
TOO_MANY_REQUESTS: Final = 429


@dataclass(frozen=True, kw_only=True)
class Waf(Values):
    """What the web ACL lets pass."""

    requests_per_five_minutes: int = 3000
    """Of one address; more is answered with 429."""
    countries: tuple[str, ...] = ()
    """ISO codes of the countries that may ask; all without."""

    def __post_init__(self) -> None:
        """Refuse a rate that AWS refuses, and what is no country."""
        if not LEAST_REQUESTS <= self.requests_per_five_minutes <= MOST_REQUESTS:
            raise StargateError(
                f"edge.waf.requests_per_five_minutes is {self.requests_per_five_minutes}: "
                f"choose {LEAST_REQUESTS} to {MOST_REQUESTS}"
            )
        for country in self.countries:
            if not re.fullmatch(r"[A-Z]{2}", country):
                raise StargateError(f"edge.waf.countries has {country}: choose ISO codes of two letters, such as US")


def web_acl(name: str, waf: Waf, opts: pulumi.ResourceOptions) -> aws.wafv2.WebAcl:
    """The web ACL: countries if named, a rate for each address, addresses of ill repute.

    AWS's rule groups that look into bodies are left out on purpose: prompts hold code, markup and SQL, and would be
    refused. Samples are off, since they would show the keys in the requests' headers.
    """
    rules: list[aws.wafv2.WebAclRuleArgsDict] = [
        {
            "name": "rate",
            "priority": 10,
            "action": {"block": {"custom_response": {"response_code": TOO_MANY_REQUESTS}}},
            "statement": {
                "rate_based_statement": {"limit": waf.requests_per_five_minutes, "aggregate_key_type": "IP"},
            },
            "visibility_config": _visible(f"{name}-rate"),
        },
        {
            "name": "reputation",
            "priority": 20,
            "override_action": {"none": {}},
            "statement": {
                "managed_rule_group_statement": {
                    "vendor_name": "AWS",
                    "name": "AWSManagedRulesAmazonIpReputationList",
                }
            },
            "visibility_config": _visible(f"{name}-reputation"),
        },
    ]
    if waf.countries:
        rules.append(
            {
                "name": "countries",
                "priority": 5,
                "action": {"block": {}},
                "statement": {
                    "not_statement": {"statement": {"geo_match_statement": {"country_codes": list(waf.countries)}}}
                },
                "visibility_config": _visible(f"{name}-countries"),
            }
        )
    return aws.wafv2.WebAcl(
        f"{name}-waf",
        scope="CLOUDFRONT",
        region=EDGE_REGION,
        default_action={"allow": {}},
        rules=rules,
        visibility_config=_visible(name),
        opts=opts,
    )


def _visible(metric: str) -> aws.wafv2.WebAclRuleVisibilityConfigArgsDict:
    return {"cloudwatch_metrics_enabled": True, "metric_name": metric, "sampled_requests_enabled": False}

"""What stands behind an edge: an internal load balancer through a VPC origin, or an internet-facing one."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from stargate.components.addresses import HTTP, HTTPS
from stargate.components.listener_rules import Header


@dataclass(frozen=True, kw_only=True)
class Origin:
    """A load balancer as an edge reaches it."""

    dns_name: pulumi.Input[str]
    """Over TLS: the name in its certificate."""
    vpc_origin_id: pulumi.Input[str] | None = None
    """CloudFront's way into the VPC; over the internet without."""
    header: Header | None = None
    """Sent with every request: the edge's proof of itself."""


@dataclass(frozen=True, kw_only=True)
class VpcOriginArgs:
    """An internal load balancer and the port that the edge may reach."""

    load_balancer_arn: pulumi.Input[str]
    """An internal load balancer of this account."""
    port: int
    """The only port of it that CloudFront connects to."""
    tls: bool
    """Whether that port speaks HTTPS."""


class VpcOrigin(pulumi.ComponentResource):
    """CloudFront's way to an internal load balancer, which has no address on the internet. Several edges share it."""

    id: pulumi.Output[str]

    def __init__(self, name: str, args: VpcOriginArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build it; AWS takes up to a quarter of an hour."""
        super().__init__("stargate:index:VpcOrigin", name, None, opts)
        protocol = "https" if args.tls else "http"
        origin = aws.cloudfront.VpcOrigin(
            f"{name}-origin",
            vpc_origin_endpoint_config={
                "name": f"{pulumi.get_project()}-{pulumi.get_stack()}-{name}-{protocol}",
                "arn": args.load_balancer_arn,
                "http_port": HTTP if args.tls else args.port,
                "https_port": args.port if args.tls else HTTPS,
                "origin_protocol_policy": f"{protocol}-only",
                "origin_ssl_protocols": {"items": ["TLSv1.2"], "quantity": 1},
            },
            # AWS refuses every change, even of a tag, while a distribution uses it: another stands beside it first,
            # under another name.
            opts=pulumi.ResourceOptions(
                parent=self,
                ignore_changes=["tags", "tagsAll"],
                custom_timeouts=pulumi.CustomTimeouts(create="30m", delete="30m"),
                replace_on_changes=["vpcOriginEndpointConfig"],
            ),
        )
        self.id = origin.id
        self.register_outputs({"id": self.id})

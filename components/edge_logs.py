"""Who asked CloudFront for what, in CloudWatch: never the query, a cookie or a key."""

from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from stargate.components.edge_region import EDGE_REGION
from stargate.components.naming import within

# CloudWatch lets AWS's services write below this prefix without a policy of ours.
PREFIX: Final = "/aws/vendedlogs/cloudfront"
# AWS's limit of a delivery's name.
LONGEST_NAME: Final = 60
FIELDS: Final = (
    "timestamp(ms)",
    "x-edge-location",
    "c-ip",
    "cs-method",
    "x-host-header",
    "cs-uri-stem",
    "sc-status",
    "cs(User-Agent)",
    "sc-bytes",
    "cs-bytes",
    "time-taken",
    "time-to-first-byte",
    "x-edge-detailed-result-type",
    "x-edge-request-id",
    "ssl-protocol",
)


@dataclass(frozen=True, kw_only=True)
class EdgeLogsArgs:
    """A distribution, and how long its log stays."""

    distribution_id: pulumi.Input[str]
    """Whose requests are written down."""
    days: int
    """How many days CloudWatch keeps them."""


class EdgeLogs(pulumi.ComponentResource):
    """A log group in us-east-1 and the delivery of a distribution's access log into it."""

    def __init__(self, name: str, args: EdgeLogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build it. Deliveries have names of one account: the stack's stands in them."""
        super().__init__("stargate:index:EdgeLogs", name, None, opts)
        below = pulumi.ResourceOptions(parent=self)
        account = aws.get_caller_identity(opts=pulumi.InvokeOptions(parent=self)).account_id
        full = within(f"{pulumi.get_project()}-{pulumi.get_stack()}-{name}", LONGEST_NAME, "the log delivery's name")
        group = aws.cloudwatch.LogGroup(
            f"{name}-group", name=f"{PREFIX}/{full}", retention_in_days=args.days, region=EDGE_REGION, opts=below
        )
        source = aws.cloudwatch.LogDeliverySource(
            f"{name}-source",
            name=full,
            log_type="ACCESS_LOGS",
            resource_arn=pulumi.Output.concat(f"arn:aws:cloudfront::{account}:distribution/", args.distribution_id),
            region=EDGE_REGION,
            opts=below,
        )
        destination = aws.cloudwatch.LogDeliveryDestination(
            f"{name}-destination",
            name=full,
            output_format="json",
            delivery_destination_configuration={"destination_resource_arn": group.arn},
            region=EDGE_REGION,
            opts=below,
        )
        aws.cloudwatch.LogDelivery(
            f"{name}-delivery",
            delivery_source_name=source.name,
            delivery_destination_arn=destination.arn,
            record_fields=list(FIELDS),
            region=EDGE_REGION,
            opts=below,
        )
        self.register_outputs({})

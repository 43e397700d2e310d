"""Who talked to whom in a VPC, kept in CloudWatch for a while."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from stargate.components.iam import Statement, document, trust


@dataclass(frozen=True, kw_only=True)
class FlowLogsArgs:
    """Which VPC, and how many days CloudWatch keeps its flows."""

    vpc_id: pulumi.Input[str]
    """Every interface in it is logged, refused connections too."""
    days: int
    """How many days CloudWatch keeps them."""


class FlowLogs(pulumi.ComponentResource):
    """A log group, the role that writes to it, and the VPC's flow log."""

    def __init__(self, name: str, args: FlowLogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build them."""
        super().__init__("stargate:index:FlowLogs", name, None, opts)
        below = pulumi.ResourceOptions(parent=self)
        logs = aws.cloudwatch.LogGroup(f"{name}-logs", retention_in_days=args.days, opts=below)
        role = aws.iam.Role(f"{name}-role", assume_role_policy=trust("vpc-flow-logs.amazonaws.com"), opts=below)
        aws.iam.RolePolicy(
            f"{name}-policy",
            role=role.name,
            policy=document(
                Statement(
                    actions=["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
                    resources=[logs.arn, pulumi.Output.concat(logs.arn, ":*")],
                ),
                Statement(
                    actions=["logs:DescribeLogGroups"],
                    resources=["*"],
                    reason="The flow log looks for its group by listing them",
                ),
            ),
            opts=below,
        )
        aws.ec2.FlowLog(
            f"{name}-log",
            vpc_id=args.vpc_id,
            traffic_type="ALL",
            log_destination=logs.arn,
            iam_role_arn=role.arn,
            opts=below,
        )
        self.register_outputs({})

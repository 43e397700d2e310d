"""A monthly limit on what AWS charges, and a word before it is reached."""

from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from stargate.components.naming import component_name
from stargate.errors import StargateError

# Percent of the limit, and whether it is spent or foreseen. A forecast needs five weeks of history.
NOTICES: Final = ((80, "ACTUAL"), (100, "ACTUAL"), (100, "FORECASTED"))


@dataclass(frozen=True, kw_only=True)
class MonthlyBudgetArgs:
    """How much a month may cost, and who is told."""

    limit_usd: float
    """Dollars a calendar month."""
    topic_arn: pulumi.Input[str]
    """The SNS topic of the notices; it must admit `budgets.amazonaws.com`."""
    tag: tuple[str, str] | None = None
    """Count what carries this tag and value alone, such as `("Stack", "dev")`; the whole account without.

    A tag counts once it is activated as a cost allocation tag, by hand and in the paying account; until then the
    budget reads zero. Bedrock's tokens carry no tag: such a budget leaves them to the gateway's own.
    """

    def __post_init__(self) -> None:
        """Refuse a limit of nothing, and half a tag."""
        if self.limit_usd <= 0:
            raise StargateError(f"budget.limit_usd is {self.limit_usd}: choose more than 0")
        if self.tag is not None and not all(self.tag):
            raise StargateError(f"budget.tag is {self.tag}: choose a key and a value, or no tag")


class MonthlyBudget(pulumi.ComponentResource):
    """A cost budget of AWS Budgets: notices at 80 and 100 % spent, and when the forecast passes the limit.

    It stops nothing: what stops is the budget of a key, a user or a team in the gateway.
    """

    name: pulumi.Output[str]

    def __init__(self, name: str, args: MonthlyBudgetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build it."""
        super().__init__("stargate:index:MonthlyBudget", component_name(name), None, opts)
        filters = None
        if args.tag:
            key, value = args.tag
            filters = [aws.budgets.BudgetCostFilterArgs(name="TagKeyValue", values=[f"user:{key}${value}"])]
        budget = aws.budgets.Budget(
            f"{name}-budget",
            budget_type="COST",
            time_unit="MONTHLY",
            limit_amount=f"{args.limit_usd:.2f}",
            limit_unit="USD",
            cost_filters=filters,
            notifications=[
                aws.budgets.BudgetNotificationArgs(
                    comparison_operator="GREATER_THAN",
                    threshold=percent,
                    threshold_type="PERCENTAGE",
                    notification_type=kind,
                    subscriber_sns_topic_arns=[args.topic_arn],
                )
                for percent, kind in NOTICES
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.name = budget.name
        self.register_outputs({"name": self.name})

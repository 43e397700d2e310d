"""How a service grows and shrinks with what it is asked."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from pulumi_aws.appautoscaling import PolicyTargetTrackingScalingPolicyConfigurationArgs as Tracking
from pulumi_aws.appautoscaling import (
    PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs as Metric,
)

from stargate.errors import StargateError


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """Target tracking between two numbers of tasks."""

    least: int
    most: int
    cpu_percent: int = 60
    requests_per_minute: int | None = None
    """Requests of one task through the load balancer; needs `load_balancer_label`."""
    load_balancer_label: pulumi.Input[str] | None = None
    """`app/NAME/ID/targetgroup/NAME/ID`, as CloudWatch names a load balancer's target group."""

    def __post_init__(self) -> None:
        """Refuse numbers out of order."""
        if not 1 <= self.least <= self.most:
            raise StargateError(f"tasks are {self.least} to {self.most}: choose at least 1, and no fewer at most")
        if self.requests_per_minute and self.load_balancer_label is None:
            raise StargateError("requests_per_minute needs the load balancer's label: add load_balancer_label")


def scale(
    name: str,
    scaling: Scaling,
    cluster_name: pulumi.Input[str],
    service_name: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> None:
    """Have a service follow its CPU, and its requests if a number is given. Shrinking waits, since streams are long."""
    target = aws.appautoscaling.Target(
        f"{name}-scaling",
        service_namespace="ecs",
        scalable_dimension="ecs:service:DesiredCount",
        resource_id=pulumi.Output.concat("service/", cluster_name, "/", service_name),
        min_capacity=scaling.least,
        max_capacity=scaling.most,
        opts=opts,
    )

    def follow(role: str, value: float, metric: str, label: pulumi.Input[str] | None = None) -> None:
        specification = Metric(predefined_metric_type=metric, resource_label=label)
        aws.appautoscaling.Policy(
            f"{name}-scaling-{role}",
            policy_type="TargetTrackingScaling",
            service_namespace=target.service_namespace,
            scalable_dimension=target.scalable_dimension,
            resource_id=target.resource_id,
            target_tracking_scaling_policy_configuration=Tracking(
                target_value=value,
                predefined_metric_specification=specification,
                scale_out_cooldown=60,
                scale_in_cooldown=600,
            ),
            opts=opts,
        )

    follow("cpu", scaling.cpu_percent, "ECSServiceAverageCPUUtilization")
    if scaling.requests_per_minute:
        follow("requests", scaling.requests_per_minute, "ALBRequestCountPerTarget", scaling.load_balancer_label)

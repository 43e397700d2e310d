"""Panels that ask CloudWatch cannot be run without AWS: their names are compared with AWS's own lists."""

import pytest
from committed import DASHBOARDS, targets, variables

KIND = "cloudwatch"

# Namespace -> the dimensions under which AWS publishes its metrics -> those metrics, as AWS's user guides name them:
# Bedrock's runtime metrics, ECS's service utilisation, RDS's instance-level metrics, ElastiCache's host-level and
# Valkey's metrics, the Application Load Balancer's metrics, and EC2's instance metrics of a group.
PUBLISHED = {
    "AWS/Bedrock": {
        ("ModelId",): {
            "CacheReadInputTokenCount",
            "CacheWriteInputTokenCount",
            "EstimatedTPMQuotaUsage",
            "InputTokenCount",
            "InvocationClientErrors",
            "InvocationLatency",
            "InvocationServerErrors",
            "InvocationThrottles",
            "Invocations",
            "OutputTokenCount",
            "TimeToFirstToken",
        }
    },
    "AWS/ECS": {("ClusterName", "ServiceName"): {"CPUUtilization", "MemoryUtilization"}},
    "AWS/RDS": {
        ("DBInstanceIdentifier",): {
            "CPUCreditBalance",
            "CPUUtilization",
            "DatabaseConnections",
            "FreeStorageSpace",
            "FreeableMemory",
            "ReadLatency",
            "WriteLatency",
        }
    },
    "AWS/ElastiCache": {
        ("CacheClusterId",): {"DatabaseMemoryUsagePercentage", "EngineCPUUtilization", "Evictions"},
    },
    "AWS/ApplicationELB": {
        ("LoadBalancer",): {"HTTPCode_ELB_5XX_Count", "HTTPCode_Target_5XX_Count", "RequestCount"},
    },
    "AWS/EC2": {
        ("AutoScalingGroupName",): {"CPUCreditBalance", "NetworkIn", "NetworkOut", "StatusCheckFailed"},
    },
}
STATISTICS = {"Average", "Maximum", "Minimum", "Sum", "p95"}


def known(target):
    of_namespace = PUBLISHED.get(target["namespace"], {})
    return target["metricName"] in of_namespace.get(tuple(sorted(target["dimensions"])), set())


def asked():
    return [
        pytest.param(target, id=f"{uid}-{title}-{target['metricName']}")
        for uid, dashboard in DASHBOARDS.items()
        for title, target in targets(dashboard, KIND)
    ]


@pytest.mark.parametrize("target", asked())
def test_a_metric_is_one_that_aws_publishes_under_these_dimensions(target):
    assert known(target)
    assert target["statistic"] in STATISTICS
    assert target["region"] == "$region"
    assert target["matchExact"] is True


def test_a_misspelt_metric_would_be_seen():
    target = dict(targets(DASHBOARDS["stargate-platform"], KIND)[0][1])
    assert known(target)
    assert not known({**target, "metricName": "CpuUtilization"})
    assert not known({**target, "dimensions": {"ServiceName": ["*"]}})


def test_every_published_metric_of_the_table_is_asked_for():
    found = {(one["namespace"], one["metricName"]) for each in DASHBOARDS.values() for _, one in targets(each, KIND)}
    assert found == {(space, name) for space, by in PUBLISHED.items() for names in by.values() for name in names}


def test_variables_of_cloudwatch_ask_for_a_dimension_that_is_published():
    found = [
        variable["query"]
        for dashboard in DASHBOARDS.values()
        for variable in variables(dashboard).values()
        if variable.get("datasource", {}).get("type") == KIND
    ]
    assert len(found) == 6
    for query in found:
        (dimensions,) = PUBLISHED[query["namespace"]]
        assert query["dimensionKey"] in dimensions
        assert query["metricName"] in PUBLISHED[query["namespace"]][dimensions]

"""Every metric of LiteLLM's is kept or left out on purpose, and no histogram has a series for each key."""

import re
from typing import get_args

import pytest
from litellm.types.integrations import prometheus

from stargate.gateway.litellm_metrics import COUNTED, LATENCIES, LEFT_OUT, kept

DEFINED = set(get_args(prometheus.DEFINED_PROMETHEUS_METRICS))


def test_every_metric_of_litellms_is_kept_or_left_out():
    left_out = {name for name in DEFINED if re.fullmatch(LEFT_OUT, name)}
    assert {*LATENCIES, *COUNTED} == DEFINED - left_out, "a new one is to be thought of"
    assert {name for group in kept() for name in group["metrics"]} == {*LATENCIES, *COUNTED}


@pytest.mark.parametrize("name", LATENCIES)
def test_a_latency_is_told_apart_by_labels_that_it_has_and_never_by_the_key(name):
    theirs = set(getattr(prometheus.PrometheusMetricLabels, name))
    assert set(LATENCIES[name]) <= theirs
    assert not [label for label in LATENCIES[name] if "key" in label]
    assert "hashed_api_key" in theirs, "else there is nothing to leave out"

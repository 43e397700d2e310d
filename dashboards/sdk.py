"""Grafana's SDK, of which the classic dashboards are used: provisioning by files does not take the newer ones yet."""

import warnings

with warnings.catch_warnings():
    # It warns of the classic ones as soon as it is imported.
    warnings.simplefilter("ignore", DeprecationWarning)
    from grafana_foundation_sdk.builders import (
        bargauge,
        cloudwatch,
        common,
        dashboard,
        prometheus,
        stat,
        table,
        timeseries,
    )
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.models import cloudwatch as cloudwatch_kinds
    from grafana_foundation_sdk.models import common as kinds
    from grafana_foundation_sdk.models import dashboard as models
    from grafana_foundation_sdk.models.prometheus import PromQueryFormat

__all__ = [
    "JSONEncoder",
    "PromQueryFormat",
    "bargauge",
    "cloudwatch",
    "cloudwatch_kinds",
    "common",
    "dashboard",
    "kinds",
    "models",
    "prometheus",
    "stat",
    "table",
    "timeseries",
]

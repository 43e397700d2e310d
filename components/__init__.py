"""Reusable Pulumi components; whatever they need of the gateway or the dashboards comes in as an argument."""

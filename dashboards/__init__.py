"""Grafana dashboards and alert rules, written in Python and generated into files."""

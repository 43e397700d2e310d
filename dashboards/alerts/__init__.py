"""Alert and recording rules for vmalert, and Alertmanager's configuration.

`thresholds` holds every figure that a stack may set; `gateway`, `models`, `money` and `observability` hold the alerts,
one module a runbook; `recording` what is computed once for many readers; `rules` renders them; `alertmanager` sends
them. Expressions are plain PromQL over the families and labels that LiteLLM 1.106.2 really has: a test looks each one
up in a running gateway.
"""

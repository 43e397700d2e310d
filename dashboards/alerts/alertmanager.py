"""Alertmanager's configuration: which alert reaches whom, grouped and worded."""

from typing import Any, Final

import yaml

from stargate.dashboards.alerts.rule import Severity

# What a page and the ticket that it makes needless have in common; a label that neither has is equal too.
SAME: Final = ("stack", "concerns", "model_group")
# SNS takes at most 100 characters, and ASCII alone.
SUBJECT: Final = (
    '[{{ if eq .Status "resolved" }}over{{ else }}{{ .CommonLabels.severity }}{{ end }}] '
    "{{ .CommonLabels.stack }}: {{ .CommonLabels.alertname }} ({{ len .Alerts }})"
)
_MESSAGE: Final = """{{ range .Alerts -}}
{{ .Annotations.summary }}
{{ .Annotations.description }}
Since {{ .StartsAt.UTC.Format "2006-01-02 15:04" }} UTC{{ if eq .Status "resolved" }}, over by
{{- .EndsAt.UTC.Format " 2006-01-02 15:04" }} UTC{{ end }}
Dashboard: GRAFANA{{ .Annotations.dashboard }}
What to do: {{ .Annotations.runbook }}

{{ end }}"""
# Alerts that begin together come in one message; a page waits for company no longer than it must.
GROUP_WAIT: Final = {Severity.PAGE: "10s", Severity.TICKET: "1m"}
REPEAT: Final = {Severity.PAGE: "2h", Severity.TICKET: "1d"}


def render(*, region: str, page_topic_arn: str, ticket_topic_arn: str, grafana_url: str = "") -> str:
    """The configuration of a stack on AWS: two SNS topics, one a severity.

    Alertmanager publishes with the rights of its task (`sns:Publish` on both). `grafana_url` goes before a dashboard's
    path in the message; without it the path stands alone.
    """
    topics = {Severity.PAGE: page_topic_arn, Severity.TICKET: ticket_topic_arn}
    return to_sns(region=region, topics=topics, grafana_url=grafana_url)


def to_sns(
    *, region: str, topics: dict[Severity, str], grafana_url: str = "", api_url: str = "", hurry: bool = False
) -> str:
    """The same, with another address for SNS and without waiting: what tests and `render` share."""
    receivers = {}
    for severity, topic in topics.items():
        own: dict[str, Any] = {
            "topic_arn": topic,
            "sigv4": {"region": region},
            **({"api_url": api_url} if api_url else {}),
            "subject": SUBJECT,
            "message": _MESSAGE.replace("GRAFANA", grafana_url.rstrip("/")),
            "send_resolved": True,
        }
        receivers[severity] = {"sns_configs": [own]}
    return _config(receivers, hurry=hurry)


def to_webhook(url: str) -> str:
    """Every alert to one address at once: where tests listen on loopback."""
    hook = {"webhook_configs": [{"url": url, "send_resolved": True}]}
    return _config(dict.fromkeys(Severity, hook), hurry=True)


def _config(receivers: dict[Severity, dict[str, Any]], *, hurry: bool) -> str:
    routes = [
        {
            "matchers": [f'severity="{severity.value}"'],
            "receiver": severity.value,
            "group_wait": "0s" if hurry else GROUP_WAIT[severity],
            "repeat_interval": REPEAT[severity],
        }
        for severity in receivers
    ]
    config = {
        "route": {
            # What carries no severity is not ours; it is not lost either.
            "receiver": Severity.TICKET.value,
            "group_by": ["stack", "alertname"],
            "group_interval": "1s" if hurry else "5m",
            "routes": routes,
        },
        "inhibit_rules": [
            {
                "source_matchers": [f'severity="{Severity.PAGE.value}"', 'concerns=~".+"'],
                "target_matchers": [f'severity="{Severity.TICKET.value}"', 'concerns=~".+"'],
                "equal": list(SAME),
            }
        ],
        "receivers": [{"name": severity.value, **receiver} for severity, receiver in receivers.items()],
    }
    return yaml.safe_dump(config, sort_keys=False, width=100)

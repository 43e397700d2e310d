"""What is seen of the gateway, and who hears of what."""

from pathlib import Path
from typing import Final

import pulumi

import stargate.dashboards
from stargate import components as on_aws
from stargate.components.alarms import EDGE_REGION
from stargate.components.settings.connections import limit, memory_gib
from stargate.components.settings.stack import GRAFANA, LITELLM
from stargate.dashboards import alertmanager, scrape
from stargate.dashboards.alerts import rules
from stargate.gateway import spend_reader
from stargate.stack.base import Stack
from stargate.stack.entrance import GRAFANA_PORT, TRACES

SOURCE: Final = Path(stargate.dashboards.__file__).parent
# The key under which the metrics store finds LiteLLM's metrics key.
METRICS_KEY: Final = "LITELLM_METRICS_KEY"
LOOPBACK: Final = "127.0.0.1"


def topics(stack: Stack, region: str | None = None) -> on_aws.AlarmTopicsArgs:
    """Who is woken, and who is told in the morning."""
    chosen, url = stack.settings.alarms, pulumi.Config().get_secret("alarmPageUrl")
    return on_aws.AlarmTopicsArgs(
        page_emails=chosen.page_emails,
        ticket_emails=chosen.ticket_emails,
        page_urls={"on-call": url} if url is not None else {},
        region=region,
    )

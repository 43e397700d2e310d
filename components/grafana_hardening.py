"""What no stack may loosen of Grafana.

Nobody signs up or looks in unnamed, nothing leaves for Grafana's makers, nothing is fetched at the start, and
CloudWatch is read with the task's own role alone.
"""

from collections.abc import Mapping
from typing import Final

# Every data source of the image is a process of its own from the start on, used or not, and in half a gigabyte of
# memory a dozen of them leave little. Those that no dashboard asks are not loaded. Source: Grafana 13.2's
# `plugins-bundled`, and its configuration, `disable_plugins`.
UNUSED_PLUGINS: Final = (
    "elasticsearch",
    "grafana-pyroscope-datasource",
    "influxdb",
    "jaeger",
    "loki",
    "mssql",
    "mysql",
    "opentsdb",
    "stackdriver",
    "tempo",
    "zipkin",
)
HARDENED: Final[Mapping[str, str]] = {
    "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
    "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
    "GF_ANALYTICS_FEEDBACK_LINKS_ENABLED": "false",
    "GF_ANALYTICS_REPORTING_ENABLED": "false",
    "GF_AUTH_ANONYMOUS_ENABLED": "false",
    "GF_AWS_ALLOWED_AUTH_PROVIDERS": "default",
    "GF_AWS_ASSUME_ROLE_ENABLED": "false",
    "GF_NEWS_NEWS_FEED_ENABLED": "false",
    "GF_PLUGINS_DISABLE_PLUGINS": ",".join(UNUSED_PLUGINS),
    # Grafana 13 would renew the image's data sources at its start: it ends each before it finds that the disk is
    # read-only, and does not start it again (grafana/grafana#132528).
    "GF_PLUGINS_PREINSTALL_DISABLED": "true",
    "GF_SECURITY_CONTENT_SECURITY_POLICY": "true",
    "GF_SECURITY_COOKIE_SAMESITE": "lax",
    "GF_SECURITY_DISABLE_GRAVATAR": "true",
    "GF_SNAPSHOTS_EXTERNAL_ENABLED": "false",
    "GF_USERS_ALLOW_SIGN_UP": "false",
}

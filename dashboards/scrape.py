"""What VictoriaMetrics reads, as its scrape configuration: one text for a stack on AWS and for one machine."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from stargate.errors import StargateError
from stargate.gateway.routes import METRICS

# Often enough for alerts over five minutes; a scrape of LiteLLM takes some ten milliseconds of its one process.
INTERVAL_SECONDS: Final = 30
# The time at which a series began: as many samples again, and nothing reads them.
LEFT_OUT: Final = ".*_created"
# Each is read where it listens; LiteLLM alone has a path and a key of its own.
GATEWAY_JOB: Final = "litellm"
# Whoever reads metrics that are behind a password.
USER: Final = "stargate"


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is scraped: one address, or every task behind a name of the private DNS."""

    host: str
    port: int
    password: str | None = None
    """Of the user `USER`, as VictoriaMetrics finds it, such as `%{VM_PASSWORD}`; none is asked for without."""
    discovered: bool = False
    """Whether the host is a name whose A records are the tasks: each is scraped by itself, never through a balancer."""

    def job(self, name: str, **more: Any) -> dict[str, Any]:
        """Its part of the configuration."""
        if self.discovered:
            found: dict[str, Any] = {"dns_sd_configs": [{"names": [self.host], "type": "A", "port": self.port}]}
        else:
            found = {"static_configs": [{"targets": [f"{self.host}:{self.port}"]}]}
        if self.password:
            more["basic_auth"] = {"username": USER, "password": self.password}
        dropped = [{"source_labels": ["__name__"], "regex": LEFT_OUT, "action": "drop"}]
        return {"job_name": name, **more, **found, "metric_relabel_configs": dropped}


def key_in_variable(name: str) -> dict[str, str]:
    """The key as VictoriaMetrics finds it in its own environment: the configuration holds no secret."""
    return {"credentials": f"%{{{name}}}"}


def key_in_file(path: Path) -> dict[str, str]:
    """The key as it stands in a file."""
    return {"credentials_file": str(path)}


def scrape_config(
    *,
    stack: str,
    litellm: Target,
    key: dict[str, str],
    store: Target,
    vmalert: Target | None = None,
    alertmanager: Target | None = None,
    grafana: Target | None = None,
    interval_seconds: int = INTERVAL_SECONDS,
) -> str:
    """The configuration as YAML; every series carries the stack's name in the label `stack`.

    `key` opens LiteLLM's metrics: see `key_in_variable` and `key_in_file`. Raises `StargateError` for an interval that
    no alert could rest on.
    """
    if not 1 <= interval_seconds <= 60:  # noqa: PLR2004 - the sentence says why
        raise StargateError(f"interval_seconds is {interval_seconds}: choose 1 to 60, alerts look at five minutes")
    others = {"victoriametrics": store, "vmalert": vmalert, "alertmanager": alertmanager, "grafana": grafana}
    config = {
        "global": {
            "scrape_interval": f"{interval_seconds}s",
            "scrape_timeout": f"{min(interval_seconds, 15)}s",
            "external_labels": {"stack": stack},
        },
        "scrape_configs": [
            litellm.job(GATEWAY_JOB, metrics_path=METRICS.path, authorization=key),
            *(target.job(name) for name, target in others.items() if target),
        ],
    }
    return yaml.safe_dump(config, sort_keys=False)

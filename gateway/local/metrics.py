"""VictoriaMetrics of the local gateway, where it is installed: it reads LiteLLM's metrics with a key of its own."""

import shutil
from pathlib import Path
from typing import Final

from stargate.dashboards.scrape import Target, key_in_file, scrape_config
from stargate.gateway.local.state import LOOPBACK, Folder, State

PROGRAM: Final = "victoria-metrics"
STACK: Final = "local"
SCRAPE_SECONDS: Final = 15


def installed() -> bool:
    """Whether the program is on the PATH; a local gateway runs without it."""
    return shutil.which(PROGRAM) is not None


def command(place: Folder, state: State) -> tuple[str, ...]:
    """Its command line; the scrape configuration and the key's file are written beside."""
    port = state.ports.inner["metrics"]
    return (
        shutil.which(PROGRAM) or PROGRAM,
        f"-storageDataPath={place.data / 'metrics'}",
        f"-httpListenAddr={LOOPBACK}:{port}",
        f"-promscrape.config={_write_scrape_config(place, state)}",
        "-retentionPeriod=30d",
        # By default what is younger than half a minute is hidden, for the sake of stores with many writers.
        "-search.latencyOffset=1s",
        # A laptop's memory is for other things.
        "-memory.allowedBytes=128MiB",
        "-loggerLevel=WARN",
    )


def _write_scrape_config(place: Folder, state: State) -> Path:
    key = place.run / "metrics.key"
    key.touch(mode=0o600)
    key.write_text(state.secrets.metrics_key)
    path = place.run / "scrape.yaml"
    path.write_text(
        scrape_config(
            stack=STACK,
            litellm=Target(host=LOOPBACK, port=state.ports.admin),
            key=key_in_file(key),
            store=Target(host=LOOPBACK, port=state.ports.inner["metrics"]),
            interval_seconds=SCRAPE_SECONDS,
        )
    )
    return path

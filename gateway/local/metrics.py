"""VictoriaMetrics of the local gateway, where it is installed: it reads LiteLLM's metrics with a key of its own."""

import shutil
from pathlib import Path
from typing import Final

import yaml

from stargate.gateway.local.state import LOOPBACK, Folder, State, address
from stargate.gateway.routes import METRICS

PROGRAM: Final = "victoria-metrics"
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
    path.write_text(yaml.safe_dump(scrape_config(state, key), sort_keys=False))
    return path


def scrape_config(state: State, key: Path) -> dict[str, object]:
    """What is scraped: LiteLLM on its own address, and VictoriaMetrics itself."""
    return {
        "global": {"scrape_interval": f"{SCRAPE_SECONDS}s"},
        "scrape_configs": [
            {
                "job_name": "litellm",
                "metrics_path": METRICS.path,
                "authorization": {"credentials_file": str(key)},
                "static_configs": [{"targets": [address(state.ports.admin).removeprefix("http://")]}],
            },
            {
                "job_name": "victoriametrics",
                "static_configs": [{"targets": [f"{LOOPBACK}:{state.ports.inner['metrics']}"]}],
            },
        ],
    }

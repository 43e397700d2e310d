"""What a stack's vmalert records as time passes, made afterwards: a local gateway runs none."""

import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx
import yaml

from stargate.dashboards.alerts.recording import records
from stargate.dashboards.alerts.rule import Pace
from stargate.dashboards.alerts.rules import INTERVAL_SECONDS
from stargate.dashboards.rehearsal.macros import Range
from stargate.gateway.local.metrics import STACK
from stargate.gateway.local.state import address, folder

PROGRAM: Final = "vmalert"
SECONDS: Final = 120.0


def record(state_folder: Path | None, over: Range) -> None:
    """Have vmalert evaluate the recording rules over a time that is past, into the store of a running gateway.

    The last evaluation is at its end, whenever it began.
    """
    begin = over.end - INTERVAL_SECONDS * (over.seconds // INTERVAL_SECONDS)
    store = address(folder(state_folder).load().ports.inner["metrics"])
    interval = f"{INTERVAL_SECONDS}s"
    group = {"name": "records", "interval": interval, "rules": records(stack=STACK, pace=Pace())}
    with tempfile.TemporaryDirectory(prefix="stargate-") as place:
        rules = Path(place) / "records.yaml"
        rules.write_text(yaml.safe_dump({"groups": [group]}))
        command = (
            PROGRAM,
            f"-rule={rules}",
            f"-datasource.url={store}",
            # Its own step is five minutes, whatever the group's interval.
            f"-datasource.queryStep={interval}",
            f"-remoteWrite.url={store}",
            "-remoteWrite.flushInterval=1s",
            f"-replay.timeFrom={_moment(begin)}",
            f"-replay.timeTo={_moment(over.end)}",
            # No rule here reads another's.
            "-replay.rulesDelay=0s",
            "-replay.disableProgressBar",
        )
        subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)
    # What was written a moment ago is else shown a moment later.
    httpx.get(f"{store}/internal/force_flush", timeout=SECONDS).raise_for_status()


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"

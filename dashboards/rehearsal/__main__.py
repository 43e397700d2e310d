"""Draw the dashboards' pictures for the docs: `python -m stargate.dashboards.rehearsal [FOLDER]`.

A gateway is started, traffic runs through it for some minutes, and every panel's query is drawn. With the folder of a
gateway that runs already, its traffic is drawn as it is.
"""

import json
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg

from stargate.dashboards.__main__ import FOLDER
from stargate.dashboards.rehearsal.macros import Range
from stargate.dashboards.rehearsal.records import record
from stargate.dashboards.rehearsal.sheet import Sheet
from stargate.dashboards.rehearsal.stores import Stores, targets
from stargate.dashboards.rehearsal.traffic import Driver
from stargate.gateway.local import postgres, stack
from stargate.gateway.local.state import LOOPBACK, folder

PICTURES: Final = Path("docs") / "pictures"
MINUTES: Final = 6.0
SILENCE_SECONDS: Final = 0.35
# How many developers' machines ask at the same time.
CROWD: Final = 3
FLUSH_SECONDS: Final = 15
DAILY: Final = ("LiteLLM_DailyTeamSpend", "LiteLLM_DailyTagSpend", "LiteLLM_DailyUserSpend")
# Of a week's days before today, how much of today's traffic each had.
WEEK: Final = (0.7, 0.9, 0.3, 0.2, 1.1, 0.8)
NOTE: Final = "Rendered from the panels' queries on a local gateway's real stores; not a Grafana screenshot."
NOTE_OF_DAYS: Final = " Earlier days are scaled copies of the run's own."


def main() -> int:
    """Run the traffic and write a picture of each dashboard."""
    given = Path(sys.argv[1]) if sys.argv[1:] else None
    with _gateway(given) as place:
        began = time.time()
        if given is None:
            _crowd(place)
            time.sleep(FLUSH_SECONDS)
            _earlier_days(place)
        over = Range(begin=began if given is None else began - 60 * MINUTES, end=time.time())
        record(place, over)
        days = Range(begin=over.end - len(WEEK) * 86_400, end=over.end)
        PICTURES.mkdir(parents=True, exist_ok=True)
        for path in sorted(FOLDER.glob("*.json")):
            with Stores(place, "https://traces.example.com/project/stargate") as stores:
                dashboard = json.loads(path.read_text())
                daily = any("rawSql" in target for _, target in targets(dashboard))
                note = NOTE + (NOTE_OF_DAYS if daily else "")
                sheet = Sheet(dashboard=dashboard, stores=stores, over=over, days=days, note=note)
                sheet.save(PICTURES / f"{path.stem}.png")
            sys.stderr.write(f"{PICTURES / path.stem}.png\n")
    return 0


@contextmanager
def _gateway(given: Path | None) -> Iterator[Path]:
    """The folder of a running gateway: the given one, or one that is started for this and stopped again."""
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="stargate-", ignore_cleanup_errors=True) as temporary:
        place = Path(temporary) / "state"
        public, admin = _free_ports()
        stack.up(stack.Options(port=public, admin_port=admin, detach=True, state=place))
        try:
            yield place
        finally:
            stack.down(place)


def _free_ports() -> tuple[int, int]:
    """Two ports that nobody listens on; a gateway of the caller's may have the known ones."""
    with socket.socket() as one, socket.socket() as other:
        one.bind((LOOPBACK, 0))
        other.bind((LOOPBACK, 0))
        return one.getsockname()[1], other.getsockname()[1]


def _crowd(place: Path) -> None:
    """Several machines at once, one of them with everything that goes wrong."""
    first = Driver(place, silence_seconds=SILENCE_SECONDS)
    first.people()
    end = time.monotonic() + 60 * MINUTES

    def work(driver: Driver, offset: int) -> None:
        number = offset
        while time.monotonic() < end:
            driver.round(number)
            if not offset and number % 3 == 1:
                driver.failures(number)
            number += CROWD if offset else 1
            time.sleep(number % 4)

    crowd = [first, *(Driver(place, silence_seconds=SILENCE_SECONDS) for _ in range(CROWD - 1))]
    threads = []
    for offset, driver in enumerate(crowd):
        driver.traffic.callers = first.traffic.callers
        threads.append(threading.Thread(target=work, args=(driver, offset), daemon=True))
        threads[-1].start()
    for thread in threads:
        thread.join()


def _earlier_days(place: Path) -> None:
    """Copy today's rows of the daily tables to the days before, so that a picture has more than one bar."""
    state = folder(place).load()
    address = postgres.url(state.ports.inner["postgres"], state.secrets.database_password)
    kinds = "'bigint', 'double precision'"
    with psycopg.connect(address, autocommit=True) as connection:
        for table in DAILY:
            columns = connection.execute(
                "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s", (table,)
            ).fetchall()
            for age, share in enumerate(WEEK, start=1):
                values = []
                for name, kind in columns:
                    if name == "id":
                        values.append("gen_random_uuid()::text")
                    elif name == "date":
                        values.append(f"to_char(date::date - {age}, 'YYYY-MM-DD')")
                    else:
                        scaled = f'"{name}" * {share}' if f"'{kind}'" in kinds else f'"{name}"'
                        values.append(scaled)
                names = ", ".join(f'"{name}"' for name, _ in columns)
                today = "to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD')"
                statement = (
                    f'INSERT INTO "{table}" ({names}) SELECT {", ".join(values)} FROM "{table}" WHERE date = {today}'
                )
                connection.execute(statement.encode())


if __name__ == "__main__":
    sys.exit(main())

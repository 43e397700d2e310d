"""Values in Grafana's units, as a person reads them."""

import math
from datetime import UTC, datetime
from typing import Any, Final

THOUSANDS: Final = ("", " K", " M", " G")
KIBI: Final = ("B", "KiB", "MiB", "GiB", "TiB")
SUFFIXES: Final = {"reqps": " req/s", "ops": " ops/s", "cps": " c/s", "percent": " %"}
DAY: Final = 86_400
LONG: Final = ((DAY, "days"), (3600, "h"), (60, "min"), (1, "s"))
THOUSAND: Final = 1000
KIBIBYTE: Final = 1024
# Below it a dollar's cents say nothing.
SMALL_USD: Final = 0.1


def shown(value: Any, unit: str) -> str:
    """A value of a panel or a table, with its unit."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return _from_now(value) if unit == "dateTimeFromNow" else f"{value:%m-%d %H:%M}"
    if isinstance(value, str):
        return value
    number = float(value)
    if math.isnan(number):
        return "-"
    match unit:
        case "percentunit":
            return f"{_plain(100 * number)} %"
        case "currencyUSD":
            return f"${number:,.2f}" if abs(number) >= SMALL_USD or not number else f"${number:.4f}"
        case "bytes":
            return _scaled(number, KIBIBYTE, KIBI)
        case "s":
            return seconds(number)
        case "d":
            return seconds(DAY * number)
        case _:
            return _scaled(number, THOUSAND, THOUSANDS) + SUFFIXES.get(unit, "")


def seconds(number: float) -> str:
    """A time in the unit that it is long in."""
    if abs(number) < 1:
        return f"{_plain(THOUSAND * number)} ms"
    size, name = next((size, name) for size, name in LONG if abs(number) >= size)
    return f"{_plain(number / size)} {name}"


def _scaled(number: float, base: int, names: tuple[str, ...]) -> str:
    step = 0
    while abs(number) >= base and step < len(names) - 1:
        number, step = number / base, step + 1
    name = names[step]
    return f"{_plain(number)}{name if name.startswith(' ') or not name else ' ' + name}"


def _plain(number: float) -> str:
    """Three digits that say something."""
    return f"{number:.3g}" if abs(number) < THOUSAND else f"{number:,.0f}"


def _from_now(value: datetime) -> str:
    days = (value.replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds() / DAY
    return f"in {days:.1f} days"

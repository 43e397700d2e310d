"""What Grafana puts in place of its variables and macros, for a query to be run or parsed without it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

# Label matchers take a regular expression, SQL takes a list.
_VARIABLE: Final = r"\$\{?(%s)\}?(?![A-Za-z_])"


@dataclass(frozen=True, kw_only=True)
class Range:
    """A dashboard's time range, in seconds since 1970, and how often a target is scraped."""

    begin: float
    end: float
    scrape_seconds: int = 15

    @property
    def seconds(self) -> int:
        """How long it is."""
        return round(self.end - self.begin)


def promql(expression: str, values: Mapping[str, Sequence[str]], over: Range) -> str:
    """An expression as Grafana's Prometheus source sends it: four scrapes are a rate's window."""
    windows = {
        "__rate_interval": f"{4 * over.scrape_seconds}s",
        "__interval": f"{over.scrape_seconds}s",
        "__range_s": str(over.seconds),
        "__range": f"{over.seconds}s",
    }
    for name, value in windows.items():
        expression = _put(name, value, expression)
    for name, chosen in values.items():
        matcher = f"({'|'.join(re.escape(one) for one in chosen)})".replace("\\", "\\\\")
        expression = _put(name, matcher, expression)
    return expression


def sql(statement: str, values: Mapping[str, Sequence[str]], over: Range) -> str:
    """A statement as Grafana's PostgreSQL source sends it, with quoted values."""
    begin, end = (f"'{datetime.fromtimestamp(one, UTC):%Y-%m-%dT%H:%M:%SZ}'" for one in (over.begin, over.end))
    statement = re.sub(r"\$__timeFilter\(([^)]*)\)", rf"\1 BETWEEN {begin} AND {end}", statement)
    statement = statement.replace("$__timeFrom()", begin).replace("$__timeTo()", end)
    for name, chosen in values.items():
        # A constant stands between quotes already; a choice is a list of quoted values.
        quoted = ", ".join("'" + one.replace("'", "''") + "'" for one in chosen)
        text = chosen[0] if name == "traces" else quoted
        statement = _put(name, text, statement)
    return statement


def _put(name: str, value: str, text: str) -> str:
    """A variable's value in its place; a backslash in it is one."""
    return value.join(re.split(_VARIABLE % name, text)[::2])

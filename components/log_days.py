"""How long CloudWatch can keep a log: some numbers of days, and no other."""

from typing import Final

from stargate.errors import StargateError

# A week: what was noticed on Monday can still be looked into.
DEFAULT_LOG_DAYS: Final = 7
CHOICES: Final = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)


def log_days(days: int, what: str, *, none: bool = False) -> int:
    """The days, as given. Raises `StargateError` for a number that CloudWatch does not offer; `none` allows 0."""
    if days in CHOICES or (none and days == 0):
        return days
    choices = ", ".join(str(choice) for choice in ((0, *CHOICES) if none else CHOICES))
    raise StargateError(f"{what} is {days}: choose one of {choices}")

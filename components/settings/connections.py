"""Whether the database takes as many connections as a stack may open at once."""

from collections.abc import Mapping
from typing import Final

from stargate.errors import StargateError

# GiB of memory by size, for the families whose number of vCPUs goes with it: T and M; R has twice as much.
MEMORY_GIB: Final = {
    "micro": 1,
    "small": 2,
    "medium": 4,
    "large": 8,
    "xlarge": 16,
    "2xlarge": 32,
    "4xlarge": 64,
    "8xlarge": 128,
    "12xlarge": 192,
    "16xlarge": 256,
}
# RDS's own formula of `max_connections` for PostgreSQL: LEAST(DBInstanceClassMemory / 9531392, 5000).
BYTES_PER_CONNECTION: Final = 9_531_392
MOST_CONNECTIONS: Final = 5000
# The operating system and RDS take their part before the formula sees the memory.
USABLE: Final = 0.75
# RDS's own sessions, and an administrator who looks why there are no more.
KEPT_BACK: Final = 10
# During a rolling deploy every old task still runs beside its successor.
ROLLING: Final = 2


def rolling(tasks: int, each: int) -> int:
    """What a service of so many tasks, with so many connections each, may hold at once in the middle of a deploy."""
    return tasks * each * ROLLING


def memory_gib(instance_class: str) -> int:
    """The memory of an RDS class. Raises `StargateError` for one that is not known."""
    _, family, size = (*instance_class.split("."), "", "")[:3]
    if family[:1] not in {"t", "m", "r"} or size not in MEMORY_GIB:
        raise StargateError(
            f"database.instance_class is {instance_class}: choose a t, m or r class of size {', '.join(MEMORY_GIB)}"
        )
    return MEMORY_GIB[size] * (2 if family.startswith("r") else 1)


def limit(instance_class: str) -> int:
    """How many connections an instance of this class takes, on the careful side."""
    return min(int(memory_gib(instance_class) * 2**30 * USABLE / BYTES_PER_CONNECTION), MOST_CONNECTIONS)


def check(instance_class: str, shares: Mapping[str, int]) -> None:
    """Raise `StargateError` if the shares are more than the class takes: users would see it as a wrong key.

    `shares` holds by client the connections that it may hold at once.
    """
    wanted = sum(shares.values()) + KEPT_BACK
    if wanted <= limit(instance_class):
        return
    named = ", ".join(f"{client} {share}" for client, share in shares.items())
    raise StargateError(
        f"database.instance_class is {instance_class}, which takes {limit(instance_class)} connections, and a deploy "
        f"may open {wanted} ({named}, kept back {KEPT_BACK}): choose a larger class, a smaller gateway.database_pool, "
        "or fewer gateway.tasks"
    )

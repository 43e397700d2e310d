"""Whether the database takes as many connections as a stack may open at once."""

from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, kw_only=True)
class Client:
    """A service that opens connections: so many tasks at most, so many each."""

    name: str
    tasks: int
    each: int
    single: bool = False
    """Whether its old task ends before the new one starts."""

    @property
    def connections(self) -> int:
        """What it may hold at once, in the middle of a deploy."""
        return self.tasks * self.each * (1 if self.single else ROLLING)


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


def check(instance_class: str, clients: Sequence[Client]) -> None:
    """Raise `StargateError` if the clients may open more than the class takes: users would see it as a wrong key."""
    wanted = sum(client.connections for client in clients) + KEPT_BACK
    if wanted <= limit(instance_class):
        return
    shares = ", ".join(f"{client.name} {client.connections}" for client in clients)
    raise StargateError(
        f"database.instance_class is {instance_class}, which takes {limit(instance_class)} connections, and a deploy "
        f"may open {wanted} ({shares}, kept back {KEPT_BACK}): choose a larger class, a smaller gateway.database_pool, "
        "or fewer gateway.tasks"
    )

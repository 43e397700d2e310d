"""The sizes of a task that Fargate offers."""

from collections.abc import Mapping, Sequence
from typing import Final

from stargate.errors import StargateError

# Memory in MB that Fargate offers for its CPU units: least, most, step. Source: ECS developer guide, task size.
SIZES: Final[Mapping[int, tuple[int, int, int]]] = {
    512: (1024, 4096, 1024),
    1024: (2048, 8192, 1024),
    2048: (4096, 16384, 1024),
    4096: (8192, 30720, 1024),
    8192: (16384, 61440, 4096),
    16384: (32768, 122880, 8192),
}
SMALLEST_CPU: Final = 256
SMALLEST_MEMORY: Final = (512, 1024, 2048)


def check_size(cpu: int, memory_mb: int, what: str) -> None:
    """Raise `StargateError` for a size that Fargate does not offer, naming those that it does.

    `what` is what the sizes are of: `gateway.tasks`, or with an underscore behind where that is how they are named.
    """
    what = what if what.endswith("_") else f"{what}."
    if cpu == SMALLEST_CPU:
        offers: Sequence[int] = SMALLEST_MEMORY
    elif cpu in SIZES:
        least, most, step = SIZES[cpu]
        offers = range(least, most + 1, step)
    else:
        raise StargateError(f"{what}cpu is {cpu}: choose one of {SMALLEST_CPU}, {', '.join(map(str, SIZES))}")
    if memory_mb not in offers:
        raise StargateError(
            f"{what}memory_mb is {memory_mb} and {what}cpu is {cpu}: "
            f"choose {offers[0]} to {offers[-1]} MB in steps of {offers[1] - offers[0]}"
        )

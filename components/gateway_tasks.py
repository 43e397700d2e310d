"""How many LiteLLM run and how large, from values alone."""

from dataclasses import dataclass
from typing import Final

from stargate.components.task_size import check_size
from stargate.errors import StargateError
from stargate.values import Values

MOST_WORKERS: Final = 8
# In percent: above it more tasks would come when it is too late.
BUSIEST: Final = 90


@dataclass(frozen=True, kw_only=True)
class Tasks(Values):
    """How many LiteLLM, and how large."""

    least: int = 1
    """How many run when little is asked."""
    most: int = 1
    """How many run at most."""
    cpu: int = 1024
    """CPU units; 1024 are one vCPU."""
    memory_mb: int = 2048
    """LiteLLM's makers ask for 4096 for each worker in production."""
    workers: int = 1
    """Processes of one task; one for each vCPU."""
    spot: bool = False
    """Whether AWS may take a task back with two minutes' notice, for about a third of the price."""
    cpu_percent: int = 60
    """More tasks are started above this."""
    requests_per_minute: int | None = None
    """More tasks are started when each is asked more often than this; not counted without."""

    def __post_init__(self) -> None:
        """Refuse a size that Fargate does not offer, and numbers out of order."""
        check_size(self.cpu, self.memory_mb, "gateway.tasks")
        if not 1 <= self.least <= self.most:
            raise StargateError(
                f"gateway.tasks.least is {self.least} and gateway.tasks.most is {self.most}: "
                "choose at least 1, and no fewer at most"
            )
        if not 1 <= self.workers <= MOST_WORKERS:
            raise StargateError(f"gateway.tasks.workers is {self.workers}: choose 1 to {MOST_WORKERS}")
        if not 1 <= self.cpu_percent <= BUSIEST:
            raise StargateError(f"gateway.tasks.cpu_percent is {self.cpu_percent}: choose 1 to {BUSIEST}")
        if self.requests_per_minute is not None and self.requests_per_minute < 1:
            raise StargateError(
                f"gateway.tasks.requests_per_minute is {self.requests_per_minute}: choose 1 or more, or leave it out"
            )


def check_counters(tasks: Tasks, *, cache: bool, missing: str) -> None:
    """Raise `StargateError` for counters that nobody shares: every limit and budget would hold once for each worker.

    `missing` says what is not there and how it gets there, as whoever reads the sentence calls it.
    """
    workers = tasks.most * tasks.workers
    if workers > 1 and not cache:
        raise StargateError(
            f"gateway.tasks.most is {tasks.most}, gateway.tasks.workers is {tasks.workers} and {missing}, "
            f"or choose one task with one worker, else every budget and limit holds {workers} times"
        )

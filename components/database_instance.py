"""The machine that PostgreSQL runs on, and how well it is kept, from values alone."""

from dataclasses import dataclass
from typing import Final

from stargate.errors import StargateError
from stargate.values import Values

# RDS's own bounds.
LONGEST_BACKUP_DAYS: Final = 35
LEAST_STORAGE_GB: Final = 20
LARGEST_STORAGE_GB: Final = 65_536


@dataclass(frozen=True, kw_only=True)
class DatabaseInstance(Values):
    """The machine, its disk, and how well it is kept."""

    instance_class: str = "db.t4g.micro"
    """What it runs on; its memory bounds the connections."""
    storage_gb: int = 20
    """The disk at the start."""
    most_storage_gb: int = 100
    """RDS grows the disk up to this by itself."""
    multi_az: bool = False
    """A standby in another zone takes over within a minute or two."""
    backup_days: int = 1
    """How long RDS keeps its daily backups, and to which moment it can go back."""
    deletion_protection: bool = False
    """Neither `pulumi destroy` nor AWS deletes it."""
    final_snapshot: bool = False
    """Whether deleting the instance leaves a snapshot."""
    apply_immediately: bool = True
    """Whether changes are made at once, and not in the maintenance window."""

    def __post_init__(self) -> None:
        """Refuse what RDS would refuse after minutes."""
        if not self.instance_class.startswith("db."):
            raise StargateError(f"database.instance_class is {self.instance_class}: choose one such as db.t4g.micro")
        if not 1 <= self.backup_days <= LONGEST_BACKUP_DAYS:
            raise StargateError(f"database.backup_days is {self.backup_days}: choose 1 to {LONGEST_BACKUP_DAYS}")
        if not LEAST_STORAGE_GB <= self.storage_gb < self.most_storage_gb:
            raise StargateError(
                f"database.storage_gb is {self.storage_gb} and database.most_storage_gb is {self.most_storage_gb}: "
                f"choose {LEAST_STORAGE_GB} or more, and more at most"
            )
        if self.most_storage_gb > LARGEST_STORAGE_GB:
            raise StargateError(
                f"database.most_storage_gb is {self.most_storage_gb}: choose at most {LARGEST_STORAGE_GB}"
            )

"""What is written down is kept for a stated time, and what must not be lost cannot be deleted by mistake."""

from typing import Final

from stargate.components.policy.reference import containers
from stargate.components.policy.rule import Expectations, Found
from stargate.components.testing import Graph

GROUP: Final = "aws:cloudwatch/logGroup:LogGroup"
LEAST_BACKUP_DAYS: Final = 7


def retention(graph: Graph, _: Expectations) -> Found:
    """Every log group forgets after a stated time, and every container writes to one of this stack's."""
    for group in graph.of(GROUP):
        if not group.inputs.get("retentionInDays"):
            yield group.name, "its logs stay for ever: set retention_in_days"
    known = {group.inputs.get("name", f"{group.name}-0abc123") for group in graph.of(GROUP)}
    for task, container in containers(graph):
        logs = container.get("logConfiguration", {})
        if logs.get("logDriver") != "awslogs" or logs.get("options", {}).get("awslogs-group") not in known:
            yield task.name, f"{container['name']} logs to no log group of the stack: set logConfiguration"


def protected(graph: Graph, expected: Expectations) -> Found:
    """Where it is asked for, the database, the balancer and the images survive a mistaken deletion."""
    if not expected.deletion_protection:
        return
    for database in graph.of("aws:rds/instance:Instance"):
        inputs = database.inputs
        if not (inputs.get("deletionProtection") and database.protect):
            yield database.name, "it can be deleted at once: set deletion_protection"
        if inputs.get("skipFinalSnapshot") is not False or not inputs.get("finalSnapshotIdentifier"):
            yield database.name, "nothing of it stays when it is deleted: set final_snapshot"
        if inputs.get("deleteAutomatedBackups") is not False:
            yield database.name, "its backups go with it: set delete_automated_backups to False"
        if inputs.get("backupRetentionPeriod", 0) < LEAST_BACKUP_DAYS:
            yield database.name, f"its backups reach back less than {LEAST_BACKUP_DAYS} days: raise backup_days"
    for balancer in graph.of("aws:lb/loadBalancer:LoadBalancer"):
        if balancer.inputs.get("enableDeletionProtection") is not True:
            yield balancer.name, "it can be deleted at once: set enable_deletion_protection"
    for repository in graph.of("aws:ecr/repository:Repository"):
        if repository.inputs.get("forceDelete"):
            yield repository.name, "its images go with it: leave force_delete out"

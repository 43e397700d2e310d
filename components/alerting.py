"""What raises alerts beside the metrics store: vmalert, which judges the rules, and Alertmanager, which tells of it."""

from collections.abc import Sequence
from typing import Final

import pulumi

from stargate.components.container import Condition, Container
from stargate.components.iam import Statement
from stargate.components.preparation import DONE, FOLDER, VOLUME
from stargate.components.probe import answers

# Of VictoriaMetrics' own release.
VMALERT: Final = "docker.io/victoriametrics/vmalert"
# The version that VictoriaMetrics' compose file runs beside its releases.
ALERTMANAGER: Final = "docker.io/prom/alertmanager:v0.28.1"
VMALERT_PORT: Final = 8880
ALERTMANAGER_PORT: Final = 9093
CONFIGURATION: Final = "alertmanager.yml"
RULES_FOLDER: Final = "rules"
# Not /alertmanager, which the image declares as its volume: Fargate would give the folder to the image's own user.
STATE: Final = "/state"
STATE_VOLUME: Final = "alerts"
# Hard limits, so that a rule that asks for too much does not take the store with it.
VMALERT_MB: Final = 96
ALERTMANAGER_MB: Final = 96


def vmalert(*, store: str, version: str, user: str, password_secret: pulumi.Input[str], run_as: str) -> Container:
    """The container that judges the rules by what the store beside it holds.

    `store` is the store's address on loopback, `user` and the password are its basic authentication, and the password
    stands in the environment as VM_PASSWORD, which vmalert itself puts in the place of `%{VM_PASSWORD}`.
    """
    roles = ("datasource", "remoteRead", "remoteWrite")
    return Container(
        name="vmalert",
        image=f"{VMALERT}:{version}",
        secrets={"VM_PASSWORD": password_secret},
        command=(
            f"-rule={FOLDER}/{RULES_FOLDER}/*",
            f"-httpListenAddr=127.0.0.1:{VMALERT_PORT}",
            *(f"-{role}.url={store}" for role in roles),
            *(f"-{role}.basicAuth.username={user}" for role in roles),
            *(f"-{role}.basicAuth.password=%{{VM_PASSWORD}}" for role in roles),
            f"-notifier.url=http://127.0.0.1:{ALERTMANAGER_PORT}",
            "-evaluationInterval=30s",
            "-loggerFormat=json",
        ),
        health_check=answers(VMALERT_PORT, "/health"),
        # It reads from the store which alerts were active before.
        depends_on={**DONE, "victoria-metrics": Condition.HEALTHY},
        mounts={VOLUME.name: FOLDER},
        user=run_as,
        memory_mb=VMALERT_MB,
    )


def alertmanager(*, run_as: str) -> Container:
    """The container that groups alerts and publishes them; it stands alone, so it looks for no peers."""
    return Container(
        name="alertmanager",
        image=ALERTMANAGER,
        command=(
            f"--config.file={FOLDER}/{CONFIGURATION}",
            f"--storage.path={STATE}",
            f"--web.listen-address=127.0.0.1:{ALERTMANAGER_PORT}",
            "--cluster.listen-address=",
            "--log.format=json",
        ),
        health_check=answers(ALERTMANAGER_PORT, "/-/healthy"),
        depends_on=DONE,
        mounts={VOLUME.name: FOLDER, STATE_VOLUME: STATE},
        user=run_as,
        memory_mb=ALERTMANAGER_MB,
    )


def publishing(topic_arns: Sequence[pulumi.Input[str]], key_arn: pulumi.Input[str] | None) -> list[Statement]:
    """What a role needs to publish to topics, and to use the key that encrypts them."""
    statements = [Statement(actions=["sns:Publish"], resources=topic_arns)] if topic_arns else []
    if topic_arns and key_arn is not None:
        statements.append(Statement(actions=["kms:Decrypt", "kms:GenerateDataKey*"], resources=[key_arn]))
    return statements

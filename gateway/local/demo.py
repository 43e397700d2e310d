"""What a new local gateway starts with: a demo user with a key and a budget, and the key that metrics are read with."""

from collections.abc import Sequence
from typing import Final

from stargate.gateway.admin.client import AdminClient
from stargate.gateway.local.state import Secrets
from stargate.gateway.metrics_key import settings as metrics_key_settings
from stargate.gateway.models import Model

DEMO_USER: Final = "demo"
DEMO_BUDGET_USD: Final = 25.0


def ensure(client: AdminClient, secrets: Secrets, models: Sequence[Model]) -> None:
    """Make the demo user and both keys if they are not there; what is there keeps its spend and its budget."""
    names = [model.name for model in models]
    if client.user(DEMO_USER) is None:
        client.create_user(
            user_id=DEMO_USER,
            user_role="internal_user_viewer",
            max_budget=DEMO_BUDGET_USD,
            budget_duration="30d",
            models=names,
            auto_create_key=False,
        )
    if client.key(secrets.user_key) is None:
        client.create_key(
            key=secrets.user_key, key_alias=DEMO_USER, user_id=DEMO_USER, models=names, max_budget=DEMO_BUDGET_USD
        )
    if client.key(secrets.metrics_key) is None:
        client.create_key(key=secrets.metrics_key, **metrics_key_settings())

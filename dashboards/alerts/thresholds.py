"""Every figure of the alerts that a stack may set."""

from dataclasses import dataclass, fields

from stargate.errors import StargateError
from stargate.values import Values


@dataclass(frozen=True, kw_only=True)
class Thresholds(Values):
    """When an alert fires. Shares are of 1, times in seconds, money in dollars."""

    error_share: float = 0.05
    """Requests for one model that are answered 5xx, of all for it."""
    fewest_requests: int = 20
    """Requests, or calls of a model, in an alert's window below which a share says nothing."""
    objective: float = 0.99
    """Share of requests that the gateway promises not to answer 5xx, over 30 days."""
    fast_burn: float = 14.4
    """How many times faster than promised errors may come in an hour: 2 % of the 30 days' allowance."""
    slow_burn: float = 6.0
    """The same in six hours: 5 % of it."""
    latency_seconds: float = 120.0
    """95 of 100 answers are whole sooner."""
    overhead_seconds: float = 0.5
    """What the gateway itself adds, 95 of 100."""
    first_token_seconds: float = 10.0
    """95 of 100 streams begin sooner."""
    requests_in_flight: int = 200
    """Requests that one task holds at once."""
    refused_per_second: float = 5.0
    """Requests with a bad key, or for what their key may not do."""
    database_failures: int = 5
    """Failed calls of PostgreSQL or of Valkey, in five minutes."""
    unwritten_spend: int = 1000
    """Spend updates that wait in one task's memory."""
    throttled_share: float = 0.05
    """Calls of a model that Bedrock throttles, of all to it: somebody should ask for more quota."""
    throttled_share_page: float = 0.25
    """The same, when users notice."""
    model_error_share: float = 0.1
    """Calls of a model that fail with 5xx, broken streams too, of all to it."""
    cooldowns: int = 3
    """How often a deployment is taken out of rotation, in ten minutes."""
    team_budget_share: float = 0.8
    """Part of a team's budget that is spent."""
    team_budget_share_late: float = 0.95
    """The same, when the team will soon be refused."""
    key_budget_share: float = 0.9
    """Part of a key's, or a user's, budget that is spent."""
    spike_factor: float = 2.0
    """An hour's spend, as a multiple of the dearest hour of the week before."""
    spike_usd: float = 20.0
    """An hour's spend below which a spike is not worth a word."""
    tasks: int = 1
    """LiteLLM tasks that must be scraped."""
    scrape_seconds: float = 10.0
    """What reading one task's metrics may take."""
    series_per_task: int = 50_000
    """Samples in one task's metrics: labels are out of hand above."""
    free_disk_share: float = 0.1
    """Of the metrics store's disk."""
    memory_share: float = 0.85
    """Of the metrics store's memory."""

    def __post_init__(self) -> None:
        """Refuse figures under which an alert would always, or never, fire."""
        for name in (field.name for field in fields(self)):
            value = getattr(self, name)
            if value <= 0:
                raise StargateError(f"alerts.{name} is {value}: choose more than 0")
            if ("share" in name or name == "objective") and value >= 1:
                raise StargateError(f"alerts.{name} is {value}: choose a share below 1, such as 0.9")

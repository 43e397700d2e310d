"""The label matchers and expressions that several panels share, after LiteLLM's label names, which differ by family."""

from typing import Final

from stargate.gateway.routes import METRICS

# A scrape is a request too, and nobody's.
NO_SCRAPES: Final = f'route!~"{METRICS.path.rstrip("/")}.*"'
REQUESTS: Final = "litellm_proxy_total_requests_metric_total"
FAILURES: Final = "litellm_proxy_failed_requests_metric_total"
SPEND: Final = "litellm_spend_metric_total"
IN_FLIGHT: Final = "litellm_in_flight_requests"
WINDOW: Final = "[$__rate_interval]"


def rate(counter: str, matchers: str, by: str = "", window: str = WINDOW) -> str:
    """A counter's rate a second over all series, or by labels."""
    return f"sum{f' by ({by}) ' if by else ''}(rate({counter}{{{matchers}}}{window}))"


def quantile(share: float, histogram: str, matchers: str, by: str = "") -> str:
    """The value below which a share of a histogram's observations lies."""
    labels = ", ".join(["le", *([by] if by else [])])
    return f"histogram_quantile({share}, sum by ({labels}) (rate({histogram}_bucket{{{matchers}}}{WINDOW})))"


def error_share(matchers: str) -> str:
    """The share of requests that were answered with 5xx; nothing while there is no request."""
    failed = rate(REQUESTS, f'status_code=~"5..",{matchers}')
    return f"({failed} or vector(0)) / ({rate(REQUESTS, matchers)} > 0)"


def in_flight(matchers: str = "", *, by_task: bool = False) -> str:
    """Requests that are open, over all tasks or by task, without the scrape that reads it, which each task counts."""
    open_now = f"{IN_FLIGHT}{{{matchers}}}"
    return f"clamp_min({open_now} - 1, 0)" if by_task else f"clamp_min(sum({open_now}) - count({open_now}), 0)"

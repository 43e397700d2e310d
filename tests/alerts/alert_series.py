"""Series as promtool reads them, named and labelled as LiteLLM does: one value a minute."""

ROUTE = "/v1/messages"
MODEL = "claude-haiku-4-5"
BEDROCK = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
# Longer than any window and hold, but for those of days.
LONG = 480


def requests(status, route=ROUTE, model=MODEL):
    labels = f'requested_model="{model}",route="{route}",status_code="{status}",job="litellm",instance="a:4000"'
    return f"litellm_proxy_total_requests_metric_total{{{labels}}}"


def refusals(status, kind="KeyNotFoundError", route=ROUTE):
    labels = f'exception_status="{status}",exception_class="{kind}",route="{route}",api_key_alias="None"'
    return f"litellm_proxy_failed_requests_metric_total{{{labels}}}"


def failures(status, name=BEDROCK, provider="None"):
    labels = f'exception_status="{status}",litellm_model_name="{name}",model_group="{MODEL}",api_provider="{provider}"'
    return f"litellm_deployment_failure_responses_total{{{labels}}}"


def calls(provider="bedrock"):
    labels = f'litellm_model_name="{BEDROCK}",model_group="{MODEL}",api_provider="{provider}"'
    return f"litellm_deployment_total_requests_total{{{labels}}}"


def histogram(family, *, slow, fast, labels=f'requested_model="{MODEL}",', below="1.0", above="300.0"):
    """So many observations a minute above and below; all of them fit under `above`."""
    return {
        f'{family}_bucket{{{labels}le="{below}"}}': f"0+{fast}x{LONG}",
        f'{family}_bucket{{{labels}le="{above}"}}': f"0+{fast + slow}x{LONG}",
        f'{family}_bucket{{{labels}le="+Inf"}}': f"0+{fast + slow}x{LONG}",
        f"{family}_count{{{labels.rstrip(',')}}}": f"0+{fast + slow}x{LONG}",
    }


def always(value, minutes=LONG):
    # promtool repeats no infinity.
    return " ".join([value] * (minutes + 1)) if value == "+Inf" else f"{value}x{minutes}"


def growing(by, minutes=LONG):
    return f"0+{by}x{minutes}"


def later(by, start=10, minutes=LONG):
    """Nothing new until a minute, then so much each."""
    return f"0x{start} {by}+{by}x{minutes - start}"


def once(count, start=10, minutes=LONG):
    """Nothing until a minute, then so much at once, and nothing more."""
    return f"0x{start} {count}x{minutes - start}"


def spend(team="t1", by=0.01):
    return {f'litellm_spend_metric_total{{team="{team}",team_alias="growth",api_key_alias="ci"}}': growing(by)}


def budget(of, labels, remaining, maximum, hours=None):
    gauges = {f"litellm_remaining_{of}_budget_metric{{{labels}}}": always(remaining)}
    if maximum is not None:
        gauges[f"litellm_{of}_max_budget_metric{{{labels}}}"] = always(maximum)
    if hours is not None:
        gauges[f"litellm_{of}_budget_remaining_hours_metric{{{labels}}}"] = always(hours)
    return gauges


TEAM = 'team="t1",team_alias="growth"'
KEY = 'api_key_alias="ci",hashed_api_key="abc"'
TARGET = 'job="litellm",instance="a:4000"'
STORE = 'job="victoriametrics",instance="vm:8428"'
UP = f"up{{{TARGET}}}"

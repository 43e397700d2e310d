"""What a user is told when the gateway runs: its addresses, a key, and the lines for each client."""

import sys
from collections.abc import Sequence

import httpx

from stargate.errors import StargateError
from stargate.gateway import clients
from stargate.gateway.local.state import Bedrock, State, address
from stargate.gateway.models import Model
from stargate.gateway.routes import MESSAGES, MODELS

# Longer than a cold first call of a fresh process.
FIRST_ANSWER_SECONDS = 60.0


def first_answer(state: State) -> str:
    """Ask through the edge as the demo user, and say what came back.

    The emulator is asked a question; Bedrock itself would cost, so there only the list of models is read. Raises
    `StargateError` with the gateway's words if the answer is not a good one.
    """
    url = address(state.ports.public)
    headers = {"Authorization": f"Bearer {state.secrets.user_key}"}
    with httpx.Client(base_url=url, headers=headers, timeout=FIRST_ANSWER_SECONDS) as client:
        if state.bedrock is Bedrock.AWS:
            response = client.get(MODELS.path)
        else:
            body = {
                "model": state.models[0],
                "max_tokens": 64,
                "messages": [{"role": "user", "content": "Say hello."}],
            }
            response = client.post(MESSAGES.path, json=body)
    if response.is_error:
        raise StargateError(f"the first request was answered with {response.status_code}: {response.text[:300]}")
    return f"{response.status_code} in {response.elapsed.total_seconds():.2f} s"


def show(state: State, models: Sequence[Model], *, seconds: float | None = None) -> None:
    """Print the addresses, the demo user's key and the lines for Claude Code and both SDKs on standard output."""
    url, key = address(state.ports.public), state.secrets.user_key
    took = "" if seconds is None else f" after {seconds:.1f} s"
    answers = "Bedrock itself, called with your AWS credentials," if state.bedrock is Bedrock.AWS else "the emulator"
    lines = [
        "",
        f"The gateway is ready{took}; {answers} answers.",
        "",
        f"  public edge     {url}",
        f"  administrators  {address(state.ports.admin)}",
        f"  demo user's key {key}",
        "",
        "Claude Code:",
        *_exports(clients.claude_code(url, key, models)),
        "  claude",
        "",
        "OpenAI SDK:",
        *_exports(clients.openai(url, key)),
        "",
        "Anthropic SDK:",
        *_exports(clients.anthropic(url, key)),
        "",
        f"Models: {', '.join(model.name for model in models)}",
        "The same for scripts: stargate local env --json",
        "The last requests:    stargate local traces",
        "",
    ]
    sys.stdout.write("\n".join(lines))
    sys.stdout.flush()


def _exports(environment: dict[str, str]) -> list[str]:
    return [f"  export {name}={value}" for name, value in environment.items()]

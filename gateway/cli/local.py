"""`stargate local`: the whole gateway on this machine."""

import json
import shlex
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from stargate.gateway.local.state import Bedrock
from stargate.gateway.models import DEFAULT_NAMES

app = typer.Typer(help="The whole gateway on this machine: LiteLLM, PostgreSQL, the edge, and Bedrock or its emulator.")

StateOption = Annotated[
    Path | None, typer.Option("--state", help="The folder that is kept between runs.  [default: .stargate]")
]
Json = Annotated[bool, typer.Option("--json", help="For scripts.")]


@app.command()
def up(
    port: Annotated[int | None, typer.Option(help="The public edge's port.  [default: 8080]")] = None,
    admin_port: Annotated[int | None, typer.Option(help="The gateway's own port.  [default: 4000]")] = None,
    bedrock: Annotated[
        Bedrock, typer.Option(help="`aws` calls the real Bedrock with your credentials, and costs.")
    ] = Bedrock.EMULATOR,
    model: Annotated[
        list[str] | None, typer.Option(help=f"A model to offer, repeatable.  [default: {', '.join(DEFAULT_NAMES)}]")
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Leave it running and return when it is ready.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Throw the kept data and keys away first.")] = False,
    capture_content: Annotated[
        bool, typer.Option("--capture-content", help="Keep prompts and answers in the traces, until the next start.")
    ] = False,
    state: StateOption = None,
) -> None:
    """Start the gateway, wait until it answers, and print how to use it; Ctrl-C stops it."""
    from stargate.gateway.local import stack

    stack.up(
        stack.Options(
            port=port,
            admin_port=admin_port,
            bedrock=bedrock,
            models=tuple(model or DEFAULT_NAMES),
            detach=detach,
            fresh=fresh,
            capture_content=capture_content,
            state=state,
        )
    )


@app.command()
def down(state: StateOption = None) -> None:
    """Stop the gateway; its data, keys and spend stay for the next start."""
    from stargate.gateway.local import stack

    stack.down(state)


@app.command()
def status(as_json: Json = False, state: StateOption = None) -> None:
    """Show every part: its state, process, time since its start. Exit status 1 unless all run."""
    from stargate.gateway.local import stack

    parts = stack.statuses(state)
    if as_json:
        print(json.dumps([part.__dict__ for part in parts], indent=2))
    elif parts:
        from stargate.gateway.cli.tables import table

        table(("part", "state", "pid", "seconds"), [(p.name, p.state, str(p.pid), str(p.seconds)) for p in parts])
    else:
        typer.echo("no gateway runs here: start it with `stargate local up`", err=True)
    if not parts or any(part.state not in {"running", "starting"} for part in parts):
        raise typer.Exit(1)


@app.command()
def logs(
    part: Annotated[str | None, typer.Argument(help="One part's name, see `stargate local status`.")] = None,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="How many of each part's last lines.")] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    state: StateOption = None,
) -> None:
    """Show the parts' last lines, interleaved when followed."""
    from stargate.gateway.local import logs as files
    from stargate.gateway.local.state import folder

    files.show(folder(state).logs, part=part, lines=lines, follow=follow)


@app.command()
def env(as_json: Json = False, state: StateOption = None) -> None:
    """Print the demo user's environment for `eval "$(stargate local env)"`, or all addresses and keys as JSON."""
    from stargate.gateway.local import stack

    if as_json:
        print(json.dumps(stack.access(state), indent=2))
        return
    for name, value in stack.environment(state).items():
        print(f"export {name}={shlex.quote(value)}")


@app.command()
def traces(
    last: Annotated[int, typer.Option("--last", "-n", min=1, help="How many of the last requests.")] = 20,
    as_json: Json = False,
    state: StateOption = None,
) -> None:
    """List the last requests as they were traced: who, which model, tokens, dollars, seconds; the newest last."""
    from stargate.gateway.local import stack

    found = stack.last_traces(state, last)
    if as_json:
        print(json.dumps(found, indent=2))
        return
    from stargate.gateway.cli.tables import table

    head = ("time", "user", "key", "model", "input", "output", "cost ($)", "seconds", "error")
    table(head, [_traced(trace) for trace in found])


def _traced(trace: dict[str, Any]) -> tuple[str, ...]:
    return (
        datetime.fromtimestamp(trace["at"]).astimezone().strftime("%H:%M:%S"),
        trace["user"] or "",
        trace["key"] or "",
        trace["model"],
        str(trace["input_tokens"]),
        str(trace["output_tokens"]),
        f"{trace['cost_usd']:.6f}",
        f"{trace['seconds']:.2f}",
        trace["error"] or "",
    )

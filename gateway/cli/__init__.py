"""The command `stargate`: one module a command group; parse, call one function, print."""

import sys

from stargate.errors import StargateError


def main() -> None:
    """Run the command; what a person can put right is one line on standard error and exit status 1."""
    import typer

    from stargate.gateway.cli.app import app

    try:
        status = app(standalone_mode=False, prog_name="stargate", args=sys.argv[1:] or ["--help"])
    except StargateError as error:
        print(f"stargate: {error}", file=sys.stderr)
        sys.exit(1)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)
    except typer.TyperException as error:
        print(f"stargate: {_said(error)}. `{_command(error)} --help` lists what it takes.", file=sys.stderr)
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)


def _said(error: Exception) -> str:
    """What is wrong, on one line and without a full stop."""
    words = getattr(error, "format_message", error.__str__)()
    # So pydantic, which reads typer's choices, begins what it says of them.
    return " ".join(words.replace("Value error, ", "").split()).rstrip(".")


def _command(error: Exception) -> str:
    """The command that refused what was typed, with its groups: the one whose help tells."""
    context = getattr(error, "ctx", None)
    return context.command_path if context else "stargate"

"""The command `stargate`: one module a command group; parse, call one function, print."""

import sys

from stargate.errors import StargateError


def main() -> None:
    """Run the command; what a person can put right is one line on standard error and exit status 1."""
    import typer

    from stargate.gateway.cli.app import app

    try:
        status = app(standalone_mode=False, args=sys.argv[1:] or ["--help"])
    except StargateError as error:
        print(f"stargate: {error}", file=sys.stderr)
        sys.exit(1)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)
    except typer.TyperException as error:
        words = getattr(error, "format_message", error.__str__)
        print(f"stargate: {words()} `{_command()} --help` lists what it takes.", file=sys.stderr)
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)


def _command() -> str:
    """The command and its group as they were typed, without options and values."""
    words = [word for word in sys.argv[1:2] if not word.startswith("-")]
    return " ".join(["stargate", *words])

"""The command's tree. Nothing here imports LiteLLM, Pulumi or boto3: `stargate --help` answers in a quarter second."""

from typing import Annotated

import typer

from stargate.gateway.cli import local, models, preview, routes, tunnel

app = typer.Typer(
    name="stargate",
    help="A company's own LLM gateway on AWS, and the very same gateway on one machine.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=True,
)
app.add_typer(local.app, name="local")
app.command("routes")(routes.show)
app.command("models")(models.show)
app.command("preview")(preview.show)
app.command("tunnel")(tunnel.run)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(version("stargate-llm-gateway"))
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """A company's own LLM gateway on AWS, and the very same gateway on one machine."""

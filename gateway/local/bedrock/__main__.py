"""Run the emulator: `python -m stargate.gateway.local.bedrock --port 9000 --region us-west-1`."""

import argparse

from aiohttp import web

from stargate.gateway.local.bedrock.server import Emulator


def main() -> None:
    """Listen on loopback until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="bedrock", description="Bedrock's runtime on loopback.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--region", required=True)
    options = parser.parse_args()
    web.run_app(
        Emulator(options.region).app(),
        host=options.host,
        port=options.port,
        access_log=None,
        print=None,
        # Half-sent streams of a stopped emulator are of no use.
        shutdown_timeout=1.0,
        # A client that left is not waited for, however long the silence that it asked for.
        handler_cancellation=True,
    )


if __name__ == "__main__":
    main()

"""Run the trace store: `python -m stargate.gateway.local.traces --port 9000`; its keys come in the environment."""

import argparse
import os

from aiohttp import web

from stargate.gateway.local.traces.server import TraceStore


def main() -> None:
    """Listen on loopback until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="traces", description="Langfuse's door for traces, on loopback.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    store = TraceStore(os.environ["LANGFUSE_PUBLIC_KEY"], os.environ["LANGFUSE_SECRET_KEY"])
    web.run_app(store.app(), host=options.host, port=options.port, access_log=None, print=None, shutdown_timeout=1.0)


if __name__ == "__main__":
    main()

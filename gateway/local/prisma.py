"""LiteLLM's way to its database: Prisma's Python client, generated for LiteLLM's schema, and a query engine.

Both are made once for each LiteLLM and kept in the user's cache. The engine is Prisma's native one where it can be
had; it comes from a host of Prisma's own, so where that is out of reach the same engine at the same commit is run as
WebAssembly (`engine/`), from the npm packages that `package-lock.json` pins.
"""

import compileall
import hashlib
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from stargate.errors import StargateError
from stargate.gateway.local.node import node

# The engine that prisma-client-py 0.15.0 is written for: `prisma.config.expected_engine_version`.
ENGINE_COMMIT: Final = "393aa359c9ad4a4bb28630fb5613f9c281cde053"
ENGINE_HOST: Final = "binaries.prisma.sh"
REACH_SECONDS: Final = 2.0
DOWNLOAD_SECONDS: Final = 120
# Points to an engine that is there already, as Prisma's own tools read it.
ENGINE_VARIABLE: Final = "PRISMA_QUERY_ENGINE_BINARY"
MODULES: Final = "node_modules"
_ENGINE: Final = Path(__file__).resolve().parent / "engine" / "main.js"


class Engine(StrEnum):
    """Which query engine serves."""

    NATIVE = "native"
    WASM = "WebAssembly"


@dataclass(frozen=True, kw_only=True)
class Client:
    """What LiteLLM needs to reach its database."""

    path: Path
    """The folder to put before all others on the Python path."""
    program: Path
    """The query engine."""
    engine: Engine

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which LiteLLM finds both."""
        return {"PYTHONPATH": str(self.path), ENGINE_VARIABLE: str(self.program)}


def cache() -> Path:
    """Where what is made once is kept: `$XDG_CACHE_HOME/stargate`, by default under the home."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "stargate"


def client() -> Client:
    """The client and the engine, made if they are not there. Raises `StargateError` with the tool's last words."""
    schema = _schema()
    digest = hashlib.sha256(f"{schema}{version('prisma')}{sys.version}{sys.executable}".encode()).hexdigest()[:16]
    place = cache() / f"prisma-{digest}"
    engine, program = _engine(place)
    made = place / "client"
    if not (made / "prisma" / "client.py").exists():
        _generate(schema, place, program)
    return Client(path=made, program=program, engine=engine)


def _schema() -> str:
    """LiteLLM's schema, for the client alone: the engine's targets are chosen here."""
    spec = find_spec("litellm")
    if spec is None or spec.origin is None:
        raise StargateError("litellm is not installed: install the extra `local`")
    text = (Path(spec.origin).parent / "proxy" / "schema.prisma").read_text()
    return re.sub(r"binaryTargets\s*=\s*\[.*?\]", 'binaryTargets = ["native"]', text)


def _modules() -> Path:
    """The folder of the installed npm packages, beside or above this one."""
    for folder in (Path.cwd(), *_ENGINE.parents):
        if (folder / MODULES / "prisma").is_dir():
            return folder / MODULES
    raise StargateError("the npm packages of package-lock.json are not installed: run `make up` in a clone")


def _engine(place: Path) -> tuple[Engine, Path]:
    """The engine that is there, or can be had; what was decided is kept."""
    named = os.environ.get(ENGINE_VARIABLE)
    if named:
        if not os.access(named, os.X_OK):
            raise StargateError(f"{ENGINE_VARIABLE} is {named}, which is no program: correct it, or unset it")
        return Engine.NATIVE, Path(named)
    native, wasm = place / "query-engine", place / "query-engine-wasm"
    if not native.exists() and not wasm.exists():
        place.mkdir(parents=True, exist_ok=True)
        if not _download(native):
            _write_launcher(wasm)
    if native.exists():
        return Engine.NATIVE, native
    # Where the npm packages lie may have changed since.
    _write_launcher(wasm)
    return Engine.WASM, wasm


def _download(target: Path) -> bool:
    """Fetch the native engine with Prisma's own downloader, which checks its checksum; whether that succeeded."""
    try:
        socket.create_connection((ENGINE_HOST, 443), timeout=REACH_SECONDS).close()
    except OSError:
        return False
    folder = target.parent / "native"
    folder.mkdir(exist_ok=True)
    script = (
        "require('@prisma/fetch-engine').download({binaries: {'query-engine': process.argv[1]}, "
        "version: process.argv[2]}).then(found => console.log(Object.values(found['query-engine'])[0]))"
    )
    try:
        done = subprocess.run(
            [node(), "-e", script, folder, ENGINE_COMMIT],
            capture_output=True,
            text=True,
            check=True,
            timeout=DOWNLOAD_SECONDS,
            cwd=_modules().parent,
        )
        shutil.copy2(done.stdout.strip().splitlines()[-1], target)
    except (OSError, subprocess.SubprocessError, IndexError):
        return False
    return True


def _write_launcher(path: Path) -> None:
    """A program that runs the WebAssembly engine, as Prisma's client wants one: a single file without arguments."""
    text = (
        "#!/bin/sh\n"
        f'[ "$1" = --version ] && echo "query-engine {ENGINE_COMMIT}" && exit\n'
        f"export NODE_PATH={shlex.quote(str(_modules()))}\n"
        f'exec {shlex.quote(str(node()))} {shlex.quote(str(_ENGINE))} "$@"\n'
    )
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
        path.chmod(0o755)


def _generate(schema: str, place: Path, engine: Path) -> None:
    """Generate the client beside its final place, compile it, and move it there whole."""
    partial = place / "client.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    own = partial / "schema.prisma"
    provider = f'provider = "{sys.executable} -m prisma"\n  output = "{partial / "prisma"}"'
    own.write_text(schema.replace('provider = "prisma-client-py"', provider))
    environment = {
        **os.environ,
        "PATH": f"{node().parent}{os.pathsep}{os.environ.get('PATH', '')}",
        # Its command line tool would fetch engines that generating does not use.
        "PRISMA_CLI_QUERY_ENGINE_TYPE": "binary",
        "PRISMA_QUERY_ENGINE_BINARY": str(engine),
        "PRISMA_QUERY_ENGINE_LIBRARY": str(engine),
        "PRISMA_SCHEMA_ENGINE_BINARY": str(engine),
        "PRISMA_HIDE_UPDATE_MESSAGE": "1",
        "CHECKPOINT_DISABLE": "1",
    }
    command: list[str | Path] = [node(), _modules() / "prisma" / "build" / "index.js", "generate", "--schema", own]
    done = subprocess.run(command, env=environment, cwd=partial, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise StargateError(f"Prisma's client could not be generated: {(done.stderr or done.stdout).strip()[-600:]}")
    # Three megabytes of types: compiling them takes six seconds of a first import.
    compileall.compile_dir(partial / "prisma", quiet=2, workers=0)
    shutil.rmtree(place / "client", ignore_errors=True)
    partial.rename(place / "client")

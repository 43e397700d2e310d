"""Build any Pulumi program without an engine or credentials, and get its resources as plain objects.

`record()` is public: whoever uses the components tests their own program with it.

    graph = record(lambda: Network("net", NetworkArgs()))
    assert graph.one("aws:ec2/vpc:Vpc").inputs["cidrBlock"] == "10.10.0.0/16"
"""

import asyncio
import json
import runpy
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pulumi
from pulumi.runtime import mocks as pulumi_mocks
from pulumi.runtime.settings import SETTINGS, set_root_resource
from pulumi.runtime.stack import Stack, wait_for_rpcs

from stargate.components.recorded_values import (
    ACCOUNT,
    REGION,
    SECRET,
    SHOWN,
    SIGNATURE,
    computed,
    masked,
    plain,
    secret_paths,
)
from stargate.errors import StargateError

__all__ = ["ACCOUNT", "INVOKES", "REGION", "Graph", "Resource", "parsed", "record"]

# What AWS would answer; a program that asks for anything else is refused, so that a slip fails here.
INVOKES: Final[dict[str, Mapping[str, Any]]] = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": {
        "id": REGION,
        "names": [f"{REGION}a", f"{REGION}b"],
        "zoneIds": ["usw1-az3", "usw1-az1"],
    },
    "aws:index/getCallerIdentity:getCallerIdentity": {"id": ACCOUNT, "accountId": ACCOUNT},
    "aws:index/getRegion:getRegion": {"id": REGION, "region": REGION, "name": REGION},
    "aws:ec2/getManagedPrefixList:getManagedPrefixList": {"id": "pl-0123456789abcdef0"},
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": {"userName": "AWS", "password": "token"},
    "aws:route53/getZone:getZone": {"id": "Z0123456789", "zoneId": "Z0123456789"},
}
# A name in a cluster's domain.
NAMED_SERVICE: Final = "aws:servicediscovery/service:Service"


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One registered resource: its inputs in Pulumi's camelCase, secrets unwrapped and whole numbers as integers."""

    type: str
    name: str
    urn: str
    parent: str
    custom: bool
    inputs: Mapping[str, Any]
    secrets: frozenset[str] = frozenset()
    """The paths of the inputs that were secret, such as `password` or `containerDefinitions`."""
    provider: str = ""
    """The URN and the id of the provider that makes it, as `URN::ID`; none for a package's default."""
    protect: bool = False
    ignored: tuple[str, ...] = ()
    """The inputs whose changes are ignored."""

    def shown(self) -> Any:
        """The inputs as they may be shown: `[secret]` for each that is one."""
        return masked(self.inputs, "", self.secrets)


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Everything that a program registered, in order, and what it exported."""

    resources: tuple[Resource, ...]
    outputs: Mapping[str, Any] = field(default_factory=dict)
    secret_outputs: frozenset[str] = frozenset()

    def shown_outputs(self) -> dict[str, Any]:
        """The outputs as they may be shown: `[secret]` for each that is one."""
        return {name: SHOWN if name in self.secret_outputs else value for name, value in self.outputs.items()}

    def of(self, type_: str) -> tuple[Resource, ...]:
        """The resources of a type, given whole (`aws:ec2/vpc:Vpc`) or by its last part (`Vpc`)."""
        return tuple(r for r in self.resources if type_ in {r.type, r.type.rsplit(":", 1)[-1]})

    def one(self, type_: str, name: str | None = None) -> Resource:
        """The only resource of a type, or the one of that name. Raises `StargateError` for none or several."""
        found = [r for r in self.of(type_) if name in {None, r.name}]
        if len(found) != 1:
            names = ", ".join(r.name for r in self.of(type_)) or "none"
            raise StargateError(f"{len(found)} resources are {type_} {name or ''}: choose from {names}")
        return found[0]

    def children(self, urn: str) -> tuple[Resource, ...]:
        """The resources right below one, in the order of their making; of `""`, those below the stack."""
        return tuple(r for r in self.resources if r.parent == urn)

    def counts(self) -> dict[str, int]:
        """How many resources stand below each component of the stack, by the component's name."""
        return {top.name: sum(1 for _ in self._below(top)) for top in self.children("")}

    def tree(self) -> str:
        """The resources as a tree, one a line: name and type, as `pulumi preview` shows them."""
        return "".join(f"{'  ' * depth}{r.name}  {r.type}\n" for r, depth in self._walk("", 0))

    def _walk(self, urn: str, depth: int) -> Iterator[tuple[Resource, int]]:
        for resource in sorted(self.children(urn), key=lambda r: r.name):
            yield resource, depth
            yield from self._walk(resource.urn, depth + 1)

    def _below(self, top: Resource) -> Iterator[Resource]:
        yield top
        for child in self.children(top.urn):
            yield from self._below(child)


def record(
    program: Callable[[], object] | Path,
    *,
    project: str = "stargate",
    stack: str = "dev",
    config: Mapping[str, str] | None = None,
    secret_keys: tuple[str, ...] = (),
) -> Graph:
    """Run a program, a function or the path of a `__main__.py`, under mocks.

    `config` holds whole keys (`stargate:network`); objects are JSON. What the program raises is raised here.
    """
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    monitor = _Monitor()
    pulumi.runtime.set_mocks(monitor.mocks, project=project, stack=stack, preview=False, monitor=monitor)
    pulumi.runtime.set_all_config(dict(config or {}), list(secret_keys))
    # The mocks' own stack has handed its outputs in already; a fresh one takes the program's.
    set_root_resource(None)  # type: ignore[arg-type]  # how Pulumi's own start leaves it
    root = Stack()
    outputs: dict[str, Any] = {}
    secret: set[str] = set()

    async def run() -> None:
        if isinstance(program, Path):
            runpy.run_path(str(program), run_name="__main__")
        else:
            program()
        await wait_for_rpcs()
        for name, value in root.outputs.items():
            output = pulumi.Output.from_input(value)
            outputs[name] = plain(await output.future())
            if await output.is_secret():
                secret.add(name)

    try:
        loop.run_until_complete(run())
    except Exception as error:
        known = _own(error)
        if known is None:
            raise
        raise known from None
    finally:
        _end(loop)
    _refuse_duplicates(monitor.made)
    return Graph(resources=tuple(monitor.made), outputs=outputs, secret_outputs=frozenset(secret))


def _end(loop: asyncio.AbstractEventLoop) -> None:
    """Leave nothing of a program that failed half-way: the next would wait for its outputs for ever."""
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    SETTINGS.outputs.clear()
    SETTINGS.rpc_manager.clear()


def _own(error: BaseException | None) -> StargateError | None:
    # An error that two awaiting tasks raise may be its own cause, some steps up.
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, StargateError):
            return error
        seen.add(id(error))
        error = error.__cause__
    return None


def _refuse_duplicates(made: list[Resource]) -> None:
    """An engine refuses two of one name, and Cloud Map two services that would answer to one address."""
    if twice := _twice(r.urn for r in made):
        raise StargateError(f"two resources have the name {twice.split('::')[-1]}: name one of them otherwise")
    named = [r.inputs for r in made if r.type == NAMED_SERVICE]
    if twice := _twice(f"{inputs['name']} in {inputs['dnsConfig']['namespaceId']}" for inputs in named):
        raise StargateError(f"two services have the hostname {twice}: give one of them another hostname")


def _twice(names: Iterable[str]) -> str | None:
    return next((name for name, count in Counter(names).items() if count > 1), None)


class _Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        inputs = plain(args.inputs)
        if args.custom is False:
            return None, inputs
        return f"{args.name}-id", {**computed(args.typ, args.name), **inputs}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        if args.token not in INVOKES:
            raise StargateError(f"the program asks for {args.token}: add its answer to components.testing.INVOKES")
        return {**plain(args.args), **INVOKES[args.token]}, []


class _Monitor(pulumi_mocks.MockMonitor):
    """Pulumi's own mock monitor, which also keeps what it is told beside the inputs."""

    def __init__(self) -> None:
        super().__init__(_Mocks())
        self.made: list[Resource] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - Pulumi's own name
        answer = super().RegisterResource(request)  # type: ignore[no-untyped-call]  # it carries no types
        if request.type == "pulumi:pulumi:Stack":
            return answer
        # An engine makes these secret; Pulumi's own mocks leave them as they are.
        for key in {*request.additionalSecretOutputs} & {*answer.object}:
            answer.object[key] = {SIGNATURE: SECRET, "value": answer.object[key]}
        inputs = pulumi.runtime.rpc.deserialize_properties(request.object)
        self.made.append(
            Resource(
                type=request.type,
                name=request.name,
                urn=answer.urn,
                parent="" if "::pulumi:pulumi:Stack::" in request.parent else request.parent,
                custom=bool(request.custom),
                inputs=plain(inputs),
                secrets=frozenset(secret_paths(inputs, "")),
                provider=request.provider,
                protect=bool(request.protect),
                ignored=tuple(request.ignoreChanges),
            )
        )
        return answer


def parsed(resource: Resource, key: str) -> Any:
    """An input that is a JSON text, such as a policy or container definitions, as plain values."""
    return json.loads(resource.inputs[key])

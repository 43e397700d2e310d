"""What CloudFront does with a request, after the recorded distribution and the code of its functions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from stargate.components.testing import Graph, Resource
from stargate.path_patterns import matches, normalised

Run = Callable[[str], Callable[[str, str], bool]]


@dataclass(frozen=True)
class Distribution:
    """A recorded distribution."""

    resource: Resource
    graph: Graph
    run: Run

    @cached_property
    def headers(self) -> dict[str, str]:
        """What it adds to every request to its origin."""
        sent = (h for origin in self.resource.inputs.get("origins", []) for h in origin.get("customHeaders", []))
        return {header["name"].lower(): header["value"] for header in sent}

    @cached_property
    def functions(self) -> Mapping[str, Callable[[str, str], bool]]:
        """Its functions, compiled once, by name."""
        found = self.graph.of("aws:cloudfront/function:Function")
        return {function.name: self.run(function.inputs["code"]) for function in found}

    @property
    def behaviours(self) -> list[Mapping[str, Any]]:
        """Every behaviour, the default last."""
        return [*self.resource.inputs.get("orderedCacheBehaviors", []), self.resource.inputs["defaultCacheBehavior"]]

    @property
    def errors_not_kept(self) -> set[int]:
        """The statuses of its origin that it asks for anew each time."""
        told = self.resource.inputs.get("customErrorResponses", [])
        return {int(response["errorCode"]) for response in told if response.get("errorCachingMinTtl") == 0}

    def passing(self, methods: Sequence[str], path: str) -> list[str]:
        """The methods by which a request may reach the origin, whichever way of reading the path AWS takes.

        It chooses a behaviour by the normalised path, and does not say whether a function sees it raw or normalised.
        """
        readings = {path, normalised(path)}
        behaviours = [self.behaviour(reading) for reading in readings]
        return [m for m in methods if any(self._passes(b, m, seen) for b in behaviours for seen in readings)]

    def stands_refused(self, path: str, public: tuple[str, str]) -> bool:
        """Whether a path has a behaviour of its own, which lets not even a public request pass."""
        behaviour = self.behaviour(normalised(path))
        return "pathPattern" in behaviour and not self._passes(behaviour, *public)

    def behaviour(self, path: str) -> Mapping[str, Any]:
        """The first whose pattern matches; the default without."""
        *ordered, default = self.behaviours
        return next((behaviour for behaviour in ordered if matches(behaviour["pathPattern"], path)), default)

    def _passes(self, behaviour: Mapping[str, Any], method: str, path: str) -> bool:
        if method not in behaviour["allowedMethods"]:
            return False
        asked = [a for a in behaviour.get("functionAssociations", []) if a["eventType"] == "viewer-request"]
        return all(self._function(a["functionArn"])(method, path) for a in asked)

    def _function(self, arn: str) -> Callable[[str, str], bool]:
        for name, function in self.functions.items():
            if arn.endswith(f":{name}"):
                return function
        # A function that is none of the stack's refuses nothing that anybody knows of.
        return lambda _method, _path: True

"""The values of recorded resources: as mocks hand them over, as they may be shown, and as AWS would fill them in."""

import importlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pulumi

from stargate.errors import StargateError

REGION: Final = "us-west-1"
ACCOUNT: Final = "123456789012"
# Pulumi's mark of a wrapped value, and the kinds that matter here.
SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
SECRET: Final = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - Pulumi's published mark, opens nothing
SHOWN: Final = "[secret]"
# What an ARN's last part begins with, where somebody counts the parts.
KINDS: Final = {"secretsmanager": "secret:"}
# What AWS would fill in beside texts and numbers.
PROOF: Final = {"resourceRecordName": "_proof.example.com", "resourceRecordType": "CNAME", "resourceRecordValue": "_"}
FILLED_IN: Final = {"aws:acm/certificate:Certificate": {"domainValidationOptions": [PROOF]}}


def plain(value: Any) -> Any:
    """A value as mocks hand it over, without secret wrappers, assets, nothings and whole numbers as floats."""
    if isinstance(value, pulumi.Output):
        raise StargateError("an output cannot be recorded before it is known")
    if isinstance(value, Mapping):
        if value.get(SIGNATURE) == SECRET:
            return plain(value["value"])
        return {key: plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def secret_paths(value: Any, at: str) -> Iterator[str]:
    """The paths of what is secret in a value that stands at `at`."""
    if isinstance(value, Mapping):
        if value.get(SIGNATURE) == SECRET:
            yield at
            return
        for key, item in value.items():
            yield from secret_paths(item, f"{at}.{key}".lstrip("."))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from secret_paths(item, f"{at}.{index}")


def masked(value: Any, at: str, secrets: frozenset[str]) -> Any:
    """A value that stands at `at` as it may be shown: `[secret]` at each of those paths."""
    if at in secrets:
        return SHOWN
    if isinstance(value, Mapping):
        return {key: masked(item, f"{at}.{key}".lstrip("."), secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [masked(item, f"{at}.{index}", secrets) for index, item in enumerate(value)]
    return value


def computed(type_: str, name: str) -> dict[str, Any]:
    """What AWS would fill in: every text or number among the outputs of the resource's class, and what is listed."""
    found = re.fullmatch(r"(aws|random|docker):(\w+)/\w+:(\w+)", type_)
    if not found:
        return {}
    package, module, class_ = found.groups()
    class_ = getattr(importlib.import_module(f"pulumi_{package}.{module}".removesuffix(".index")), class_)
    values: dict[str, Any] = {}
    for attribute, member in vars(class_).items():
        if isinstance(member, property) and member.fget is not None:
            kind = str(member.fget.__annotations__.get("return", ""))
            if re.fullmatch(r".*Output\[(_builtins\.)?str\]", kind) or "Output[<class 'str'>]" in kind:
                values[_camel(attribute)] = _text(module, attribute, name)
            elif re.fullmatch(r".*Output\[(_builtins\.)?int\]", kind):
                values[_camel(attribute)] = 1
    return {**values, **FILLED_IN.get(type_, {})}


def _text(module: str, attribute: str, name: str) -> str:
    if attribute == "arn" or attribute.endswith("_arn"):
        return f"arn:aws:{module}:{REGION}:{ACCOUNT}:{KINDS.get(module, '')}{name}"
    return f"{name}-0abc123" if attribute == "name" else f"{name}-{attribute.replace('_', '-')}"


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)

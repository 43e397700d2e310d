"""AWS's own provider for Terraform, the engine inside pulumi-aws, as a judge of a recorded graph.

Each AWS resource is translated by the provider's own schema: camelCase to snake_case, plurals to the blocks that they
are, and what a program leaves to Pulumi's naming is named. `terraform validate` then has the provider check every
argument: its name, its type, its choices, what conflicts with what.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stargate.components.testing import Graph

# A folder that Terraform may take providers from, as its own `providers mirror` fills it; else it asks the network.
MIRROR = "TF_PLUGIN_MIRROR"
# Pulumi's modules whose types Terraform names without them, or otherwise.
MODULES = {"rds": "db", "servicediscovery": "service_discovery", "ec2": "", "vpc": "vpc", "lb": "lb"}
# (Terraform's type, Pulumi's property): Terraform's argument, where neither case nor number tells.
ARGUMENTS = {
    ("aws_autoscaling_group", "vpcZoneIdentifiers"): "vpc_zone_identifier",
    ("aws_sns_topic_subscription", "topic"): "topic_arn",
}
# What pulumi-aws has and a provider one major version behind it may not.
NEWER = {"region", "responseCompletionTimeout"}
# Required names that Pulumi makes up.
MADE_UP = ("name", "alarm_name", "replication_group_id")


@dataclass
class Judge:
    """A folder that Terraform works in, with the provider in it and its schema read."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    schema: dict[str, Any] = field(default_factory=dict)

    def start(self) -> str:
        """Find Terraform and the provider; why that cannot be, else nothing."""
        if not shutil.which("terraform"):
            return "there is no terraform on the PATH"
        self.environment = {**os.environ, "CHECKPOINT_DISABLE": "1"}
        if mirror := os.environ.get(MIRROR):
            configuration = self.folder / "terraform.rc"
            configuration.write_text(f'provider_installation {{\n  filesystem_mirror {{ path = "{mirror}" }}\n}}\n')
            self.environment["TF_CLI_CONFIG_FILE"] = str(configuration)
        self._write({})
        started = self._run("init", "-input=false")
        if started.returncode:
            said = next((x for x in started.stderr.splitlines() if x.strip().startswith("Error")), "no reason given")
            return f"terraform finds no provider of AWS ({said.strip()}): name a mirror in {MIRROR}"
        (found,) = json.loads(self._run("providers", "schema", "-json").stdout)["provider_schemas"].values()
        self.schema = found["resource_schemas"]
        return ""

    def faults(self, graph: Graph) -> list[str]:
        """What the provider refuses of a graph, a line each."""
        translated: dict[str, Any] = {}
        faults: list[str] = []
        for resource in graph.resources:
            if not (resource.custom and resource.type.startswith("aws:")):
                continue
            type_ = self.type_of(resource.type)
            if type_ is None:
                faults.append(f"{resource.name}: the provider has no {resource.type}")
                continue
            block = self.schema[type_]["block"]
            made = _translated(type_, resource.inputs, block, resource.name, faults)
            for name in MADE_UP:
                if block["attributes"].get(name, {}).get("required"):
                    made.setdefault(name, f"{resource.name}-0abc123")
            translated.setdefault(type_, {})[resource.name] = made
        self._write(_referring(translated, _references(translated)))
        judged = json.loads(self._run("validate", "-json").stdout)
        return faults + [
            f"{found.get('address', '')}: {found['summary']} {found.get('detail', '')}"
            for found in judged["diagnostics"]
            if found["severity"] == "error"
        ]

    def type_of(self, token: str) -> str | None:
        """Terraform's type for Pulumi's, such as `aws_vpc` for `aws:ec2/vpc:Vpc`."""
        module, name = re.fullmatch(r"aws:(\w+)/(\w+):\w+", token).groups()
        name = "s3_" + _snake(name) if module == "s3" else _snake(name)
        name = name.removeprefix("load_") if name == "load_balancer" else name
        candidates = (
            f"aws_{MODULES.get(module, module)}_{name}",
            f"aws_{module}_{name}",
            f"aws_{name}",
            f"aws_{module}",
        )
        return next((c for c in (c.replace("__", "_") for c in candidates) if c in self.schema), None)

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = ["terraform", *words, *([] if "-json" in words else ["-no-color"])]
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )

    def _write(self, resources: dict[str, Any]) -> None:
        program = {
            "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
            "provider": {"aws": {"region": "us-west-1"}},
            **({"resource": resources} if resources else {}),
        }
        (self.folder / "main.tf.json").write_text(json.dumps(program))


def _references(translated: dict[str, dict[str, Any]]) -> dict[str, str]:
    """By the ID that `record()` makes up: the expression that stands for the resource."""
    return {f"{name}-id": f"${{{type_}.{name}.id}}" for type_, made in translated.items() for name in made}


def _referring(value: Any, references: dict[str, str]) -> Any:
    """A value in which made-up IDs, which are none of AWS's kind, are references."""
    if isinstance(value, dict):
        return {key: _referring(item, references) for key, item in value.items()}
    if isinstance(value, list):
        return [_referring(item, references) for item in value]
    return references.get(value, value) if isinstance(value, str) else value


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _numbers(name: str) -> Iterator[str]:
    """A name, its singulars and its plural: Pulumi names lists by the plural, Terraform often does not."""
    yield name
    for ending, instead in (("ies", "y"), ("es", ""), ("s", "")):
        if name.endswith(ending):
            yield name.removesuffix(ending) + instead
    yield f"{name}s"


def _translated(type_: str, inputs: Any, block: dict[str, Any], where: str, faults: list[str]) -> dict[str, Any]:
    attributes, blocks = block.get("attributes", {}), block.get("block_types", {})
    made: dict[str, Any] = {}
    for key, value in inputs.items():
        options = (ARGUMENTS.get((type_, key)), *_numbers(_snake(key)))
        name = next((option for option in options if option in attributes or option in blocks), None)
        if name is None:
            if key not in NEWER:
                faults.append(f"{where}: the provider knows no {key} of {type_}")
        elif name in blocks:
            inner = blocks[name]["block"]
            values = value if isinstance(value, list) else [value]
            made[name] = [_translated(type_, item, inner, f"{where}.{key}", faults) for item in values]
        else:
            made[name] = _attribute(type_, value, attributes[name], f"{where}.{key}", faults)
    return made


def _attribute(type_: str, value: Any, kind: dict[str, Any], where: str, faults: list[str]) -> Any:
    many = kind.get("nested_type", {}).get("nesting_mode") in {"list", "set"} or kind.get("type", "")[0] in {
        "list",
        "set",
    }
    values = value if isinstance(value, list) else [value]
    if nested := kind.get("nested_type"):
        values = [_translated(type_, item, nested, where, faults) for item in values]
    values = [_literal(item) for item in values]
    return values if many else values[0]


def _literal(value: Any) -> Any:
    """A value that Terraform takes as it stands: `${` and `%{` begin its own expressions."""
    if isinstance(value, dict):
        return {key: _literal(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_literal(item) for item in value]
    return value.replace("${", "$${").replace("%{", "%%{") if isinstance(value, str) else value

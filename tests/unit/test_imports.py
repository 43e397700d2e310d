"""Which way the parts depend on one another."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# The settings alone among the components know the gateway and the dashboards, and of them what they are made of.
KNOWN_TO_SETTINGS = {
    *(f"stargate.gateway.{name}" for name in ("litellm_config", "models", "routes", "spend_reader", "timeouts")),
    "stargate.dashboards.alerts.thresholds",
}
# What the command's own modules may need only once a subcommand runs.
LAZY = ("boto3", "botocore", "litellm", "pulumi", "pulumi_aws", "stargate.components")


def modules(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def imports(text: str, *, at_start: bool = False) -> Iterator[str]:
    """The names of the modules that a source imports; `at_start`, those that its own import does."""
    tree = ast.parse(text)
    for node in _at_start(tree) if at_start else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{name.name}" for name in node.names)


def _at_start(tree: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(tree):
        typing_only = isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"
        if not (typing_only or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)):
            yield child
            yield from _at_start(child)


def of(found: Iterator[str], *packages: str) -> set[str]:
    return {name for name in found for package in packages if name == package or name.startswith(f"{package}.")}


def test_an_import_is_seen_wherever_it_stands():
    text = "import a.b\ndef f():\n    from c import d\nif TYPE_CHECKING:\n    import e\n"
    assert set(imports(text)) == {"a.b", "c", "c.d", "e"}
    assert set(imports(text, at_start=True)) == {"a.b"}
    assert of(imports(text), "a", "c.d") == {"a.b", "c.d"}


@pytest.mark.parametrize("path", modules("components"), ids=lambda path: str(path.relative_to(ROOT)))
def test_components_know_nothing_of_the_gateway_or_the_dashboards(path):
    found = of(imports(path.read_text()), "stargate.gateway", "stargate.dashboards")
    if path.is_relative_to(ROOT / "components" / "settings"):
        assert of(iter(found), *KNOWN_TO_SETTINGS) == found, "the settings know the plain truths alone"
    else:
        assert found == set(), "whatever they need comes in as an argument, so that others can use them alone"


def test_the_settings_are_where_the_two_meet():
    found = {name for path in modules("components/settings") for name in imports(path.read_text())}
    assert of(iter(found), "stargate.gateway"), "else the exception above is one for nobody"


@pytest.mark.parametrize("path", modules("gateway", "dashboards"), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_gateway_and_the_dashboards_run_without_pulumi(path):
    text = path.read_text()
    lazily = path.is_relative_to(ROOT / "gateway" / "cli")
    found = of(imports(text, at_start=lazily), "pulumi", "pulumi_aws", "pulumi_docker", "pulumi_random")
    assert found == set(), "what runs in a task has none of it"


@pytest.mark.parametrize("path", modules("gateway/cli"), ids=lambda path: path.name)
def test_the_command_imports_what_is_heavy_when_a_subcommand_needs_it(path):
    assert of(imports(path.read_text(), at_start=True), *LAZY) == set()


@pytest.mark.parametrize("truth", ["models", "routes", "timeouts", "token_prices"])
def test_a_truth_depends_on_nothing_of_ours_but_plain_values(truth):
    found = of(imports((ROOT / "gateway" / f"{truth}.py").read_text()), "stargate")
    assert of(iter(found), "stargate.errors", "stargate.values", "stargate.gateway.token_prices") == found


def branches_on_the_stack(text: str) -> list[str]:
    """Every comparison whose one side is a stack's name."""
    named = ("stack", "get_stack()", "stack.name", "self.name", "pulumi.get_stack()")
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Compare)
        and any(ast.unparse(side).endswith(named) for side in (node.left, *node.comparators))
        and any(
            isinstance(side, ast.Constant | ast.Tuple | ast.Set | ast.List) for side in (node.left, *node.comparators)
        )
    ]


def test_a_branch_on_the_stacks_name_is_found():
    assert branches_on_the_stack('if stack == "prod": pass') == ["stack == 'prod'"]
    assert branches_on_the_stack('x = 2 if pulumi.get_stack() in ("prod", "live") else 1')
    assert branches_on_the_stack("if stack.settings.cache.enabled: pass") == []


@pytest.mark.parametrize(
    "path", [ROOT / "__main__.py", *modules("components", "src/stargate/stack")], ids=lambda p: str(p.relative_to(ROOT))
)
def test_environments_are_values_and_no_code_asks_for_the_stacks_name(path):
    assert branches_on_the_stack(path.read_text()) == []


def test_the_program_is_the_diagram():
    lines = (ROOT / "__main__.py").read_text().splitlines()
    assert len(lines) <= 120
    assert not any("for " in line and " in " in line and line.rstrip().endswith(":") for line in lines)

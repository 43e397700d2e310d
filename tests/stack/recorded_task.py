"""What a recorded graph says of a task's containers, and of who reaches whom."""

from stargate.components.testing import Graph, parsed


def containers(graph: Graph, definition: str) -> dict[str, dict]:
    made = parsed(graph.one("TaskDefinition", definition), "containerDefinitions")
    return {container["name"]: container for container in made}


def environment(container: dict) -> dict[str, str]:
    return {pair["name"]: pair["value"] for pair in container["environment"]}


def secrets(container: dict) -> dict[str, str]:
    return {pair["name"]: pair["valueFrom"] for pair in container["secrets"]}


def ways_in(graph: Graph) -> set[str]:
    return {rule.name for rule in graph.of("SecurityGroupIngressRule")}

"""The few machines there are: reached through SSM alone, their metadata by session, findable by the stack's tags."""

from typing import Final

from stargate.components.policy.rule import Expectations, Found
from stargate.components.testing import Graph

TEMPLATE: Final = "aws:ec2/launchTemplate:LaunchTemplate"


def metadata_by_session(graph: Graph, _: Expectations) -> Found:
    """A machine's metadata asks for a session token, and answers no container behind it."""
    for template in graph.of(TEMPLATE):
        options = template.inputs.get("metadataOptions", {})
        if options.get("httpTokens") != "required" or options.get("httpPutResponseHopLimit") != 1:
            yield template.name, "its metadata answer without a token: set http_tokens to required, one hop"


def without_keys(graph: Graph, _: Expectations) -> Found:
    """No machine has a key pair: SSM is the only door."""
    for template in graph.of(TEMPLATE):
        if "keyName" in template.inputs:
            yield template.name, f"it has the key pair {template.inputs['keyName']}: leave it out, SSM is the door"
    for pair in graph.of("aws:ec2/keyPair:KeyPair"):
        yield pair.name, "a key pair opens SSH: leave it out, SSM is the door"

"""What roles may do, who may take them on, and what others may do to what is here."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from stargate.components.bedrock_access import ACTIONS, COUNT_ACTIONS
from stargate.components.bedrock_access import statements as offered
from stargate.components.policy.reference import listed, statements
from stargate.components.policy.rule import STACK, Expectations, Found
from stargate.components.testing import ACCOUNT, REGION, Graph, Resource

ROLE: Final = "aws:iam/role:Role"
# Where an identity's permissions stand: type and input.
IDENTITY_POLICIES: Final = {
    "aws:iam/rolePolicy:RolePolicy": "policy",
    "aws:iam/policy:Policy": "policy",
}
# Policies of what is here, which say who else may come.
RESOURCE_POLICIES: Final = {
    "aws:s3/bucketPolicy:BucketPolicy": "policy",
    "aws:sns/topicPolicy:TopicPolicy": "policy",
    "aws:kms/key:Key": "policy",
    "aws:efs/fileSystemPolicy:FileSystemPolicy": "policy",
    "aws:ecr/repositoryPolicy:RepositoryPolicy": "policy",
    "aws:secretsmanager/secretPolicy:SecretPolicy": "policy",
}
# Whoever has one of these on everything has everything.
ESCALATING: Final = re.compile(r"\*|iam:.*|sts:.*|organizations:.*", re.IGNORECASE)
# Long-lived credentials of a person or a machine outside.
PEOPLE: Final = ("aws:iam/user:User", "aws:iam/accessKey:AccessKey", "aws:iam/group:Group")


def reasoned(graph: Graph, _: Expectations) -> Found:
    """A permission on everything, for a whole service or on all of a kind, carries its reason in its Sid.

    On all of a kind a condition will do.
    """
    for resource, statement in _granted(graph):
        names = [*listed(statement.get("Action")), *listed(statement.get("Resource"))]
        for name in names:
            if _is_wide(name) and not statement.get("Sid") and not (_is_kind(name) and statement.get("Condition")):
                yield resource.name, f"it allows {name} without a reason: name what is needed, or give the reason"
        if {"NotAction", "NotResource"} & set(statement):
            yield resource.name, "it allows all but what it names: name what is needed"


def not_escalating(graph: Graph, _: Expectations) -> Found:
    """Nobody may hand out roles or permissions on everything, whatever the reason."""
    for resource, statement in _granted(graph):
        for action in listed(statement.get("Action")):
            if ESCALATING.fullmatch(action) and any(_is_wide(r) for r in listed(statement.get("Resource"))):
                yield resource.name, f"it allows {action} on everything: name the roles"


def trusted_services(graph: Graph, _: Expectations) -> Found:
    """Only AWS services take roles on, each named."""
    for role in graph.of(ROLE):
        for statement in statements(role.inputs.get("assumeRolePolicy")):
            principal = statement.get("Principal")
            services = listed(principal.get("Service")) if isinstance(principal, dict) else []
            others = set(principal) - {"Service"} if isinstance(principal, dict) else {principal}
            if others or not services or not all(re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com", s) for s in services):
                yield role.name, f"it trusts {principal}: name AWS services alone"


def own_policies(graph: Graph, expected: Expectations) -> Found:
    """AWS's own policies are attached only where they are stated, and nobody has credentials that last."""
    attached = [
        *((r, r.inputs.get("policyArn")) for r in graph.of("aws:iam/rolePolicyAttachment:RolePolicyAttachment")),
        *((role, arn) for role in graph.of(ROLE) for arn in role.inputs.get("managedPolicyArns", [])),
    ]
    for resource, arn in attached:
        if str(arn).startswith("arn:aws:iam::aws:policy/") and arn not in expected.managed_policies:
            yield resource.name, f"it attaches {arn}: write the permissions down, or state it in managed_policies"
    for type_ in PEOPLE:
        for person in graph.of(type_):
            yield person.name, "it has credentials that last: give a role instead"


def not_shared(graph: Graph, _: Expectations) -> Found:
    """No bucket, topic, key, repository or secret is open to everyone."""
    for resource, statement in _stated(graph, RESOURCE_POLICIES):
        principal = statement.get("Principal")
        named = listed(principal.get("AWS")) if isinstance(principal, dict) else [principal]
        if statement["Effect"] == "Allow" and "*" in named and not statement.get("Condition"):
            yield resource.name, "its policy lets everyone in: name the principal, or add a condition"


def models_pinned(graph: Graph, expected: Expectations) -> Found:
    """Bedrock is called through the profiles of the models on offer, in their regions, and in no other way."""
    wanted = None
    if expected.profiles is not None:
        wanted = {_key(s.plain()) for s in offered(expected.profiles, REGION, ACCOUNT)}
    given = set()
    for resource, statement in _granted(graph):
        asked = [action for action in listed(statement.get("Action")) if action.startswith("bedrock")]
        if not asked:
            continue
        given.add(_key(statement))
        if other := set(asked) - {*ACTIONS, *COUNT_ACTIONS}:
            yield resource.name, f"it allows {min(other)}: inference alone is a gateway's"
        if wanted is not None and _key(statement) not in wanted:
            arn = listed(statement["Resource"])[0]
            yield resource.name, f"it allows Bedrock's {arn}, which no offered model needs: use bedrock_access"
        for arn in listed(statement["Resource"]):
            if fault := _loose(arn, statement):
                yield resource.name, f"it allows {arn}{fault}"
    if wanted is not None and wanted - given:
        yield STACK, f"{len(wanted - given)} statements for offered models are missing: use bedrock_access.statements"


def _loose(arn: str, statement: Mapping[str, Any]) -> str | None:
    """What is too wide about Bedrock's resource, if anything."""
    if "*" in arn or "?" in arn:
        return ": name the profile or the model, and its region"
    kind = arn.split(":", 5)[-1].partition("/")[0]
    if kind == "inference-profile" or set(listed(statement["Action"])) <= set(COUNT_ACTIONS):
        return None
    asked = statement.get("Condition", {}).get("StringEquals", {})
    if "bedrock:InferenceProfileArn" not in asked:
        return " without its profile: add the condition bedrock:InferenceProfileArn"
    if not arn.split(":")[3] and asked.get("aws:RequestedRegion") != "unspecified":
        return " in every region: add the condition aws:RequestedRegion"
    return None


def _key(statement: Mapping[str, Any]) -> tuple[frozenset[str], frozenset[str], str]:
    condition = statement.get("Condition", {}).get("StringEquals", {})
    return (
        frozenset(listed(statement["Action"])),
        frozenset(listed(statement["Resource"])),
        str(sorted(condition.items())),
    )


def _granted(graph: Graph) -> Iterator[tuple[Resource, Mapping[str, Any]]]:
    """Every permission of every role."""
    inline = (
        (role, statement)
        for role in graph.of(ROLE)
        for policy in role.inputs.get("inlinePolicies", [])
        for statement in statements(policy.get("policy"))
    )
    for resource, statement in (*_stated(graph, IDENTITY_POLICIES), *inline):
        if statement["Effect"] == "Allow":
            yield resource, statement


def _stated(graph: Graph, where: Mapping[str, str]) -> Iterator[tuple[Resource, Mapping[str, Any]]]:
    for type_, key in where.items():
        for resource in graph.of(type_):
            for statement in statements(resource.inputs.get(key)):
                yield resource, statement


def _is_wide(name: str) -> bool:
    """Whether it stands for everything, for a whole service, or for all of a kind."""
    return bool(re.fullmatch(r"\*|[a-z0-9-]+:\*|arn:[^:]*:[^:]*:[^:]*:[^:]*:\*", name)) or _is_kind(name)


def _is_kind(name: str) -> bool:
    """Whether it stands for all of a kind, such as `instance/*`; the objects of a bucket are its own."""
    kind = re.fullmatch(r"arn:[^:]*:(?!s3:)[^:]*:[^:]*:[^:]*:[\w-]+/\*", name)
    return kind is not None

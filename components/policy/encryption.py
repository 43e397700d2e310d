"""What lies on a disk is encrypted, and so is what crosses a wire that others share."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from stargate.components.policy.reference import listed, referring, statements
from stargate.components.policy.rule import Expectations, Found
from stargate.components.testing import Graph, Resource

# CloudFront's and the load balancer's policies that take nothing below TLS 1.2.
EDGE_TLS: Final = frozenset({"TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025"})
BALANCER_TLS: Final = "ELBSecurityPolicy-TLS13-1-2-"
MODERN: Final = frozenset({"TLSv1.2", "TLSv1.3"})

# By type: the input that must hold, and what to do where it does not.
AT_REST: Final[Mapping[str, tuple[Callable[[Mapping[str, Any]], bool], str]]] = {
    "aws:rds/instance:Instance": (
        lambda inputs: inputs.get("storageEncrypted") is True,
        "its disk and its snapshots are not encrypted: set storage_encrypted",
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": (
        lambda inputs: inputs.get("atRestEncryptionEnabled") is True,
        "its snapshots are not encrypted: set at_rest_encryption_enabled",
    ),
    "aws:efs/fileSystem:FileSystem": (
        lambda inputs: inputs.get("encrypted") is True,
        "its files are not encrypted: set encrypted",
    ),
    "aws:ecr/repository:Repository": (
        lambda inputs: bool(inputs.get("encryptionConfigurations")),
        "it does not say how its images are encrypted: set encryption_configurations",
    ),
    "aws:sns/topic:Topic": (
        lambda inputs: bool(inputs.get("kmsMasterKeyId")),
        "its messages are not encrypted: set kms_master_key_id",
    ),
    "aws:kms/key:Key": (
        lambda inputs: inputs.get("enableKeyRotation") is True,
        "it stays the same for ever: set enable_key_rotation",
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": (
        lambda inputs: (
            bool(inputs.get("blockDeviceMappings"))
            and all(disk.get("ebs", {}).get("encrypted") == "true" for disk in inputs["blockDeviceMappings"])
        ),
        "a disk of its machines is not encrypted: set ebs encrypted on every block device",
    ),
}
PRIVATE: Final = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def at_rest(graph: Graph, _: Expectations) -> Found:
    """Disks, snapshots, file systems, images, objects and messages are encrypted where they lie."""
    for type_, (holds, sentence) in AT_REST.items():
        for resource in graph.of(type_):
            if not holds(resource.inputs):
                yield resource.name, sentence
    for bucket in graph.of("aws:s3/bucket:Bucket"):
        type_ = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
        if not referring(graph, type_, "bucket", bucket):
            yield bucket.name, "it does not say how its objects are encrypted: add a server-side encryption"


def on_the_wire(graph: Graph, _: Expectations) -> Found:
    """PostgreSQL, Valkey, file systems and buckets refuse whoever does not encrypt."""
    for group in graph.of("aws:rds/parameterGroup:ParameterGroup"):
        parameters = {p["name"]: p["value"] for p in group.inputs.get("parameters", [])}
        if parameters.get("rds.force_ssl") != "1":
            yield group.name, "PostgreSQL takes connections without TLS: set rds.force_ssl to 1"
    for cache in graph.of("aws:elasticache/replicationGroup:ReplicationGroup"):
        if not cache.inputs.get("transitEncryptionEnabled") or cache.inputs.get("transitEncryptionMode") != "required":
            yield cache.name, "it takes connections without TLS: set transit_encryption_mode to required"
        if not (cache.inputs.get("authToken") or cache.inputs.get("userGroupIds")):
            yield cache.name, "it asks nobody for a password: set auth_token"
    for task in graph.of("aws:ecs/taskDefinition:TaskDefinition"):
        for volume in task.inputs.get("volumes", []):
            if (efs := volume.get("efsVolumeConfiguration")) and not _guarded(efs):
                yield task.name, f"volume {volume['name']} is mounted in the clear: set transit_encryption and IAM"
    for system in graph.of("aws:efs/fileSystem:FileSystem"):
        if not _tls_alone(referring(graph, "aws:efs/fileSystemPolicy:FileSystemPolicy", "fileSystemId", system)):
            yield system.name, "its policy takes mounts without TLS: deny aws:SecureTransport false"
    for bucket in graph.of("aws:s3/bucket:Bucket"):
        if not _tls_alone(referring(graph, "aws:s3/bucketPolicy:BucketPolicy", "bucket", bucket)):
            yield bucket.name, "its policy takes requests without TLS: deny aws:SecureTransport false"


def buckets_private(graph: Graph, _: Expectations) -> Found:
    """No bucket can be made public, by a policy or by an access list."""
    for bucket in graph.of("aws:s3/bucket:Bucket"):
        blocks = referring(graph, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "bucket", bucket)
        if not any(all(block.inputs.get(key) is True for key in PRIVATE) for block in blocks):
            yield bucket.name, "somebody could make it public: add a BucketPublicAccessBlock with all four"


def https_at_the_edge(graph: Graph, _: Expectations) -> Found:
    """CloudFront serves HTTPS alone, under a name of its own by TLS 1.2 or later, and asks a public origin over TLS."""
    for distribution in graph.of("aws:cloudfront/distribution:Distribution"):
        inputs = distribution.inputs
        for behaviour in (inputs["defaultCacheBehavior"], *inputs.get("orderedCacheBehaviors", [])):
            if behaviour.get("viewerProtocolPolicy") != "https-only":
                pattern = behaviour.get("pathPattern", "*")
                yield distribution.name, f"{pattern} is served over HTTP: set viewer_protocol_policy to https-only"
        certificate = inputs.get("viewerCertificate", {})
        if "acmCertificateArn" in certificate and certificate.get("minimumProtocolVersion") not in EDGE_TLS:
            yield distribution.name, f"it takes old TLS: set minimum_protocol_version to one of {sorted(EDGE_TLS)}"
        if inputs.get("aliases") and "acmCertificateArn" not in certificate:
            yield distribution.name, "its name has no certificate: set acm_certificate_arn"
        for origin in inputs.get("origins", []):
            if (custom := origin.get("customOriginConfig")) and not _modern(custom):
                yield distribution.name, "its origin is reached over the internet in the clear: choose https-only"


def https_at_the_balancer(graph: Graph, _: Expectations) -> Found:
    """A listener that the internet can reach speaks HTTPS; every HTTPS listener takes TLS 1.2 and 1.3 alone."""
    for listener, balancer in _listeners(graph):
        secure = listener.inputs.get("protocol") == "HTTPS"
        if not secure and balancer.inputs.get("internal") is not True:
            yield listener.name, "the internet reaches it over HTTP: give it a certificate"
        if secure and not str(listener.inputs.get("sslPolicy", "")).startswith(BALANCER_TLS):
            yield listener.name, f"it takes old TLS: set ssl_policy to one that begins with {BALANCER_TLS}"


def unambiguous(graph: Graph, _: Expectations) -> Found:
    """A balancer refuses requests that two parsers could read differently."""
    for balancer in graph.of("aws:lb/loadBalancer:LoadBalancer"):
        if balancer.inputs.get("desyncMitigationMode") != "strictest":
            yield balancer.name, "it lets ambiguous requests pass: set desync_mitigation_mode to strictest"
        if balancer.inputs.get("dropInvalidHeaderFields") is not True:
            yield balancer.name, "it lets malformed headers pass: set drop_invalid_header_fields"


def _listeners(graph: Graph) -> Iterator[tuple[Resource, Resource]]:
    for balancer in graph.of("aws:lb/loadBalancer:LoadBalancer"):
        for listener in referring(graph, "aws:lb/listener:Listener", "loadBalancerArn", balancer):
            yield listener, balancer


def _guarded(efs: Mapping[str, Any]) -> bool:
    return efs.get("transitEncryption") == "ENABLED" and efs.get("authorizationConfig", {}).get("iam") == "ENABLED"


def _modern(origin: Mapping[str, Any]) -> bool:
    protocols = set(listed(origin.get("originSslProtocols")))
    return origin.get("originProtocolPolicy") == "https-only" and bool(protocols) and protocols <= MODERN


def _tls_alone(policies: tuple[Resource, ...]) -> bool:
    """Whether a policy denies everyone everything without TLS."""
    return any(
        statement["Effect"] == "Deny"
        and statement.get("Principal") in ("*", {"AWS": "*"})
        and str(statement["Action"]).split(":")[-1] == "*"
        and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        for policy in policies
        for statement in statements(policy.inputs.get("policy"))
    )

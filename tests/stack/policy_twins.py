"""Weakened stacks: for each rule of the policy at least one graph that breaks it, and it alone."""

from policy_stacks import added, altered, removed
from policy_weakenings import (
    INVOKE,
    OTHER_MODEL,
    WILDCARD_PROFILE,
    Twin,
    addressed,
    allowing,
    behaving,
    boxed,
    default_to,
    guarded_alike,
    in_public,
    leaking,
    mounted_in_the_clear,
    naive_guard,
    old_tls,
    open_topic,
    origin_in_the_clear,
    public_subnet,
    shown,
    trusting,
    unmarked,
    unplaced,
    unprotected,
    untagged_machine,
    weak,
    with_environment,
    with_image,
    with_rule,
    with_script,
    without_family,
    without_header,
    without_profiles,
)

from stargate.gateway import guard, routes

ADMIN_RULE = "front-lb-gateway-admin-from-door"
NETWORK_TWINS = (
    Twin(
        "closed",
        "db-from-gateway",
        "the database admits everyone",
        lambda g: altered(g, "db-from-gateway", referencedSecurityGroupId=None, cidrIpv4="0.0.0.0/0"),
    ),
    Twin(
        "closed",
        "db-from-gateway",
        "the database admits everyone over IPv6",
        lambda g: altered(g, "db-from-gateway", referencedSecurityGroupId=None, cidrIpv6="::/0"),
    ),
    weak("standalone-rules", "gateway-group", "a group with a rule inside", ingress=[{"fromPort": 1, "toPort": 2}]),
    weak("described", ADMIN_RULE, "a rule without a description", description=None),
    weak("described", ADMIN_RULE, "an apostrophe, which EC2 refuses", description="the administrators' door"),
    weak("default-group-empty", "net-default", "the default group lets in", ingress=[{"protocol": "-1"}]),
    Twin("default-group-empty", "net-vpc", "the default group is AWS's", lambda g: removed(g, "net-default")),
    Twin(
        "private-subnets", "db-subnets", "a database in public", lambda g: public_subnet(g, "db-subnets", "subnetIds")
    ),
    Twin("private-subnets", "gateway-service", "tasks in public", in_public),
    Twin(
        "private-subnets", "front-lb-lb", "a balancer in public", lambda g: public_subnet(g, "front-lb-lb", "subnets")
    ),
    Twin("no-public-addresses", "gateway-service", "tasks with addresses", addressed),
    weak("no-public-addresses", "db-postgres", "a database with an address", publiclyAccessible=True),
    weak("no-public-addresses", "net-private-a", "a subnet that gives addresses", mapPublicIpOnLaunch=True),
    Twin("flows-kept", "net-vpc", "no flow log", lambda g: removed(g, "net-flow-log")),
)
ENCRYPTION_TWINS = (
    weak("encrypted-at-rest", "db-postgres", "a plain disk", storageEncrypted=False),
    weak("encrypted-at-rest", "cache-valkey", "plain snapshots", "prod", atRestEncryptionEnabled=False),
    weak("encrypted-at-rest", "tracing-store-files-system", "plain files", "prod", encrypted=None),
    weak("encrypted-at-rest", "topics-ticket", "plain messages", kmsMasterKeyId=None),
    weak("encrypted-at-rest", "topics-key", "a key that stays", enableKeyRotation=False),
    weak("encrypted-at-rest", "gateway-image-repository", "plain images", encryptionConfigurations=None),
    weak(
        "encrypted-at-rest",
        "net-nat-a-template",
        "a plain disk of a machine",
        blockDeviceMappings=[{"deviceName": "/dev/xvda", "ebs": {"volumeSize": 8}}],
    ),
    Twin(
        "encrypted-at-rest",
        "tracing-objects-bucket",
        "plain objects",
        lambda g: removed(g, "tracing-objects-encryption"),
        "prod",
    ),
    weak("encrypted-on-the-wire", "db-parameters", "PostgreSQL without TLS", parameters=[]),
    weak("encrypted-on-the-wire", "cache-valkey", "Valkey without TLS", "prod", transitEncryptionMode="preferred"),
    weak("encrypted-on-the-wire", "cache-valkey", "Valkey without a password", "prod", authToken=None),
    Twin("encrypted-on-the-wire", "tracing-store-server-definition", "a plain mount", mounted_in_the_clear, "prod"),
    Twin(
        "encrypted-on-the-wire",
        "tracing-store-files-system",
        "plain mounts",
        lambda g: altered(g, "tracing-store-files-policy", policy='{"Statement": []}'),
        "prod",
    ),
    Twin(
        "encrypted-on-the-wire",
        "tracing-objects-bucket",
        "plain requests",
        lambda g: removed(g, "tracing-objects-policy"),
        "prod",
    ),
    Twin(
        "buckets-private",
        "tracing-objects-bucket",
        "no public access block",
        lambda g: removed(g, "tracing-objects-private"),
        "prod",
    ),
    Twin(
        "buckets-private",
        "tracing-objects-bucket",
        "half a block",
        lambda g: altered(g, "tracing-objects-private", blockPublicPolicy=False),
        "prod",
    ),
    behaving("https-at-the-edge", "a redirect", viewerProtocolPolicy="redirect-to-https"),
    Twin("https-at-the-edge", "edge-distribution", "old TLS", old_tls, "public origin"),
    Twin("https-at-the-edge", "edge-distribution", "a plain origin", origin_in_the_clear, "public origin"),
    weak("https-at-the-balancer", "front-lb-edge-listener", "HTTP in public", "public origin", protocol="HTTP"),
    weak(
        "https-at-the-balancer",
        "front-lb-edge-listener",
        "old TLS",
        "domain",
        sslPolicy="ELBSecurityPolicy-2016-08",
    ),
    weak("unambiguous-requests", "front-lb-lb", "defensive", desyncMitigationMode="defensive"),
    weak("unambiguous-requests", "front-lb-lb", "malformed headers", dropInvalidHeaderFields=None),
)
PERMISSION_TWINS = (
    allowing("reasoned-permissions", "everything of S3", Action="s3:*", Resource="arn:aws:s3:::one"),
    allowing("reasoned-permissions", "every object there is", Action="s3:GetObject", Resource="*"),
    allowing(
        "reasoned-permissions",
        "every secret",
        Action="secretsmanager:GetSecretValue",
        Resource="arn:aws:secretsmanager:us-west-1:123456789012:secret/*",
    ),
    allowing("reasoned-permissions", "all but", NotAction="iam:CreateUser", Resource="arn:aws:s3:::one"),
    allowing("no-escalation", "any role", Action="iam:PassRole", Resource="*", Sid="AReason"),
    allowing("no-escalation", "all", Action="*", Resource="*", Sid="AReason"),
    weak("trusted-services", "gateway-task", "another account", assumeRolePolicy=trusting({"AWS": "210987654321"})),
    weak("trusted-services", "gateway-task", "everyone", assumeRolePolicy=trusting("*")),
    weak("own-policies", "net-nat-a-ssm", "an administrator", policyArn="arn:aws:iam::aws:policy/AdministratorAccess"),
    weak("own-policies", "gateway-task", "a power user", managedPolicyArns=["arn:aws:iam::aws:policy/PowerUserAccess"]),
    Twin("own-policies", "ci", "a user with a key", lambda g: added(g, "aws:iam/accessKey:AccessKey", "ci", user="ci")),
    Twin("not-shared", "topics-ticket-policy", "everyone publishes", open_topic),
    allowing(
        "models-pinned", "every profile", told=without_profiles, Action=INVOKE, Resource=WILDCARD_PROFILE, Sid="AReason"
    ),
    allowing("models-pinned", "a model that is not on offer", Action=INVOKE, Resource=OTHER_MODEL),
    allowing(
        "models-pinned",
        "a model without its profile",
        told=without_profiles,
        Action=INVOKE,
        Resource="arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0",
    ),
    allowing(
        "models-pinned",
        "a new model",
        told=without_profiles,
        Action="bedrock:CreateModelCustomizationJob",
        Resource=OTHER_MODEL,
    ),
    Twin(
        "models-pinned",
        "the stack",
        "no model at all",
        lambda g: altered(g, "gateway-task-policy", policy='{"Statement": []}'),
    ),
)
SECRET_TWINS = (
    Twin(
        "secrets-from-the-store",
        "gateway-definition",
        "a password among the variables",
        lambda g: with_environment(g, "REDIS_PASSWORD", "hunted"),
    ),
    boxed(
        "secrets-from-the-store",
        "a secret from elsewhere",
        secrets=[{"name": "A", "valueFrom": "arn:aws:ssm:us-west-1:123456789012:parameter/a"}],
    ),
    Twin("secrets-marked", "gateway-master-version", "a value in the clear", unmarked),
    Twin("secrets-nowhere-else", "gateway-definition", "a secret that flows into a task", leaking),
    Twin(
        "secrets-nowhere-else",
        "gateway-definition",
        "a secret by another name",
        lambda g: with_environment(g, "GREETING", "sk-gateway-master-value-result"),
    ),
    Twin("secrets-nowhere-else", "net-nat-a-template", "a secret in user data", with_script),
    weak("secrets-nowhere-else", "gateway-group", "a secret in a tag", tags={"Name": "db-master-value-result"}),
    weak("secrets-nowhere-else", "db-postgres", "a secret in a database's tag", tags={"a": "db-master-value-result"}),
    Twin("secrets-nowhere-else", "key", "a secret in an output", shown),
)
TASK_TWINS = (
    boxed("confined", "a root that it may write", readonlyRootFilesystem=False),
    boxed("confined", "privileged", privileged=True),
    boxed("confined", "with its capabilities", linuxParameters=None),
    boxed(
        "confined",
        "with one more capability",
        linuxParameters={"capabilities": {"drop": ["ALL"], "add": ["SYS_PTRACE"]}},
    ),
    weak("confined", "gateway-definition", "an address with others", networkMode="bridge"),
    weak("no-shells", "gateway-service", "a shell", enableExecuteCommand=True),
    *(
        Twin("exact-images", "watch-metrics-tasks-definition", image, lambda g, image=image: with_image(g, image))
        for image in ("docker.io/victoriametrics/vmalert", "a/b:latest", "a/b:17", "a/b:17-alpine", "host:5000/a")
    ),
    weak("exact-images", "gateway-image-repository", "nobody looks", imageScanningConfiguration=None),
    weak("rolled-back", "gateway-service", "no rollback", deploymentCircuitBreaker={"enable": True, "rollback": False}),
    weak("rolled-back", "gateway-service", "no wait", waitForSteadyState=None),
    weak("metadata-by-session", "net-nat-a-template", "IMDSv1", metadataOptions={"httpTokens": "optional"}),
    weak("no-key-pairs", "net-nat-a-template", "a key pair", keyName="ops"),
    weak("logs-end", "gateway-logs", "logs for ever", retentionInDays=None),
    boxed("logs-end", "no logs", logConfiguration=None),
    Twin("protected", "db-postgres", "a database that pulumi may delete", unprotected, "prod"),
    weak("protected", "db-postgres", "no final snapshot", "prod", skipFinalSnapshot=True),
    weak("protected", "db-postgres", "a day of backups", "prod", backupRetentionPeriod=1),
    weak("protected", "front-lb-lb", "a balancer that goes", "prod", enableDeletionProtection=False),
    weak("protected", "gateway-image-repository", "images that go", "prod", forceDelete=True),
)
SURFACE_TWINS = (
    behaving("edge-refuses", "a default without the guard", functionAssociations=[]),
    behaving("edge-refuses", "a guard of somebody else", stack="public origin", functionAssociations=[]),
    Twin("edge-refuses", "edge-distribution", "a naive guard", lambda g: altered(g, "edge-guard", code=naive_guard())),
    Twin("edge-shows", "edge-distribution", "a family without its behaviour", without_family),
    Twin("edge-shows", "edge-distribution", "families behind the guard alone", guarded_alike),
    behaving("edge-keeps-nothing", "answers that are cached", cachePolicyId="658327ea-f89d-4fab-a63d-7e88639e58f6"),
    weak("edge-keeps-nothing", "edge-distribution", "errors that are cached", customErrorResponses=[]),
    Twin("edge-proven", "front-lb-edge-listener", "a rule without the header", without_header, "public origin"),
    weak(
        "balancer-denies",
        "front-lb-edge-listener",
        "a default that forwards",
        defaultActions=default_to("front-lb-grafana"),
    ),
    weak(
        "balancer-denies",
        "front-lb-edge-listener",
        "a default that answers",
        defaultActions=[{"type": "fixed-response", "fixedResponse": {"statusCode": "200"}}],
    ),
    *(
        Twin(
            "balancer-refuses",
            "front-lb-edge-listener",
            f"a rule for {path}",
            lambda g, path=path: with_rule(g, path),
        )
        for path in ("/*", "/key/generat?", "/*er/new")
    ),
    Twin(
        "public-passes", "edge-distribution", "a route without its rule", lambda g: removed(g, "front-lb-edge-messages")
    ),
    Twin(
        "public-passes",
        "edge-distribution",
        "a guard that refuses all",
        lambda g: altered(g, "edge-guard", code=guard.render(routes.Policy(routes=()))),
    ),
    Twin("public-passes", "the stack", "no edge", lambda g: removed(g, "edge-distribution")),
)
NAME_TWINS = (
    weak("names-of-this-stack", "gateway-definition", "a family of the account", family="gateway"),
    weak("names-of-this-stack", "net-flow-logs", "a log group of the account", name="/vpc/flows"),
    weak("names-of-this-stack", "db-postgres", "a database of the project", identifier="stargate-db"),
    Twin(
        "names-of-this-stack",
        "front-way-origin",
        "an origin of the account",
        lambda g: altered(
            g,
            "front-way-origin",
            vpcOriginEndpointConfig={
                **g.one("aws:cloudfront/vpcOrigin:VpcOrigin").inputs["vpcOriginEndpointConfig"],
                "name": "front-way",
            },
        ),
    ),
    weak("tagged", "aws", "a provider without tags", defaultTags="{}"),
    weak("tagged", "gateway-service", "tasks without tags", propagateTags=None),
    Twin("tagged", "gateway-logs", "another provider", unplaced),
    Twin("tagged", "net-nat-a-template", "a machine without tags", untagged_machine),
)
TWINS = (*NETWORK_TWINS, *ENCRYPTION_TWINS, *PERMISSION_TWINS, *SECRET_TWINS, *TASK_TWINS, *SURFACE_TWINS, *NAME_TWINS)

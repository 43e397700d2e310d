"""The load balancer: refuses what is not listed, and holds a silent stream open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from stargate.components.addresses import ANYWHERE
from stargate.components.bucket import Bucket, BucketArgs
from stargate.components.listener_rules import Rule
from stargate.components.naming import RANDOM_SUFFIX, component_name, within
from stargate.errors import StargateError

# CloudFront's own addresses. The list weighs 55 of the 60 rules of a security group: one port of one group takes it.
EDGE_PREFIX_LIST: Final = "com.amazonaws.global.cloudfront.origin-facing"
TLS_POLICY: Final = "ELBSecurityPolicy-TLS13-1-2-2021-06"
LOG_DAYS: Final = 90
# AWS's quota of rules beside the defaults, and of security groups: one reaches the tasks, the others are listeners'.
MOST_RULES: Final = 100
LONGEST_TARGET_GROUP: Final = 32 - RANDOM_SUFFIX
MOST_LISTENERS: Final = 4


@dataclass(frozen=True, kw_only=True)
class Target:
    """A service behind the balancer: a target group of its tasks."""

    port: int
    health_path: str
    deregistration_seconds: int
    """A leaving task's streams may go on for this long."""


@dataclass(frozen=True, kw_only=True)
class Listener:
    """A port: what of it is forwarded, and who may reach it."""

    port: int
    rules: Mapping[str, Rule] = field(default_factory=dict)
    """By a name that stays; whatever matches none is refused with 403."""
    everything_to: str | None = None
    """The target of whatever matches no rule, as an administrators' port has one; refused without."""
    from_edge: bool = False
    """Whether CloudFront's addresses are admitted."""
    from_groups: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    """Security groups that are admitted, by the role they play."""
    from_networks: Sequence[str] = ()
    """Private networks that are admitted, such as a VPN's `10.20.0.0/16`."""
    certificate_arn: pulumi.Input[str] | None = None
    """HTTPS; HTTP without."""

    def __post_init__(self) -> None:
        """Refuse a door to everyone."""
        if ANYWHERE in self.from_networks:
            raise StargateError(f"the listener on {self.port} admits {ANYWHERE}: name private networks")
        if self.from_edge and self.everything_to:
            raise StargateError(f"the listener on {self.port} lets the edge reach everything: name rules")


@dataclass(frozen=True, kw_only=True)
class LoadBalancerArgs:
    """A balancer, the services behind it and its ports."""

    vpc_id: pulumi.Input[str]
    """The VPC of its target groups and security groups."""
    vpc_cidr: str
    """Where its targets are: it may open connections to nothing else."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """Private subnets, or public ones for an internet-facing balancer."""
    targets: Mapping[str, Target]
    """The services behind it, by role."""
    listeners: Mapping[str, Listener]
    """Its ports, by role; at most four."""
    internal: bool = True
    """Whether it has no address on the internet."""
    idle_seconds: int
    """A connection that was silent this long is closed."""
    deletion_protection: bool = False
    """Whether AWS refuses to delete the load balancer."""
    access_logs: bool = False
    """Whether every request is written down in a bucket, for 90 days."""

    def __post_init__(self) -> None:
        """Refuse an unencrypted door to the internet, a listener that leads nowhere, and more than AWS takes."""
        if len(self.listeners) > MOST_LISTENERS:
            raise StargateError(
                f"the load balancer has the listeners {', '.join(self.listeners)}: choose at most {MOST_LISTENERS}, "
                "since each has a security group"
            )
        rules = sum(len(listener.rules) for listener in self.listeners.values())
        if rules > MOST_RULES:
            raise StargateError(f"the load balancer has {rules} rules: name at most {MOST_RULES} routes")
        for name, listener in self.listeners.items():
            led = {rule.target for rule in listener.rules.values()} | {listener.everything_to} - {None}
            if astray := led - set(self.targets):
                raise StargateError(
                    f"listener {name} leads to {min(map(str, astray))}: choose from {', '.join(self.targets)}"
                )
            if not self.internal and listener.certificate_arn is None:
                raise StargateError(
                    f"listener {name} of an internet-facing load balancer has no certificate: "
                    "give it one (edge.domain), or make it internal (edge.origin vpc)"
                )


class LoadBalancer(pulumi.ComponentResource):
    """An application load balancer that denies by default.

    Builds: a security group to reach the tasks, one more for each port, the balancer, target groups, listeners that
    refuse with 403, a rule for each listed route, access logs if asked. It admits nobody whom no listener names.
    """

    arn: pulumi.Output[str]
    dns_name: pulumi.Output[str]
    zone_id: pulumi.Output[str]
    security_group_id: pulumi.Output[str]
    """What a task admits."""
    target_group_arns: Mapping[str, pulumi.Output[str]]
    labels: Mapping[str, pulumi.Output[str]]
    """By target: what autoscaling calls the pair of balancer and target group."""
    suffix: pulumi.Output[str]
    """The balancer's name in CloudWatch."""
    target_suffixes: Mapping[str, pulumi.Output[str]]
    ready: Sequence[pulumi.Resource]
    """The listeners and their rules: a service that stands behind one must wait for it."""

    def __init__(self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build it."""
        super().__init__("stargate:index:LoadBalancer", component_name(name), None, opts)
        self._name, self._args = name, args
        self._below = pulumi.ResourceOptions(parent=self)
        tasks = self._security_group("tasks", f"{name} to its tasks")
        self.security_group_id = tasks.id
        self._reach_tasks(tasks.id)
        doors = [self._door(role, listener) for role, listener in args.listeners.items()]
        balancer = self._balancer([tasks.id, *doors])
        self.arn, self.dns_name, self.zone_id = balancer.arn, balancer.dns_name, balancer.zone_id
        self.suffix = balancer.arn_suffix
        groups = {role: self._target_group(role, target) for role, target in args.targets.items()}
        self.target_group_arns = {role: group.arn for role, group in groups.items()}
        self.target_suffixes = {role: group.arn_suffix for role, group in groups.items()}
        self.labels = {
            role: pulumi.Output.concat(balancer.arn_suffix, "/", group.arn_suffix) for role, group in groups.items()
        }
        self.ready = [made for role, listener in args.listeners.items() for made in self._listener(role, listener)]
        self.register_outputs({"dns_name": self.dns_name})

    def _security_group(self, role: str, description: str) -> aws.ec2.SecurityGroup:
        return aws.ec2.SecurityGroup(
            f"{self._name}-{role}",
            vpc_id=self._args.vpc_id,
            description=description,
            tags={"Name": f"{self._name}-{role}"},
            opts=self._below,
        )

    def _reach_tasks(self, group_id: pulumi.Output[str]) -> None:
        for port in sorted({target.port for target in self._args.targets.values()}):
            aws.vpc.SecurityGroupEgressRule(
                f"{self._name}-to-tasks-{port}",
                security_group_id=group_id,
                description="To the tasks, health checks too",
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                cidr_ipv4=self._args.vpc_cidr,
                opts=self._below,
            )

    def _door(self, role: str, listener: Listener) -> pulumi.Output[str]:
        """A listener's own security group, since CloudFront's prefix list nearly fills one."""
        group = self._security_group(role, f"{self._name}: who may reach port {listener.port}")

        def admit(
            who: str,
            *,
            prefixes: pulumi.Input[str] | None = None,
            source: pulumi.Input[str] | None = None,
            network: str | None = None,
        ) -> None:
            aws.vpc.SecurityGroupIngressRule(
                f"{self._name}-{role}-from-{who}",
                security_group_id=group.id,
                description=f"{role} from {who}",
                ip_protocol="tcp",
                from_port=listener.port,
                to_port=listener.port,
                prefix_list_id=prefixes,
                referenced_security_group_id=source,
                cidr_ipv4=network,
                opts=self._below,
            )

        if listener.from_edge:
            found = aws.ec2.get_managed_prefix_list(name=EDGE_PREFIX_LIST, opts=pulumi.InvokeOptions(parent=self))
            admit("cloudfront", prefixes=found.id)
        for who, source in listener.from_groups.items():
            admit(who, source=source)
        for network in listener.from_networks:
            admit(network.replace(".", "-").replace("/", "-"), network=network)
        return group.id

    def _balancer(self, security_groups: Sequence[pulumi.Output[str]]) -> aws.lb.LoadBalancer:
        args = self._args
        logs: dict[str, Any] = {}
        waits: list[pulumi.Resource] = []
        if args.access_logs:
            delivery = {
                "Effect": "Allow",
                "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": "AWSLogs/*",
            }
            bucket = Bucket(
                f"{self._name}-logs",
                BucketArgs(expire_days={"": LOG_DAYS}, statements=[delivery], destroy=True),
                self._below,
            )
            logs["access_logs"] = {"bucket": bucket.name, "enabled": True}
            waits.append(bucket.policy)
        return aws.lb.LoadBalancer(
            f"{self._name}-lb",
            internal=args.internal,
            load_balancer_type="application",
            subnets=list(args.subnet_ids),
            security_groups=list(security_groups),
            idle_timeout=args.idle_seconds,
            # A request that two parsers could read differently is refused.
            desync_mitigation_mode="strictest",
            drop_invalid_header_fields=True,
            enable_deletion_protection=args.deletion_protection,
            opts=pulumi.ResourceOptions(parent=self, depends_on=waits),
            **logs,
        )

    def _target_group(self, role: str, target: Target) -> aws.lb.TargetGroup:
        # One of another balancer cannot be in two: where the balancer is replaced, they are too.
        name = f"{self._name}-{role}" if self._args.internal else f"{self._name}-{role}-public"
        return aws.lb.TargetGroup(
            within(name, LONGEST_TARGET_GROUP, "the target group's name"),
            vpc_id=self._args.vpc_id,
            target_type="ip",
            port=target.port,
            protocol="HTTP",
            deregistration_delay=target.deregistration_seconds,
            # Streams last: the task with the fewest open ones is the least busy.
            load_balancing_algorithm_type="least_outstanding_requests",
            health_check={
                "path": target.health_path,
                "matcher": "200",
                "interval": 15,
                "timeout": 10,
                "healthy_threshold": 2,
                "unhealthy_threshold": 4,
            },
            opts=self._below,
        )

    def _listener(self, role: str, listener: Listener) -> list[pulumi.Resource]:
        default: aws.lb.ListenerDefaultActionArgsDict = {
            "type": "fixed-response",
            "fixed_response": {"content_type": "text/plain", "message_body": "Forbidden", "status_code": "403"},
        }
        if listener.everything_to:
            default = {"type": "forward", "target_group_arn": self.target_group_arns[listener.everything_to]}
        secure = listener.certificate_arn is not None
        made = aws.lb.Listener(
            f"{self._name}-{role}-listener",
            load_balancer_arn=self.arn,
            port=listener.port,
            protocol="HTTPS" if secure else "HTTP",
            certificate_arn=listener.certificate_arn,
            ssl_policy=TLS_POLICY if secure else None,
            default_actions=[default],
            routing_http_response_server_enabled=False,
            opts=self._below,
        )
        rules = [
            aws.lb.ListenerRule(
                f"{self._name}-{role}-{key}",
                listener_arn=made.arn,
                priority=rule.priority,
                conditions=rule.conditions(),
                actions=[{"type": "forward", "target_group_arn": self.target_group_arns[rule.target]}],
                opts=self._below,
            )
            for key, rule in listener.rules.items()
        ]
        return [made, *rules]

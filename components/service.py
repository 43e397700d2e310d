"""The one way in which a service runs here: a task on Fargate with its roles, logs, name and scaling."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from stargate.components.addresses import ANYWHERE
from stargate.components.cluster import Cluster
from stargate.components.container import Container, Volume, check_task
from stargate.components.iam import Statement, document, trust
from stargate.components.log_days import DEFAULT_LOG_DAYS
from stargate.components.naming import component_name
from stargate.components.scaling import Scaling, scale
from stargate.components.secret import secret_arn
from stargate.components.task_size import check_size
from stargate.errors import StargateError

# A task that just left must not be found for longer than a scrape or two.
DNS_SECONDS: Final = 10


@dataclass(frozen=True, kw_only=True)
class TargetGroup:
    """A load balancer's target group that one container of the service stands in."""

    arn: pulumi.Input[str]
    container: str
    port: int


@dataclass(frozen=True, kw_only=True)
class FargateServiceArgs:
    """A service: its task, how many of it, and where."""

    cluster: Cluster
    """Where it runs; public images come from its mirror, if it has one."""
    vpc_id: pulumi.Input[str]
    """The VPC that its security groups belong to."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """Private subnets, one in each zone."""
    containers: Sequence[Container]
    """All of one task: they share its size, its address and its volumes."""
    cpu: int
    """CPU units; 1024 are one vCPU."""
    memory_mb: int
    """MiB for all containers together; Fargate offers certain sizes for each of CPU."""
    hostname: str | None = None
    """The service's name in the cluster's domain; none is registered without."""
    desired_count: int = 1
    """How many tasks; `scaling` decides instead where it is given."""
    scaling: Scaling | None = None
    """Between which numbers of tasks, and by what; `desired_count` stays without."""
    volumes: Sequence[Volume] = ()
    """What the containers' `mounts` name."""
    statements: Sequence[Statement] = ()
    """What the task itself may do on AWS; nothing without."""
    target_groups: Sequence[TargetGroup] = ()
    """The groups of load balancers that its tasks stand in."""
    spot: bool = False
    """Whether AWS may take a task back with two minutes' notice, for about a third of the price."""
    single: bool = False
    """Whether two tasks must never run at once, as with a store that locks its files: the old one ends first."""
    architecture: str = "ARM64"
    """The processor that the images are built for: `ARM64` or `X86_64`."""
    log_days: int = DEFAULT_LOG_DAYS
    """How many days CloudWatch keeps the log: one of the numbers that it offers, such as 7, 30 or 90."""
    grace_seconds: int = 180
    """The load balancer's judgement does not count this long after a start."""
    repository_arns: Sequence[pulumi.Input[str]] = ()
    """The ECR repositories that its images come from; none for public images."""
    depends_on: Sequence[pulumi.Resource] = ()
    """What the service waits for, such as the listeners of its target groups."""

    def __post_init__(self) -> None:
        """Refuse what Fargate would refuse minutes later."""
        check_size(self.cpu, self.memory_mb, "service")
        check_task(self.containers, self.volumes)
        if self.single and (self.desired_count > 1 or self.scaling):
            raise StargateError(f"desired_count is {self.desired_count} for a single service: choose 1 and no scaling")


class FargateService(pulumi.ComponentResource):
    """A service on Fargate.

    Builds: log group, execution role (this image, these secrets, these logs) and task role, task definition, security
    group that admits nobody (see `allow`), Cloud Map name, service with circuit breaker and rollback, autoscaling.
    """

    security_group_id: pulumi.Output[str]
    service_name: pulumi.Output[str]
    task_role_arn: pulumi.Output[str]
    log_group_name: pulumi.Output[str]
    hostname: str | None

    def __init__(self, name: str, args: FargateServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build it; preview waits for nothing, `pulumi up` until the service is steady."""
        super().__init__("stargate:index:FargateService", component_name(name), None, opts)
        self._name, self._args = name, args
        self._below = pulumi.ResourceOptions(parent=self)
        self._region = aws.get_region(opts=pulumi.InvokeOptions(parent=self)).region
        self._logs = aws.cloudwatch.LogGroup(f"{name}-logs", retention_in_days=args.log_days, opts=self._below)
        self.log_group_name = self._logs.name
        self._group = self._security_group()
        self.security_group_id = self._group.id
        # The service waits for them: a task that starts before its permissions ends at once.
        self._permissions: list[pulumi.Resource] = []
        service = self._service(self._task(self._execution_role(), self._task_role()))
        self.service_name = service.name
        self.hostname = f"{args.hostname}.{args.cluster.domain}" if args.hostname else None
        if args.scaling:
            scale(name, args.scaling, args.cluster.name, service.name, self._below)
        self.register_outputs({"service_name": self.service_name, "security_group_id": self.security_group_id})

    def allow(self, name: str, source_security_group_id: pulumi.Input[str], port: int, why: str) -> None:
        """Admit another security group to a port of the service; `name` is the caller's role, unique here."""
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-from-{name}",
            security_group_id=self.security_group_id,
            description=why,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            referenced_security_group_id=source_security_group_id,
            opts=self._below,
        )

    def _security_group(self) -> aws.ec2.SecurityGroup:
        group = aws.ec2.SecurityGroup(
            f"{self._name}-group",
            vpc_id=self._args.vpc_id,
            description=f"Tasks of {self._name}",
            tags={"Name": self._name},
            opts=self._below,
        )
        aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-out",
            security_group_id=group.id,
            description="The services of AWS, the database, the other services",
            ip_protocol="-1",
            cidr_ipv4=ANYWHERE,
            opts=self._below,
        )
        return group

    def _execution_role(self) -> aws.iam.Role:
        role = aws.iam.Role(
            f"{self._name}-execution", assume_role_policy=trust("ecs-tasks.amazonaws.com"), opts=self._below
        )
        statements = [
            Statement(
                actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[pulumi.Output.concat(self._logs.arn, ":*")],
            ),
        ]
        if repositories := self._repository_arns():
            statements += [
                Statement(
                    actions=["ecr:GetAuthorizationToken"],
                    resources=["*"],
                    reason="ECR authorises a login on no resource",
                ),
                Statement(
                    actions=["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"],
                    resources=repositories,
                ),
            ]
        if secrets := self._secret_arns():
            statements.append(Statement(actions=["secretsmanager:GetSecretValue"], resources=secrets))
        self._permit("execution", role, statements)
        return role

    def _permit(self, role: str, to: aws.iam.Role, statements: Sequence[Statement]) -> None:
        self._permissions.append(
            aws.iam.RolePolicy(
                f"{self._name}-{role}-policy", role=to.name, policy=document(*statements), opts=self._below
            )
        )

    def _containers(self) -> Sequence[Container]:
        """The containers; where the cluster has a mirror, public images come from there."""
        mirror = self._args.cluster.mirror
        if mirror is None:
            return self._args.containers
        return [
            replace(container, image=mirror.reference(container.image))
            if isinstance(container.image, str)
            else container
            for container in self._args.containers
        ]

    def _repository_arns(self) -> Sequence[pulumi.Input[str]]:
        mirror = self._args.cluster.mirror
        return [*self._args.repository_arns, *([mirror.repository_arn] if mirror else [])]

    def _secret_arns(self) -> list[pulumi.Input[str]]:
        """Each secret once, in the order of its first use; one secret may serve several variables."""
        found: dict[int, pulumi.Input[str]] = {}
        for container in self._args.containers:
            for reference in container.secrets.values():
                found.setdefault(id(reference), reference)
        return [pulumi.Output.from_input(reference).apply(secret_arn) for reference in found.values()]

    def _task_role(self) -> aws.iam.Role:
        role = aws.iam.Role(f"{self._name}-task", assume_role_policy=trust("ecs-tasks.amazonaws.com"), opts=self._below)
        if self._args.statements:
            self._permit("task", role, self._args.statements)
        self.task_role_arn = role.arn
        return role

    def _task(self, execution: aws.iam.Role, task: aws.iam.Role) -> aws.ecs.TaskDefinition:
        args = self._args
        return aws.ecs.TaskDefinition(
            f"{self._name}-definition",
            # A family belongs to the account: two stacks of one would number their revisions in turn.
            family=f"{pulumi.get_project()}-{pulumi.get_stack()}-{self._name}",
            cpu=str(args.cpu),
            memory=str(args.memory_mb),
            network_mode="awsvpc",
            requires_compatibilities=["FARGATE"],
            runtime_platform={"cpu_architecture": args.architecture, "operating_system_family": "LINUX"},
            execution_role_arn=execution.arn,
            task_role_arn=task.arn,
            container_definitions=pulumi.Output.json_dumps(
                [container.definition(self._logs.name, self._region) for container in self._containers()]
            ),
            volumes=[aws.ecs.TaskDefinitionVolumeArgs(**volume.definition()) for volume in args.volumes],
            opts=self._below,
        )

    def _service(self, definition: aws.ecs.TaskDefinition) -> aws.ecs.Service:
        args = self._args
        registries: dict[str, Any] = {}
        if args.hostname:
            registries["service_registries"] = {"registry_arn": self._registration(args.hostname).arn}
        if args.target_groups:
            registries["health_check_grace_period_seconds"] = args.grace_seconds
            registries["load_balancers"] = [
                {"target_group_arn": group.arn, "container_name": group.container, "container_port": group.port}
                for group in args.target_groups
            ]
        return aws.ecs.Service(
            f"{self._name}-service",
            cluster=args.cluster.arn,
            task_definition=definition.arn,
            desired_count=args.scaling.least if args.scaling else args.desired_count,
            capacity_provider_strategies=[
                {"capacity_provider": "FARGATE_SPOT" if args.spot else "FARGATE", "weight": 1, "base": 0}
            ],
            deployment_minimum_healthy_percent=0 if args.single else 100,
            deployment_maximum_percent=100 if args.single else 200,
            # AWS would start the second task before the first ends, to even out the zones.
            availability_zone_rebalancing="DISABLED" if args.single else "ENABLED",
            deployment_circuit_breaker={"enable": True, "rollback": True},
            network_configuration={
                "subnets": list(args.subnet_ids),
                "security_groups": [self.security_group_id],
                "assign_public_ip": False,
            },
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            # `pulumi up` fails when the new task does not live, instead of an hour later.
            wait_for_steady_state=True,
            # AWS asks for it where Spot is switched on or off; it does nothing where nothing else changes.
            force_new_deployment=True,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[*self._permissions, *args.depends_on],
                ignore_changes=["desiredCount"] if args.scaling else None,
            ),
            **registries,
        )

    def _registration(self, hostname: str) -> aws.servicediscovery.Service:
        return aws.servicediscovery.Service(
            f"{self._name}-name",
            name=hostname,
            # ECS takes a task's address out a while after the task: the name need not wait for it.
            force_destroy=True,
            dns_config={
                "namespace_id": self._args.cluster.namespace_id,
                "routing_policy": "MULTIVALUE",
                "dns_records": [{"type": "A", "ttl": DNS_SECONDS}],
            },
            opts=self._below,
        )

"""The VPC: subnets over the zones that exist, the way out, endpoints, flow logs."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from stargate.components.address_plan import plan
from stargate.components.addresses import ANYWHERE
from stargate.components.endpoints import PRIVATE_ENDPOINTS, SERVICE, Endpoints, make_endpoints
from stargate.components.flow_logs import FlowLogs, FlowLogsArgs
from stargate.components.log_days import DEFAULT_LOG_DAYS, log_days
from stargate.components.naming import component_name
from stargate.components.nat import Nat, NatInstance, NatInstanceArgs, NatMode
from stargate.components.waiting import after
from stargate.errors import StargateError
from stargate.values import Values


@dataclass(frozen=True, kw_only=True)
class NetworkArgs(Values):
    """A VPC of two or three zones."""

    cidr: str = "10.10.0.0/16"
    """The VPC's addresses: a private range of /16 to /19."""
    zones: int = 2
    """Over how many availability zones; us-west-1 shows two to an account."""
    nat: Nat = field(default_factory=Nat)
    """The way out of the private subnets."""
    interface_endpoints: tuple[str, ...] = ()
    """Services reached without leaving the VPC, such as `bedrock-runtime`; about $8 a month each and zone.

    Without a NAT those that the tasks need are there anyway.
    """
    flow_log_days: int = DEFAULT_LOG_DAYS
    """How long CloudWatch keeps who talked to whom; 0 for no flow logs."""

    def __post_init__(self) -> None:
        """Refuse a range that cannot be divided, days that CloudWatch does not offer, and what names no service."""
        plan(self.cidr, self.zones)
        log_days(self.flow_log_days, "network.flow_log_days", none=True)
        for service in self.interface_endpoints:
            if not re.fullmatch(SERVICE, service):
                raise StargateError(
                    f"network.interface_endpoints has {service}: choose the end of a service's name, "
                    "such as bedrock-runtime"
                )

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Every service with an interface endpoint, once."""
        needed = PRIVATE_ENDPOINTS if self.nat.mode is NatMode.NONE else ()
        return tuple(sorted({*needed, *self.interface_endpoints}))


class Network(pulumi.ComponentResource):
    """A VPC with public, private and data subnets in each zone.

    Builds: VPC with a locked default security group, internet gateway, public subnets, the NAT, private subnets with
    their routes, data subnets without a way out, S3 and interface endpoints, flow logs. It makes no security group
    but the endpoints' and the NAT's: each service brings its own.
    """

    vpc_id: pulumi.Output[str]
    region: str
    cidr: str
    availability_zones: Sequence[str]
    public_subnet_ids: Sequence[pulumi.Output[str]]
    private_subnet_ids: Sequence[pulumi.Output[str]]
    data_subnet_ids: Sequence[pulumi.Output[str]]
    private_route_table_ids: Sequence[pulumi.Output[str]]
    nat_group_names: Mapping[str, pulumi.Output[str]]
    """By zone; empty without NAT instances."""
    nat_gateway_ids: Mapping[str, pulumi.Output[str]]
    """By zone; empty without NAT gateways."""
    nat_security_group_id: pulumi.Output[str] | None

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build it in the zones that the account sees. Raises `StargateError` if they are fewer than asked for."""
        super().__init__("stargate:index:Network", component_name(name), None, opts)
        self._name, self._args = name, args
        self._below = pulumi.ResourceOptions(parent=self)
        self.cidr = args.cidr
        invoke = pulumi.InvokeOptions(parent=self)
        self.region = aws.get_region(opts=invoke).region
        self.availability_zones = self._zones(invoke)
        self._vpc()
        self._subnets()
        self.nat_group_names, self.nat_gateway_ids, self.nat_security_group_id = {}, {}, None
        targets = self._nat()
        routes = self._private_routes(targets)
        endpoints = make_endpoints(
            name,
            Endpoints(
                vpc_id=self.vpc_id,
                cidr=args.cidr,
                region=self.region,
                services=args.endpoints,
                subnet_ids=self.private_subnet_ids,
                route_table_ids=self.private_route_table_ids,
            ),
            self._below,
        )
        # Whoever starts in a private subnet finds the way out and AWS's services there.
        ways = [*routes, *self.nat_group_names.values(), *endpoints]
        self.private_subnet_ids = [after(subnet, *ways) for subnet in self.private_subnet_ids]
        if args.flow_log_days:
            FlowLogs(f"{name}-flow", FlowLogsArgs(vpc_id=self.vpc_id, days=args.flow_log_days), self._below)
        self.register_outputs({"vpc_id": self.vpc_id})

    def _zones(self, invoke: pulumi.InvokeOptions) -> Sequence[str]:
        # A Local Zone that the account has opted into takes neither databases nor file systems.
        proper = [aws.GetAvailabilityZonesFilterArgs(name="opt-in-status", values=["opt-in-not-required"])]
        names = sorted(aws.get_availability_zones(state="available", filters=proper, opts=invoke).names)
        if len(names) < self._args.zones:
            raise StargateError(
                f"network.zones is {self._args.zones} and {self.region} shows {len(names)} to this account: "
                "choose fewer"
            )
        return names[: self._args.zones]

    def _letter(self, zone: str) -> str:
        return zone.removeprefix(self.region)

    def _vpc(self) -> None:
        vpc = aws.ec2.Vpc(
            f"{self._name}-vpc",
            cidr_block=self._args.cidr,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags={"Name": self._name},
            opts=self._below,
        )
        self.vpc_id = vpc.id
        # Without rules: what forgets to name a security group reaches nothing.
        aws.ec2.DefaultSecurityGroup(f"{self._name}-default", vpc_id=vpc.id, opts=self._below)
        self._gateway = aws.ec2.InternetGateway(
            f"{self._name}-internet", vpc_id=vpc.id, tags={"Name": self._name}, opts=self._below
        )

    def _subnets(self) -> None:
        addresses = plan(self._args.cidr, self._args.zones)
        public_routes = self._route_table("public")
        way = aws.ec2.Route(
            f"{self._name}-public-out",
            route_table_id=public_routes.id,
            destination_cidr_block=ANYWHERE,
            gateway_id=self._gateway.id,
            opts=self._below,
        )
        public = self._tier("public", addresses.public, [public_routes] * self._args.zones)
        self.public_subnet_ids = [after(subnet, way.id) for subnet in public]
        self._private_tables = [self._route_table("private", zone) for zone in self.availability_zones]
        self.private_route_table_ids = [table.id for table in self._private_tables]
        self.private_subnet_ids = self._tier("private", addresses.private, self._private_tables)
        data_routes = self._route_table("data")
        self.data_subnet_ids = self._tier("data", addresses.data, [data_routes] * self._args.zones)

    def _route_table(self, tier: str, zone: str = "") -> aws.ec2.RouteTable:
        suffix = f"{tier}-{self._letter(zone)}" if zone else tier
        return aws.ec2.RouteTable(
            f"{self._name}-{suffix}-routes",
            vpc_id=self.vpc_id,
            tags={"Name": f"{self._name}-{suffix}"},
            opts=self._below,
        )

    def _tier(
        self, tier: str, cidrs: Sequence[str], tables: Sequence[aws.ec2.RouteTable]
    ) -> Sequence[pulumi.Output[str]]:
        ids = []
        for zone, cidr, table in zip(self.availability_zones, cidrs, tables, strict=True):
            suffix = f"{tier}-{self._letter(zone)}"
            subnet = aws.ec2.Subnet(
                f"{self._name}-{suffix}",
                vpc_id=self.vpc_id,
                availability_zone=zone,
                cidr_block=cidr,
                map_public_ip_on_launch=False,
                tags={"Name": f"{self._name}-{suffix}"},
                opts=self._below,
            )
            association = aws.ec2.RouteTableAssociation(
                f"{self._name}-{suffix}-association", subnet_id=subnet.id, route_table_id=table.id, opts=self._below
            )
            ids.append(after(subnet.id, association.id))
        return ids

    def _nat(self) -> Mapping[str, dict[str, pulumi.Output[str]]]:
        """The route's target by zone; the zones that have no NAT of their own use the first's."""
        mode = self._args.nat.mode
        if mode is NatMode.NONE:
            return {}
        zones = self.availability_zones if self._args.nat.per_zone else self.availability_zones[:1]
        subnets = dict(zip(self.availability_zones, self.public_subnet_ids, strict=True))
        make = self._nat_instance if mode is NatMode.INSTANCE else self._nat_gateway
        if mode is NatMode.INSTANCE:
            self.nat_security_group_id = self._nat_security_group()
        made = {zone: make(zone, subnets[zone]) for zone in zones}
        return {zone: made.get(zone, made[zones[0]]) for zone in self.availability_zones}

    def _nat_security_group(self) -> pulumi.Output[str]:
        group = aws.ec2.SecurityGroup(
            f"{self._name}-nat",
            vpc_id=self.vpc_id,
            description="NAT instances: from the VPC to anywhere",
            tags={"Name": f"{self._name}-nat"},
            opts=self._below,
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-nat-from-vpc",
            security_group_id=group.id,
            description="What leaves the private subnets",
            ip_protocol="-1",
            cidr_ipv4=self._args.cidr,
            opts=self._below,
        )
        aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-nat-out",
            security_group_id=group.id,
            description="The internet, and the load balancer for port forwards of administrators",
            ip_protocol="-1",
            cidr_ipv4=ANYWHERE,
            opts=self._below,
        )
        return group.id

    def _nat_instance(self, zone: str, subnet_id: pulumi.Output[str]) -> dict[str, pulumi.Output[str]]:
        if self.nat_security_group_id is None:
            raise StargateError("a NAT instance needs its security group: make it first")
        instance = NatInstance(
            f"{self._name}-nat-{self._letter(zone)}",
            NatInstanceArgs(
                cidr=self._args.cidr,
                subnet_id=subnet_id,
                security_group_id=self.nat_security_group_id,
                region=self.region,
                account_id=aws.get_caller_identity(opts=pulumi.InvokeOptions(parent=self)).account_id,
                instance_type=self._args.nat.instance_type,
            ),
            self._below,
        )
        self.nat_group_names = {**self.nat_group_names, zone: instance.group_name}
        return {"network_interface_id": instance.interface_id}

    def _nat_gateway(self, zone: str, subnet_id: pulumi.Output[str]) -> dict[str, pulumi.Output[str]]:
        suffix = f"{self._name}-nat-{self._letter(zone)}"
        address = aws.ec2.Eip(f"{suffix}-address", domain="vpc", tags={"Name": suffix}, opts=self._below)
        gateway = aws.ec2.NatGateway(
            suffix,
            allocation_id=address.allocation_id,
            subnet_id=subnet_id,
            tags={"Name": suffix},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self._gateway]),
        )
        self.nat_gateway_ids = {**self.nat_gateway_ids, zone: gateway.id}
        return {"nat_gateway_id": gateway.id}

    def _private_routes(self, targets: Mapping[str, dict[str, pulumi.Output[str]]]) -> list[pulumi.Output[str]]:
        return [
            aws.ec2.Route(
                f"{self._name}-private-{self._letter(zone)}-out",
                route_table_id=table.id,
                destination_cidr_block=ANYWHERE,
                opts=self._below,
                **targets[zone],
            ).id
            for zone, table in zip(self.availability_zones, self._private_tables, strict=True)
            if zone in targets
        ]

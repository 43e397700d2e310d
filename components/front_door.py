"""Where everyone comes in: the load balancer, its ways for the edges and for administrators, and what proves whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import pulumi
import pulumi_random as random

from stargate.components.addresses import HTTP, HTTPS
from stargate.components.certificate import Certificate, CertificateArgs, Domain, alias
from stargate.components.edge_origin import Origin, VpcOrigin, VpcOriginArgs
from stargate.components.listener_rules import Header, PublicRoute, application_rules, route_rules
from stargate.components.load_balancer import Listener, LoadBalancer, LoadBalancerArgs, Target
from stargate.components.naming import component_name
from stargate.components.network import Network
from stargate.errors import StargateError

# Added by an edge to every request, replacing whatever a client sent under the name.
PROOF: Final = "x-stargate-edge"
PROOF_LENGTH: Final = 48
ORIGIN_LABEL: Final = "origin"


class Allow(Protocol):
    """How a service admits a security group."""

    def __call__(self, name: str, source_security_group_id: pulumi.Input[str]) -> None:
        """Admit it; `name` is the caller's role."""
        ...


@dataclass(frozen=True, kw_only=True)
class Application:
    """A service that people reach: the gateway, or pages that ask everyone to sign in."""

    port: int
    """Its tasks' port."""
    health_path: str
    admin_port: int
    """Where administrators reach all of it, on an address that is not public."""
    host: str
    """Its tasks' own name in the VPC."""
    public: bool = False
    """Whether an edge of its own leads to all of it; it must ask everyone to sign in."""


@dataclass(frozen=True, kw_only=True)
class FrontDoorArgs:
    """Who comes in, and to what."""

    network: Network
    """An internal load balancer stands in its private subnets, another in its public ones."""
    routes: Sequence[PublicRoute]
    """What the edge may reach of the gateway."""
    gateway: Application
    """What the edge reaches by `routes` alone."""
    pages: Mapping[str, Application] = field(default_factory=dict)
    """Further services by their role, such as Grafana."""
    internal: bool = True
    """Whether the load balancer has no address on the internet."""
    domain: Domain | None = None
    """The public name; with it the way from the edge is encrypted too."""
    admin_groups: Mapping[str, pulumi.Input[str]]
    """Security groups of the machines that administrators' port forwards end at, by role."""
    admin_networks: Sequence[str] = ()
    """Private networks that reach the administrators' ports without a port forward, such as a VPN's."""
    idle_seconds: int
    """The load balancer closes a connection that was silent this long."""
    deregistration_seconds: int
    """A leaving task's streams may go on for this long."""
    deletion_protection: bool = False
    """Whether AWS refuses to delete the load balancer."""
    access_logs: bool = False
    """Whether every request is written down in a bucket, for 90 days."""

    def __post_init__(self) -> None:
        """Refuse an unencrypted way over the internet, and two applications on one port."""
        if not self.internal and self.domain is None:
            raise StargateError(
                "the front door's internal is false and its domain is not given: the way from CloudFront would not be "
                "encrypted; give it a domain (edge.domain), or leave internal true (edge.origin vpc)"
            )
        if not self.internal and self.admin_networks:
            raise StargateError(
                f"the front door's admin_networks is {', '.join(self.admin_networks)} and its internal is false: a "
                "load balancer on the internet has no private side; leave admin_networks empty "
                "(gateway.admin_networks), or internal true (edge.origin vpc)"
            )
        ports = [application.admin_port for application in self.applications.values()]
        if len(set(ports)) < len(ports) or {HTTP, HTTPS} & set(ports):
            raise StargateError(f"the administrators' ports are {ports}: choose each once, and neither 80 nor 443")

    @property
    def applications(self) -> Mapping[str, Application]:
        """All of them by role; the gateway's is `gateway`."""
        return {"gateway": self.gateway, **self.pages}


class FrontDoor(pulumi.ComponentResource):
    """The load balancer and the ways to it.

    Builds: the certificate of the way from the edge if there is a domain, a secret header for each edge that needs
    one, the balancer, and CloudFront's way into the VPC or the balancer's public name. The edges themselves stand
    before it: each takes one of `origins`.
    """

    balancer: LoadBalancer
    origins: Mapping[str, Origin]
    """What an edge stands before, by application: the gateway, and the pages that are public."""
    certificate_arn: pulumi.Output[str] | None
    admin_addresses: Mapping[str, pulumi.Output[str]]
    """`HOST:PORT` in the VPC by application."""
    admin_ports: Mapping[str, int]
    """The port on an administrator's own machine by application."""
    page_urls: Mapping[str, pulumi.Output[str]]
    """Where an administrator's browser finds the pages: through a port forward, or from a network that is admitted."""

    def __init__(self, name: str, args: FrontDoorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build it."""
        super().__init__("stargate:index:FrontDoor", component_name(name), None, opts)
        self._name, self._args = name, args
        self._below = pulumi.ResourceOptions(parent=self)
        self.certificate_arn = None
        if args.domain:
            region = args.network.region
            named = CertificateArgs(domain=args.domain.below(ORIGIN_LABEL), region=region)
            self.certificate_arn = Certificate(f"{name}-tls", named, self._below).arn
        self._headers = {role: self._header(role) for role in args.applications if self._needs_proof(role)}
        self.balancer = self._balancer()
        self.origins = self._origins()
        host = self.balancer.dns_name
        self.admin_addresses = {
            role: pulumi.Output.concat(host, f":{application.admin_port}")
            if args.internal
            else pulumi.Output.from_input(f"{application.host}:{application.port}")
            for role, application in args.applications.items()
        }
        self.admin_ports = {role: application.admin_port for role, application in args.applications.items()}
        self.page_urls = {
            role: pulumi.Output.concat("http://", host if args.admin_networks else "localhost", f":{page.admin_port}")
            for role, page in args.pages.items()
        }
        self.register_outputs({"dns_name": host})

    def admit_administrators(self, services: Mapping[str, Allow]) -> None:
        """Let port forwards end at the tasks themselves where the balancer has no private side."""
        if self._args.internal:
            return
        for allow in services.values():
            for who, group in self._args.admin_groups.items():
                allow(who, group)

    def target_group_arns(self, role: str) -> Sequence[pulumi.Output[str]]:
        """The target groups that an application's tasks stand in: none where only port forwards lead to it."""
        found = self.balancer.target_group_arns.get(role)
        return [found] if found is not None else []

    def _needs_proof(self, role: str) -> bool:
        """Whether an edge must prove itself: over the internet, and to whatever is told apart by the proof alone."""
        if role == "gateway":
            return not self._args.internal
        return self._args.applications[role].public

    def _header(self, role: str) -> Header:
        proof = random.RandomPassword(
            f"{self._name}-{role}-proof", length=PROOF_LENGTH, special=False, opts=self._below
        )
        return Header(name=PROOF, value=pulumi.Output.secret(proof.result))

    def _balancer(self) -> LoadBalancer:
        args = self._args
        network = args.network
        gateway_proof = self._headers.get("gateway")
        pages = {role: header for role, header in self._headers.items() if role != "gateway"}
        listeners = {
            "edge": Listener(
                port=HTTPS if self.certificate_arn is not None else HTTP,
                rules={**route_rules(args.routes, "gateway", gateway_proof), **application_rules(pages)},
                from_edge=True,
                certificate_arn=self.certificate_arn,
            )
        }
        if args.internal:
            for role, application in args.applications.items():
                listeners[f"{role}-admin"] = Listener(
                    port=application.admin_port,
                    everything_to=role,
                    from_groups=args.admin_groups,
                    from_networks=args.admin_networks,
                )
        return LoadBalancer(
            f"{self._name}-lb",
            LoadBalancerArgs(
                vpc_id=network.vpc_id,
                vpc_cidr=network.cidr,
                subnet_ids=network.private_subnet_ids if args.internal else network.public_subnet_ids,
                targets={
                    role: Target(
                        port=application.port,
                        health_path=application.health_path,
                        deregistration_seconds=args.deregistration_seconds,
                    )
                    for role, application in args.applications.items()
                    # What no listener leads to no service may stand in.
                    if args.internal or role == "gateway" or application.public
                },
                listeners=listeners,
                internal=args.internal,
                idle_seconds=args.idle_seconds,
                deletion_protection=args.deletion_protection,
                access_logs=args.access_logs,
            ),
            self._below,
        )

    def _origins(self) -> dict[str, Origin]:
        args = self._args
        dns_name: pulumi.Input[str] = self.balancer.dns_name
        vpc_origin_id = None
        if args.domain:
            origin = args.domain.below(ORIGIN_LABEL)
            dns_name = origin.name
            if not args.internal:
                alias(f"{self._name}-origin", origin, self.balancer.dns_name, self.balancer.zone_id, self._below)
        if args.internal:
            way = VpcOriginArgs(
                load_balancer_arn=self.balancer.arn,
                port=HTTPS if args.domain else HTTP,
                tls=args.domain is not None,
            )
            vpc_origin_id = VpcOrigin(f"{self._name}-way", way, self._below).id
        public = ["gateway", *(role for role, page in args.pages.items() if page.public)]
        return {
            role: Origin(dns_name=dns_name, vpc_origin_id=vpc_origin_id, header=self._headers.get(role))
            for role in public
        }

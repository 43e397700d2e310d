"""A public name's certificate, proven by a record in its zone."""

import re
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from stargate.errors import StargateError
from stargate.values import Values

LABEL: Final = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
NAME: Final = rf"{LABEL}(\.{LABEL})+"


@dataclass(frozen=True, kw_only=True)
class Domain(Values):
    """A public name and the Route 53 zone of this account that holds it."""

    name: str
    """Such as `llm.example.com`."""
    zone: str
    """Such as `example.com`."""

    def __post_init__(self) -> None:
        """Refuse what is no name, and a name that the zone cannot hold."""
        for what, text in (("name", self.name), ("zone", self.zone)):
            if not re.fullmatch(NAME, text):
                raise StargateError(
                    f"edge.domain.{what} is {text}: choose a name in lower case, such as llm.example.com"
                )
        if self.name != self.zone and not self.name.endswith(f".{self.zone}"):
            raise StargateError(
                f"edge.domain.name is {self.name} and edge.domain.zone is {self.zone}: choose a name in the zone"
            )

    def below(self, label: str) -> "Domain":
        """Another name in the same zone, one label down."""
        return Domain(name=f"{label}.{self.name}", zone=self.zone)

    def zone_id(self, opts: pulumi.InvokeOptions) -> str:
        """The zone's id. Looked up: a zone outlives its stacks."""
        return aws.route53.get_zone(name=self.zone, private_zone=False, opts=opts).zone_id


@dataclass(frozen=True, kw_only=True)
class CertificateArgs:
    """The name, and where the certificate is used."""

    domain: Domain
    """The name that is certified, and the zone that takes its proof."""
    region: str
    """CloudFront reads certificates in us-east-1 alone; a load balancer in its own region."""


class Certificate(pulumi.ComponentResource):
    """A certificate of ACM, the record that proves the name, and the wait until AWS has seen it. It renews itself."""

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build it."""
        super().__init__("stargate:index:Certificate", name, None, opts)
        below = pulumi.ResourceOptions(parent=self)
        certificate = aws.acm.Certificate(
            f"{name}-certificate",
            domain_name=args.domain.name,
            validation_method="DNS",
            region=args.region,
            opts=below,
        )
        proof = certificate.domain_validation_options[0]
        record = aws.route53.Record(
            f"{name}-proof",
            zone_id=args.domain.zone_id(pulumi.InvokeOptions(parent=self)),
            name=proof.resource_record_name.apply(str),
            type=proof.resource_record_type.apply(str),
            records=[proof.resource_record_value.apply(str)],
            ttl=300,
            # In one account every certificate of a name is proven by the same record.
            allow_overwrite=True,
            opts=below,
        )
        valid = aws.acm.CertificateValidation(
            f"{name}-validation",
            certificate_arn=certificate.arn,
            validation_record_fqdns=[record.fqdn],
            region=args.region,
            opts=below,
        )
        self.arn = valid.certificate_arn
        self.register_outputs({"arn": self.arn})


def alias(
    name: str, domain: Domain, target: pulumi.Input[str], target_zone: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> None:
    """Point a name at a distribution or a load balancer, over IPv4 and IPv6."""
    invoke = pulumi.InvokeOptions(parent=opts.parent)
    for kind in ("A", "AAAA"):
        aws.route53.Record(
            f"{name}-{kind.lower()}",
            zone_id=domain.zone_id(invoke),
            name=domain.name,
            type=kind,
            aliases=[{"name": target, "zone_id": target_zone, "evaluate_target_health": False}],
            opts=opts,
        )

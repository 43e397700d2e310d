"""How an administrator reaches an address in the VPC: the line for a shell."""

import pulumi

from stargate.components.machine import DOOR_TAG


def tunnel(door: str, address: str, region: str, local_port: int) -> str:
    """A port forward of SSM from the administrator's machine, by the AWS CLI and its Session Manager plugin.

    `door` is the tag's value of the machine that it ends at, `address` a `HOST:PORT` that the machine reaches.
    """
    host, _, port = address.rpartition(":")
    find = (
        f"aws ec2 describe-instances --region {region} --output text "
        f"--filters Name=tag:{DOOR_TAG},Values={door} Name=instance-state-name,Values=running "
        "--query 'Reservations[0].Instances[0].InstanceId'"
    )
    return (
        f'aws ssm start-session --region {region} --target "$({find})" '
        "--document-name AWS-StartPortForwardingSessionToRemoteHost "
        f"--parameters host={host},portNumber={port},localPortNumber={local_port}"
    )


def tunnel_to(door: str, address: pulumi.Input[str], region: str, local_port: int) -> pulumi.Output[str]:
    """The same for an address that is not known yet."""
    return pulumi.Output.from_input(address).apply(lambda known: tunnel(door, known, region, local_port))

"""What a Pulumi program of these components stands in: its provider, and how it says what is wrong."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import pulumi
import pulumi_aws as aws

from stargate.errors import StargateError

PROJECT_TAG: Final = "stargate:project"
STACK_TAG: Final = "stargate:stack"


@contextmanager
def in_sentences() -> Iterator[None]:
    """Stop the program with the sentence of a `StargateError`, and not with a traceback."""
    try:
        yield
    except StargateError as error:
        raise pulumi.RunError(str(error)) from error


def region() -> str:
    """The region of the stack, `aws:region`. Raises `StargateError` without one."""
    found = pulumi.Config("aws").get("region")
    if not found:
        raise StargateError("aws:region is not set: run `pulumi config set aws:region us-west-1`")
    return found


def provider(name: str, tags: Mapping[str, str]) -> aws.Provider:
    """The AWS provider of a stack: its region, the accounts that it may touch, and the tags of everything it makes.

    Reads `aws:region` and `aws:allowedAccountIds`. `PROJECT_TAG` and `STACK_TAG` come on top. Raises
    `StargateError` without a region.
    """
    own = {PROJECT_TAG: pulumi.get_project(), STACK_TAG: pulumi.get_stack()}
    return aws.Provider(
        name,
        region=region(),
        allowed_account_ids=pulumi.Config("aws").get_object("allowedAccountIds"),
        default_tags={"tags": {**tags, **own}},
    )

"""What a Pulumi program of these components stands in: its provider, and how it says what is wrong."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import pulumi
import pulumi_aws as aws

from stargate.errors import StargateError

PROJECT_TAG: Final = "stargate:project"
STACK_TAG: Final = "stargate:stack"
# The AWS provider's own settings that a stack of ours may have.
AWS: Final = "aws"
REGION_KEY: Final = "region"
ACCOUNTS_KEY: Final = "allowedAccountIds"
AWS_KEYS: Final = (REGION_KEY, ACCOUNTS_KEY)


@contextmanager
def in_sentences() -> Iterator[None]:
    """Stop the program with the sentence of a `StargateError`, and not with a traceback."""
    try:
        yield
    except StargateError as error:
        raise pulumi.RunError(str(error)) from error


def region() -> str:
    """The region of the stack, `aws:region`. Raises `StargateError` without one, and for what is none."""
    found = pulumi.Config(AWS).get(REGION_KEY)
    if not found:
        raise StargateError("aws:region is not set: run `pulumi config set aws:region us-west-1`")
    if not re.fullmatch(r"[a-z]{2,}(-[a-z]+)+-\d", found):
        raise StargateError(f"aws:region is {found}: choose one such as us-west-1")
    return found


def allowed_accounts() -> list[str] | None:
    """The accounts that a stack may touch, `aws:allowedAccountIds`; None for any.

    Raises `StargateError` for what is no list of account ids.
    """
    given = pulumi.Config(AWS).get(ACCOUNTS_KEY)
    if given is None:
        return None
    try:
        found = json.loads(given)
    except ValueError:
        found = None
    # Without quotes YAML takes an id for a number.
    accounts = [str(item) for item in found] if isinstance(found, list) else []
    if not accounts or not all(re.fullmatch(r"[0-9]{12}", account) for account in accounts):
        raise StargateError(
            f'aws:allowedAccountIds is {given or "empty"}: write a list of 12 digits each, such as ["123456789012"]'
        )
    return accounts


def provider(name: str, tags: Mapping[str, str]) -> aws.Provider:
    """The AWS provider of a stack: its region, the accounts that it may touch, and the tags of everything it makes.

    Reads `aws:region` and `aws:allowedAccountIds`. `PROJECT_TAG` and `STACK_TAG` come on top. Raises `StargateError`
    as `region` and `allowed_accounts` do.
    """
    own = {PROJECT_TAG: pulumi.get_project(), STACK_TAG: pulumi.get_stack()}
    return aws.Provider(
        name,
        region=region(),
        allowed_account_ids=allowed_accounts(),
        default_tags={"tags": {**tags, **own}},
    )

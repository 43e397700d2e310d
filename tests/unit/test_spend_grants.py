"""What the role that dashboards read with may read, in the statements that say so."""

import re

import pytest

from stargate.errors import StargateError
from stargate.gateway import spend_reader

# What was said, who said it from where, what opens something, and what sets a key up.
NEVER = {
    "messages",
    "response",
    "proxy_server_request",
    "metadata",
    "requester_ip_address",
    "end_user",
    "key_name",
    "aliases",
    "config",
    "permissions",
    "password",
    "user_email",
    "sso_user_id",
}


def test_no_column_with_content_or_credentials_is_readable():
    readable = {column for columns in spend_reader.READABLE.values() for column in columns}
    assert "spend" in readable
    assert not readable & NEVER


def test_only_single_columns_are_granted_and_only_for_reading():
    granted = re.findall(r"GRANT (.*) ON public\.", spend_reader.grants())
    assert len(granted) == len(spend_reader.READABLE)
    assert all(re.fullmatch(r'SELECT \("\w+"(, "\w+")*\)', one) for one in granted)


def test_what_was_granted_before_is_taken_back_in_the_same_transaction():
    lines = spend_reader.grants().strip().splitlines()
    assert (lines[0], lines[-1]) == ("BEGIN;", "COMMIT;")
    taken = next(index for index, line in enumerate(lines) if line.startswith("REVOKE ALL ON ALL TABLES"))
    assert taken < min(index for index, line in enumerate(lines) if "ON public." in line)


@pytest.mark.parametrize("role", ["", "Reader", 'x"; DROP TABLE y; --', "1x", "a" * 64])
def test_a_role_that_would_need_quoting_is_refused(role):
    with pytest.raises(StargateError, match="choose small letters"):
        spend_reader.grants(role)
    with pytest.raises(StargateError, match="choose small letters"):
        spend_reader.limits(role)

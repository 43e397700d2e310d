"""What a message can ask the emulator to do."""

from dataclasses import fields

import pytest

from stargate.gateway.local.bedrock import faults
from stargate.gateway.local.bedrock.errors import BedrockError
from stargate.gateway.local.bedrock.faults import Wishes, wishes, without


def test_a_message_without_a_directive_wishes_nothing():
    assert wishes("Say hi. [[not: this]] [bedrock: abort=1]") == Wishes()


def test_directives_may_stand_anywhere_and_be_several():
    found = wishes("Say [[bedrock: silence=30 slow=0.2]] hi [[bedrock: tokens=200]]")
    assert found == Wishes(silence=30, slow=0.2, tokens=200)


def test_the_message_is_read_without_its_directives():
    assert without("Say hi [[bedrock: tokens=3]]") == "Say hi"


@pytest.mark.parametrize(
    "words",
    [
        *("silense=3", "silence", "silence=", "silence=long", "silence=-1", "silence=nan", "silence=1e9"),
        *("tokens=1.5", "tokens=999999999", "throttle", "error=200", "error=418", "break=403", "abort=-1", "tool="),
    ],
)
def test_a_word_that_is_none_is_refused_by_name(words):
    with pytest.raises(BedrockError, match=words.split("=")[0]) as refused:
        wishes(f"[[bedrock: {words}]]")
    assert refused.value.name == "ValidationException"


@pytest.mark.parametrize("status", sorted(faults.ERRORS))
def test_every_status_that_can_be_asked_for_has_a_name_and_a_message(status):
    made = faults.error(status)
    assert made.status == status
    assert made.message


def test_every_directive_is_documented_and_every_documented_one_exists():
    documented = {line.split("`")[1].split("=")[0] for line in faults.__doc__.splitlines() if line.startswith("| `")}
    assert documented == {field.name.rstrip("_") for field in fields(Wishes)}

import pytest

from stargate.errors import StargateError
from stargate.gateway.timeouts import Ladder


def test_the_ladder_rises():
    ladder = Ladder()
    assert ladder.ping_seconds < ladder.edge_read_seconds < ladder.request_seconds < ladder.idle_seconds
    assert ladder.idle_seconds < ladder.keep_alive_seconds


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"ping_seconds": 60}, "choose ping_seconds below edge_read_seconds"),
        ({"keep_alive_seconds": 620}, "choose idle_seconds below keep_alive_seconds"),
        ({"ping_seconds": 0}, "choose 1 or more"),
        ({"edge_read_seconds": 121}, "choose at most 120"),
        ({"stop_seconds": 121, "deregistration_seconds": 200}, "choose at most 120"),
        ({"deregistration_seconds": 60}, "else a deploy cuts streams"),
    ],
)
def test_a_ladder_out_of_order_is_refused_with_the_way_out(fields, message):
    with pytest.raises(StargateError, match=message):
        Ladder(**fields)

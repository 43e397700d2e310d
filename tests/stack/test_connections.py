"""Whether the database takes what a stack may open at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stargate.components.settings import parse
from stargate.components.settings.connections import (
    KEPT_BACK,
    MEMORY_GIB,
    MOST_CONNECTIONS,
    check,
    limit,
    memory_gib,
    rolling,
)
from stargate.errors import StargateError
from stargate.gateway import spend_reader

CLASSES = [f"db.{family}.{size}" for family in ("t4g", "m7g", "r7g") for size in MEMORY_GIB]
services = st.tuples(st.integers(0, 50), st.integers(0, 100))


def refused(instance_class: str, *shares: int) -> bool:
    try:
        check(instance_class, {str(at): share for at, share in enumerate(shares)})
    except StargateError:
        return True
    return False


@pytest.mark.parametrize(
    ("instance_class", "connections"),
    [("db.t4g.micro", 84), ("db.t4g.small", 168), ("db.t4g.medium", 337), ("db.r7g.large", 1351)],
)
def test_a_class_takes_what_its_memory_allows(instance_class, connections):
    assert limit(instance_class) == connections


@given(st.sampled_from(CLASSES))
def test_no_class_takes_more_than_rds_allows(instance_class):
    assert 0 < limit(instance_class) <= MOST_CONNECTIONS


@pytest.mark.parametrize("family", ["t4g", "m7g", "r7g"])
def test_a_larger_class_takes_no_fewer(family):
    taken = [limit(f"db.{family}.{size}") for size in MEMORY_GIB]
    assert taken == sorted(taken)
    assert taken[0] < taken[-1]


def test_memory_classes_have_twice_as_much():
    assert memory_gib("db.r7g.large") == 2 * memory_gib("db.m7g.large") == 16


@given(services)
def test_a_deploy_doubles_what_a_service_holds(service):
    tasks, each = service
    assert rolling(tasks, each) == 2 * tasks * each, "old and new tasks run side by side"


@given(services, st.integers(0, 20), st.integers(0, 20), st.sampled_from(CLASSES))
def test_more_tasks_or_more_each_never_make_it_fit(service, tasks, each, instance_class):
    fewer, more = rolling(*service), rolling(service[0] + tasks, service[1] + each)
    assert more >= fewer
    assert refused(instance_class, more) >= refused(instance_class, fewer)


@given(st.lists(st.integers(0, 2000), max_size=4), st.integers(0, 2000), st.sampled_from(CLASSES))
def test_another_application_never_makes_it_fit(some, another, instance_class):
    assert refused(instance_class, *some, another) >= refused(instance_class, *some)


def test_the_last_connection_fits_and_the_next_does_not():
    room = limit("db.t4g.micro") - KEPT_BACK
    assert not refused("db.t4g.micro", room)
    assert refused("db.t4g.micro", room + 1)


@pytest.mark.parametrize("instance_class", ["db.t4g.nano", "db.x2g.large", "t4g.micro", "db", "db.t4g", ""])
def test_a_class_that_is_not_known_is_refused_with_those_that_are(instance_class):
    with pytest.raises(StargateError, match=r"database\.instance_class is .*: choose a t, m or r class of size micro"):
        limit(instance_class)


@pytest.mark.parametrize(
    ("gateway", "share"),
    [
        ({"tasks": {"most": 4}}, "gateway 80"),
        ({"tasks": {"workers": 4, "cpu": 4096, "memory_mb": 8192}}, "gateway 80"),
        ({"database_pool": 40}, "gateway 80"),
    ],
)
def test_tasks_workers_and_pool_multiply_in_a_stack(gateway, share):
    with pytest.raises(StargateError, match=share) as refusal:
        parse({"gateway": gateway, "cache": {"enabled": True}})
    assert f"{spend_reader.ROLE} {spend_reader.CONNECTIONS}" in str(refusal.value), "who else reads counts too"
    assert "grafana" not in str(refusal.value), "it keeps nothing there unless told"
    assert parse({"gateway": gateway, "cache": {"enabled": True}, "database": {"instance_class": "db.t4g.small"}})


def test_grafana_counts_only_with_a_database_of_its_own():
    gateway = {"gateway": {"database_pool": 30}}
    assert parse(gateway)
    with pytest.raises(StargateError, match="gateway 60, grafana 10, litellm_reader 5, kept back 10"):
        parse({**gateway, "observability": {"grafana": {"own_database": True}}})


def test_langfuse_counts_only_where_it_runs():
    gateway = {"gateway": {"database_pool": 20}}
    assert parse(gateway)
    with pytest.raises(StargateError, match="langfuse 32"):
        parse({**gateway, "tracing": {"backend": "langfuse"}})


def test_the_smallest_class_takes_langfuse_beside_a_gateway_as_it_comes():
    assert parse({"tracing": {"backend": "langfuse"}}).pools == {"langfuse": 8}
    assert parse({}).pools == {}

"""Pages in a browser: an edge of their own only where they are public."""

import pytest
from entrance_of_a_test import DOMAIN, front_door, pages

from stargate.components.front_door import PROOF
from stargate.components.pages import Pages, PagesArgs
from stargate.components.testing import Graph, record
from stargate.errors import StargateError

DISTRIBUTION = "aws:cloudfront/distribution:Distribution"


def built(*, public: bool, role: str = "grafana", **settings) -> tuple[Graph, list[str]]:
    urls: list[str] = []

    def program() -> None:
        front = front_door(pages={"grafana": pages(public=public)}, **settings)
        made = Pages("grafana", PagesArgs(front=front, role=role, domain=settings.get("domain")))
        made.url.apply(urls.append)

    return record(program), urls


def test_closed_pages_have_no_edge_and_are_found_through_a_port_forward():
    graph, urls = built(public=False)
    assert not graph.of(DISTRIBUTION)
    assert urls == ["http://localhost:3000"]


def test_public_pages_have_an_edge_that_proves_itself_and_a_name_below_the_stacks():
    graph, urls = built(public=True, domain=DOMAIN)
    (origin,) = graph.one(DISTRIBUTION).inputs["origins"]
    assert [header["name"] for header in origin["customHeaders"]] == [PROOF], "else the balancer would take it for ours"
    assert graph.one(DISTRIBUTION).inputs["aliases"] == ["grafana.llm.example.com"]
    assert urls == ["https://grafana.llm.example.com"]


def test_a_page_takes_every_method_and_no_guard():
    graph, _ = built(public=True)
    behaviour = graph.one(DISTRIBUTION).inputs["defaultCacheBehavior"]
    assert "DELETE" in behaviour["allowedMethods"]
    assert not behaviour.get("functionAssociations")
    assert not graph.of("aws:cloudfront/function:Function")


def test_pages_that_the_front_door_does_not_know_are_refused():
    with pytest.raises(StargateError, match="the front door has no pages traces: choose from grafana"):
        built(public=False, role="traces")

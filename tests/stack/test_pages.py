"""Pages in a browser: an edge of their own only where they are public."""

import pulumi
import pytest
from entrance_of_a_test import DOMAIN, front_door, pages

from stargate.components.front_door import PROOF
from stargate.components.pages import Pages, PagesArgs
from stargate.components.testing import Graph, record
from stargate.errors import StargateError

DISTRIBUTION = "aws:cloudfront/distribution:Distribution"


def built(*, public: bool, role: str = "grafana", **settings) -> tuple[Graph, list[str]]:
    urls: list[str] = []
    price_class = settings.pop("price_class", PagesArgs.price_class)

    def program() -> None:
        front = front_door(pages={"grafana": pages(public=public)}, **settings)
        args = PagesArgs(front=front, role=role, domain=settings.get("domain"), price_class=price_class)
        made = Pages("grafana", args)
        made.url.apply(urls.append)
        pulumi.export("certificate", made.certificate_arn)
        pulumi.export("distribution", made.distribution_id)

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


def test_what_is_public_can_be_watched_and_what_is_not_is_not_there():
    graph, _ = built(public=True, domain=DOMAIN)
    assert graph.outputs["distribution"] == f"{graph.one(DISTRIBUTION).name}-id"
    assert graph.outputs["certificate"].startswith("arn:aws:acm:")
    assert set(built(public=False)[0].outputs.values()) == {None}


def test_pages_answer_from_where_they_are_told():
    graph, _ = built(public=True, price_class="PriceClass_All")
    assert graph.one(DISTRIBUTION).inputs["priceClass"] == "PriceClass_All"
    assert built(public=True)[0].one(DISTRIBUTION).inputs["priceClass"] == "PriceClass_100"


def test_a_page_takes_every_method_and_no_guard():
    graph, _ = built(public=True)
    behaviour = graph.one(DISTRIBUTION).inputs["defaultCacheBehavior"]
    assert "DELETE" in behaviour["allowedMethods"]
    assert not behaviour.get("functionAssociations")
    assert not graph.of("aws:cloudfront/function:Function")


def test_pages_that_the_front_door_does_not_know_are_refused():
    with pytest.raises(StargateError, match="the front door has no pages traces: choose from grafana"):
        built(public=False, role="traces")

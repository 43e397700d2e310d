"""What cannot be is refused in one sentence: the setting, its value, the way out."""

import json

import pytest
from recorded_stack import ROOT, changed

from stargate.components.log_days import CHOICES
from stargate.components.network import Network, NetworkArgs
from stargate.components.preview import preview
from stargate.components.settings import parse
from stargate.components.settings.stack import LONGEST_STACK, SECRETS
from stargate.components.testing import record
from stargate.errors import StargateError

DOMAIN = {"name": "llm.example.com", "zone": "example.com"}
# What nobody would want to read in a sentence.
HIDDEN = "hidden-value-of-this-test"

REFUSED_AT_ONCE = [
    # Names and types, at every level.
    ({"network": {"cidrs": "10.0.0.0/16"}}, "network.cidrs is no setting: choose from cidr, zones, nat"),
    ({"network": {"nat": {"kind": "instance"}}}, "network.nat.kind is no setting: choose from mode, per_zone"),
    ({"gateway": {"timeouts": {"ping": 1}}}, "gateway.timeouts.ping is no setting: choose from ping_seconds"),
    ({"edge": {"waf": {"rate": 1}}}, "edge.waf.rate is no setting: choose from requests_per_five_minutes"),
    ({"network": 5}, "network is 5: choose an object"),
    ({"gateway": [1]}, "gateway is [1]: choose an object"),
    ({"database": None}, "database is null: choose an object"),
    ({"network": {"zones": None}}, "network.zones is null: choose a whole number"),
    ({"network": {"zones": "two"}}, "network.zones is two: choose a whole number"),
    ({"network": {"zones": 2.5}}, "network.zones is 2.5: choose a whole number"),
    ({"cache": {"enabled": "perhaps"}}, "cache.enabled is perhaps: choose true or false"),
    ({"gateway": {"models": "claude-haiku-4-5"}}, "gateway.models is claude-haiku-4-5: choose a list"),
    ({"gateway": {"models": [5]}}, "gateway.models.0 is 5: choose a text"),
    ({"tags": {"team": 5}}, "tags.team is 5: choose a text"),
    ({"edge": {"domain": {"name": "llm.example.com"}}}, "edge.domain.zone is missing: set it"),
    ({"database": {"instance_class": ""}}, "database.instance_class is empty: set it, or leave it out"),
    ({"edge": {"price_class": ""}}, "edge.price_class is empty: set it, or leave it out"),
    # The network.
    ({"network": {"cidr": "10.0.0.0/8"}}, "network.cidr is 10.0.0.0/8: choose /16 to /19"),
    ({"network": {"cidr": "10.0.0.0/24"}}, "network.cidr is 10.0.0.0/24: choose /16 to /19"),
    ({"network": {"cidr": "10.0.0.1/16"}}, "network.cidr is 10.0.0.1/16: choose a range such as"),
    ({"network": {"cidr": "8.8.0.0/16"}}, "network.cidr is 8.8.0.0/16: choose one of the private ranges"),
    ({"network": {"cidr": "127.0.0.0/16"}}, "network.cidr is 127.0.0.0/16: choose one of the private ranges"),
    ({"network": {"zones": 4}}, "network.zones is 4: choose 2 or 3"),
    ({"network": {"nat": {"mode": "some"}}}, "network.nat.mode is some: choose instance, gateway or none"),
    ({"network": {"nat": {"instance_type": "nano"}}}, "network.nat.instance_type is nano: choose one such as t4g.nano"),
    ({"network": {"nat": {"mode": "none", "per_zone": True}}}, "nat.per_zone is true: leave per_zone out"),
    ({"network": {"interface_endpoints": ["a b"]}}, "network.interface_endpoints has a b: choose the end of a service"),
    ({"network": {"flow_log_days": 8}}, "network.flow_log_days is 8: choose one of 0, 1, 3, 5, 7"),
    ({"network": {"flow_log_days": -1}}, "network.flow_log_days is -1: choose one of 0, 1"),
    # The database and the cache.
    ({"database": {"instance_class": "db.x2.large"}}, "database.instance_class is db.x2.large: choose a t, m or r"),
    ({"database": {"backup_days": 0}}, "database.backup_days is 0: choose 1 to 35"),
    ({"database": {"storage_gb": -1}}, "database.storage_gb is -1 and"),
    ({"database": {"most_storage_gb": 70000}}, "database.most_storage_gb is 70000: choose at most 65536"),
    ({"gateway": {"database_pool": 100}}, "which takes 84 connections, and a deploy may open 215"),
    ({"cache": {"replicas": 6}}, "cache.replicas is 6: choose at most 5"),
    ({"cache": {"snapshot_days": -1}}, "cache.snapshot_days is -1: choose 0 or more"),
    # The gateway.
    ({"gateway": {"tasks": {"most": 3}}}, "cache.enabled is false: set it to true, or choose one task"),
    ({"gateway": {"tasks": {"workers": 2}}}, "gateway.tasks.workers is 2 and cache.enabled is false"),
    ({"gateway": {"tasks": {"least": 0}}}, "gateway.tasks.least is 0 and gateway.tasks.most is 1: choose at least 1"),
    ({"gateway": {"tasks": {"cpu": 1000}}}, "gateway.tasks.cpu is 1000: choose one of 256, 512"),
    ({"gateway": {"tasks": {"memory_mb": 512}}}, "gateway.tasks.memory_mb is 512 and gateway.tasks.cpu is 1024"),
    ({"gateway": {"tasks": {"cpu_percent": 0}}}, "gateway.tasks.cpu_percent is 0: choose 1 to 90"),
    ({"gateway": {"tasks": {"requests_per_minute": 0}}}, "gateway.tasks.requests_per_minute is 0: choose 1 or more"),
    ({"gateway": {"database_pool": 4}}, "gateway.database_pool is 4: choose 5 or more"),
    ({"gateway": {"retries": -1}}, "gateway.retries is -1: choose 0 or more"),
    ({"gateway": {"spend_log_retention_days": 0}}, "gateway.spend_log_retention_days is 0: choose 1 or more"),
    ({"gateway": {"profile": "eu"}}, "gateway.profile is eu: choose us or global"),
    ({"gateway": {"architecture": "arm"}}, "gateway.architecture is arm: choose ARM64 or X86_64"),
    ({"gateway": {"models": ["a", "a"]}}, "gateway.models has a twice: name it once"),
    ({"gateway": {"open": ["admin"]}}, "gateway.open.0 is admin: choose metrics or health"),
    ({"gateway": {"admin_networks": ["vpn"]}}, "gateway.admin_networks is vpn: choose a range such as"),
    ({"gateway": {"admin_networks": ["0.0.0.0/0"]}}, "gateway.admin_networks is 0.0.0.0/0: choose one of the private"),
    (
        {"gateway": {"admin_networks": ["8.8.8.0/24"]}},
        "gateway.admin_networks is 8.8.8.0/24: choose one of the private",
    ),
    ({"gateway": {"timeouts": {"ping_seconds": 60}}}, "gateway.timeouts.ping_seconds is 60 and"),
    ({"gateway": {"timeouts": {"edge_read_seconds": 121}}}, "edge_read_seconds is 121: choose at most 120"),
    ({"gateway": {"timeouts": {"stop_seconds": 0}}}, "gateway.timeouts.stop_seconds is 0: choose 1 or more"),
    ({"gateway": {"timeouts": {"deregistration_seconds": 3601}}}, "seconds is 3601: choose at most 3600"),
    # The edge.
    ({"edge": {"origin": "public"}}, "edge.origin is public and edge.domain is absent"),
    (
        {"edge": {"origin": "public", "domain": DOMAIN}, "gateway": {"admin_networks": ["10.8.0.0/16"]}},
        "gateway.admin_networks is 10.8.0.0/16 and edge.origin is public",
    ),
    ({"edge": {"domain": {"name": "https://a.b", "zone": "a.b"}}}, "edge.domain.name is https://a.b: choose a name"),
    ({"edge": {"domain": {"name": "llm.example.org", "zone": "example.com"}}}, "choose a name in the zone"),
    ({"edge": {"price_class": "cheap"}}, "edge.price_class is cheap: choose PriceClass_100, PriceClass_200 or"),
    ({"edge": {"waf": {"requests_per_five_minutes": 9}}}, "requests_per_five_minutes is 9: choose 10 to"),
    ({"edge": {"waf": {"countries": ["USA"]}}}, "edge.waf.countries has USA: choose ISO codes"),
    # What is seen.
    ({"observability": {"log_days": 8}}, "observability.log_days is 8: choose one of 1, 3, 5, 7"),
    ({"observability": {"log_days": 0}}, "observability.log_days is 0: choose one of 1, 3, 5, 7"),
    ({"observability": {"metrics": {"retention_days": 0}}}, "metrics.retention_days is 0: choose 1 or more"),
    ({"observability": {"metrics": {"cpu": 3}}}, "observability.metrics.cpu is 3: choose one of"),
    ({"observability": {"metrics": {"backups": True}}}, "observability.metrics.persistent is false: set both"),
    ({"observability": {"grafana": {"desired_count": 0}}}, "grafana.desired_count is 0: choose 1 or more"),
    ({"observability": {"grafana": {"desired_count": 2}}}, "observability.grafana.own_database is false"),
    ({"tracing": {"backend": "external"}}, "tracing.backend is external and tracing.host is absent"),
    ({"tracing": {"host": "https://traces.example.com"}}, "tracing.backend is none and tracing.host is https://"),
    ({"tracing": {"public": True}}, "tracing.public is true and tracing.backend is none"),
    ({"tracing": {"retention_days": 2}}, "tracing.retention_days is 2: choose 3 or more"),
    ({"tracing": {"web_tasks": 0}}, "tracing.web_tasks is 0: choose 1 or more"),
    ({"tracing": {"web_cpu": 3}}, "tracing.web_cpu is 3: choose one of"),
    ({"tracing": {"clickhouse_memory_mb": 1}}, "tracing.clickhouse_memory_mb is 1 and tracing.clickhouse_cpu is"),
    # Who hears of it.
    ({"alarms": {"page_emails": "ops@example.com"}}, "alarms.page_emails is ops@example.com: choose a list"),
    ({"alarms": {"monthly_budget_usd": 0}}, "alarms.monthly_budget_usd is 0: choose more than 0"),
    ({"alarms": {"monthly_budget_usd": float("nan")}}, "alarms.monthly_budget_usd is NaN: choose"),
    ({"alarms": {"tokens_per_minute": {"gpt": 1}}}, "alarms.tokens_per_minute names gpt: choose from claude-"),
    ({"alarms": {"tokens_per_minute": {"claude-haiku-4-5": 0}}}, "claude-haiku-4-5 is 0: choose more than 0"),
    ({"alarms": {"thresholds": {"service_cpu_percent": 101}}}, "service_cpu_percent is 101.0: choose more than 0 and"),
    ({"tags": {"AWS:team": "x"}}, "tags has AWS:team: choose a key that begins with neither stargate: nor aws:"),
    ({"tags": {"team": "a!"}}, "tags.team is a!: choose at most 256 letters"),
    ({"tags": {"t" * 129: "x"}}, "choose at most 128 letters"),
    ({"tags": {f"t{n}": "x" for n in range(41)}}, "tags has 41 keys: choose at most 40"),
]


@pytest.mark.parametrize(("areas", "sentence"), REFUSED_AT_ONCE, ids=[said for _, said in REFUSED_AT_ONCE])
def test_what_cannot_be_is_refused_with_the_way_out(areas, sentence):
    with pytest.raises(StargateError) as refusal:
        parse(areas)
    said = str(refusal.value)
    assert sentence in said
    assert "\n" not in said
    assert ": " in said, "what is wrong, and what to do"


@pytest.mark.parametrize("areas", [{}, {"edge": {"origin": "public", "domain": DOMAIN}}, {"tags": {"team": "ML @ 2"}}])
def test_what_can_be_is_not(areas):
    assert parse(areas)


@pytest.mark.parametrize("days", CHOICES)
def test_every_number_of_days_that_cloudwatch_offers_is_taken(days):
    assert parse({"observability": {"log_days": days}, "network": {"flow_log_days": days}})


REFUSED_BY_THE_PROGRAM = [
    ({"gateway": {"models": []}}, "gateway.models is empty: name at least one model"),
    ({"gateway": {"models": ["gpt-5"]}}, "gateway.models names gpt-5: choose from claude-haiku-4-5"),
    ({"gateway": {"models": ["claude-opus-4-1"]}}, "claude-opus-4-1, which cannot be called from us-west-1: leave it"),
    ({"network": {"zones": 3}}, "network.zones is 3 and us-west-1 shows 2 to this account: choose fewer"),
    ({"edge": {"origin": "public"}}, "edge.origin is public and edge.domain is absent"),
    ({"gateway": {"tasks": {"most": 3}}}, "cache.enabled is false: set it to true"),
    ({"gateway": {"timeouts": {"ping_seconds": 60}}}, "gateway.timeouts.ping_seconds is 60"),
    ({"gateway": {"database_pool": 100}}, "a deploy may open 215"),
    ({"cache": {"enabled": True, "node_type": "m7g"}}, "cache.node_type is m7g: choose one such as cache.t4g.micro"),
    (
        {"tracing": {"backend": "external", "host": "http://a.b"}},
        "tracing.host is http://a.b: choose an https:// address",
    ),
    ({"tracing": {"backend": "external", "host": "https://a.b"}}, "run `pulumi config set --secret tracingPublicKey`"),
    ({"tracing": {"backend": "langfuse", "admin_email": "@"}}, "tracing.admin_email is @: choose an address such as"),
    (
        {"alarms": {"page_emails": ["nobody"], "pages": True}},
        "alarms.page_emails has nobody: choose an address such as",
    ),
    ({"gatway": {}}, "gatway is no setting: choose from network, database"),
]


@pytest.mark.parametrize(
    ("areas", "sentence"), REFUSED_BY_THE_PROGRAM, ids=[said for _, said in REFUSED_BY_THE_PROGRAM]
)
def test_what_the_whole_program_refuses_stops_the_preview(areas, sentence):
    with pytest.raises(StargateError) as refusal:
        changed("dev", **areas)
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_name_that_is_too_long_for_aws_stops_the_preview(tmp_path):
    name = "s" * (LONGEST_STACK + 1)
    (tmp_path / f"Pulumi.{name}.yaml").write_text("config: {}\n")
    for file in ("Pulumi.yaml", "__main__.py"):
        (tmp_path / file).write_text((ROOT / file).read_text())
    with pytest.raises(StargateError, match=f"the stack's name is {name}, 21 characters: choose at most 20"):
        preview(tmp_path, name)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("a-load-balancer-of-this-name", "is a-load-balancer-of-this-name, 28 characters: choose at most 20"),
        ("Gateway", "is Gateway: choose lower-case letters"),
        ("gateway_1", "is gateway_1: choose lower-case letters"),
        ("", "choose lower-case letters"),
    ],
)
def test_a_components_name_that_aws_would_refuse_is_refused_before_anything_is_made(name, sentence):
    with pytest.raises(StargateError, match=sentence):
        record(lambda: Network(name, NetworkArgs()))
    assert record(lambda: Network("gateway-1", NetworkArgs())).resources


def test_a_secret_among_the_settings_is_not_repeated():
    with pytest.raises(StargateError, match="gateway holds a text: write an object") as refusal:
        preview(ROOT, "dev", {"gateway": HIDDEN})
    assert HIDDEN not in str(refusal.value)


@pytest.mark.parametrize("key", SECRETS)
def test_a_secret_beside_the_settings_is_one_of_those_that_are_read(key):
    read = "".join(path.read_text() for path in (ROOT / "src" / "stargate" / "stack").glob("*.py"))
    assert f'get_secret("{key}")' in read
    assert preview(ROOT, "dev", {key: "https://example.com"}).resources, "it is no unknown key"


def test_the_keys_of_an_external_langfuse_reach_secrets_manager_as_secrets():
    graph = preview(
        ROOT,
        "dev",
        {
            "tracing": json.dumps({"backend": "external", "host": "https://traces.example.com"}),
            "tracingPublicKey": HIDDEN,
            "tracingSecretKey": HIDDEN,
        },
    )
    holders = [r for r in graph.resources if HIDDEN in json.dumps(r.inputs)]
    assert {r.type for r in holders} == {"aws:secretsmanager/secretVersion:SecretVersion"}
    assert not any(HIDDEN in json.dumps(r.shown()) for r in holders), "nothing may show it"

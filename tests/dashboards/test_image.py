"""Grafana's image: what is copied into it, what it reads from its environment, and how it starts."""

import re
import subprocess

import pytest
import yaml
from committed import DASHBOARDS, FOLDER

from stargate.components.grafana_hardening import UNUSED_PLUGINS

VARIABLES = {
    "METRICS_URL",
    "METRICS_USER",
    "METRICS_PASSWORD",
    "SPEND_HOST",
    "SPEND_DATABASE",
    "SPEND_USER",
    "SPEND_PASSWORD",
    "SPEND_SSL_MODE",
    "AWS_REGION",
    "STACK",
    "GF_PATHS_DATA",
}


def provisioning(name):
    return (FOLDER / "provisioning" / name / "stargate.yaml").read_text()


def started(folder, **environment):
    """What stands in the dashboards' folder after a start with another program in Grafana's place."""
    grafana = folder / "grafana"
    grafana.write_text('#!/bin/sh\necho "started with $*"\n')
    grafana.chmod(0o755)
    own = {
        "PATH": "/usr/bin:/bin",
        "GF_PATHS_DATA": str(folder / "data"),
        "STARGATE_DASHBOARDS": str(FOLDER / "json"),
        "STARGATE_GRAFANA": str(grafana),
    }
    done = subprocess.run(
        ["sh", FOLDER / "start.sh", "cfg:x"], env=own | environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "started with cfg:x\n", "Grafana takes the place of the script, with its arguments"
    return {path.stem: path.read_text() for path in (folder / "data" / "dashboards").iterdir()}


def test_the_image_is_made_by_copying_alone():
    lines = [line for line in (FOLDER / "Dockerfile").read_text().splitlines() if line and not line.startswith("#")]
    assert {line.split()[0] for line in lines} == {"FROM", "COPY", "ENTRYPOINT"}
    assert re.fullmatch(r"FROM grafana/grafana:13\.\d+\.\d+", lines[0]), "an exact version"
    copied = [line.split()[1] for line in lines if line.startswith("COPY")]
    assert all((FOLDER / name).exists() for name in copied)


def test_provisioning_reads_the_agreed_variables_and_holds_no_secret():
    text = provisioning("datasources") + provisioning("dashboards")
    assert set(re.findall(r"\$(\w+)", re.sub(r"(?m)^\s*#.*$", "", text))) == VARIABLES


def test_the_data_sources_are_those_that_the_dashboards_choose():
    sources = yaml.safe_load(provisioning("datasources"))["datasources"]
    provisioned = {(one["type"], one["uid"]) for one in sources}
    chosen = {
        (variable["query"], variable["current"]["value"])
        for dashboard in DASHBOARDS.values()
        for variable in dashboard["templating"]["list"]
        if variable["type"] == "datasource"
    }
    assert provisioned == chosen
    assert not any(one["editable"] for one in sources)
    # CloudWatch is in Grafana's own program still; it must stay loaded when it moves out of it.
    assert not {one["type"] for one in sources} & set(UNUSED_PLUGINS)


def test_dashboards_are_not_changed_in_place():
    (provider,) = yaml.safe_load(provisioning("dashboards"))["providers"]
    assert provider["allowUiUpdates"] is False
    assert provider["options"]["path"] == "$GF_PATHS_DATA/dashboards"


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("https://traces.example.com/project/stargate", "https://traces.example.com/project/stargate"),
        ("https://traces.example.com/project/stargate/", "https://traces.example.com/project/stargate"),
        ("https://traces.example.com/a?b=1&c=2", "https://traces.example.com/a?b=1&c=2"),
        ("", ""),
    ],
)
def test_the_start_writes_the_traces_address_into_the_dashboards(tmp_path, given, written):
    found = started(tmp_path, TRACING_URL=given)
    assert set(found) == set(DASHBOARDS)
    assert f'"query": "{written}"' in found["stargate-cost"]
    assert not any("@TRACING_URL@" in text for text in found.values())


def test_a_start_without_the_variable_leaves_no_address(tmp_path):
    assert '"query": ""' in started(tmp_path)["stargate-cost"]

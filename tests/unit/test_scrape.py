"""The scrape configuration: VictoriaMetrics takes it, reads what it must, and it holds no secret."""

import subprocess
from pathlib import Path

import pytest
import yaml

from stargate.dashboards.scrape import Target, key_in_file, key_in_variable, scrape_config
from stargate.errors import StargateError

STORE = Target(host="127.0.0.1", port=8428)
TASKS = Target(host="gateway.dev.internal", port=4000, discovered=True)
ON_AWS = scrape_config(
    stack="dev",
    litellm=TASKS,
    key=key_in_variable("LITELLM_METRICS_KEY"),
    store=STORE,
    vmalert=Target(host="127.0.0.1", port=8880),
    alertmanager=Target(host="127.0.0.1", port=9093),
    grafana=Target(host="grafana.dev.internal", port=3000),
)


def jobs(text):
    return {job["job_name"]: job for job in yaml.safe_load(text)["scrape_configs"]}


@pytest.mark.parametrize(("text", "taken"), [(ON_AWS, True), (ON_AWS.replace("credentials:", "credential:"), False)])
def test_victoriametrics_takes_it(tmp_path, text, taken):
    (tmp_path / "scrape.yaml").write_text(text)
    command = ["victoria-metrics", f"-promscrape.config={tmp_path / 'scrape.yaml'}", "-promscrape.config.strictParse"]
    done = subprocess.run(
        [*command, "-dryRun"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin", "LITELLM_METRICS_KEY": "x"},
    )
    assert (done.returncode == 0) is taken, done.stderr


def test_every_task_of_the_gateway_is_read_by_itself_with_the_key():
    job = jobs(ON_AWS)["litellm"]
    assert job["dns_sd_configs"] == [{"names": ["gateway.dev.internal"], "type": "A", "port": 4000}]
    assert "static_configs" not in job, "one address would be any task's"
    assert job["metrics_path"] == "/metrics/"
    assert job["authorization"] == {"credentials": "%{LITELLM_METRICS_KEY}"}


def test_every_part_is_read_and_carries_the_stack():
    assert list(jobs(ON_AWS)) == ["litellm", "victoriametrics", "vmalert", "alertmanager", "grafana"]
    assert yaml.safe_load(ON_AWS)["global"]["external_labels"] == {"stack": "dev"}
    assert [name for name, job in jobs(ON_AWS).items() if job.get("authorization")] == ["litellm"]


def test_a_part_that_is_not_there_is_not_read():
    text = scrape_config(stack="local", litellm=STORE, key=key_in_file(Path("metrics.key")), store=STORE)
    assert list(jobs(text)) == ["litellm", "victoriametrics"]
    assert jobs(text)["litellm"]["authorization"] == {"credentials_file": "metrics.key"}
    assert jobs(text)["litellm"]["static_configs"] == [{"targets": ["127.0.0.1:8428"]}]


def test_the_time_at_which_a_series_began_is_left_out():
    for job in jobs(ON_AWS).values():
        assert {"source_labels": ["__name__"], "regex": ".*_created", "action": "drop"} in job["metric_relabel_configs"]


@pytest.mark.parametrize("seconds", [0, 61])
def test_an_interval_that_no_alert_could_rest_on_is_refused(seconds):
    with pytest.raises(StargateError, match=f"interval_seconds is {seconds}: choose 1 to 60"):
        scrape_config(stack="dev", litellm=TASKS, key={}, store=STORE, interval_seconds=seconds)

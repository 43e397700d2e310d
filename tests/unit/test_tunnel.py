"""`stargate tunnel`, with the Pulumi CLI and the AWS CLI stood in for by scripts on the PATH."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

STARGATE = str(Path(sys.executable).with_name("stargate"))
LINE = 'aws ssm start-session --target "$(aws ec2 describe-instances)" --parameters host=lb,portNumber=1'
OUTPUTS = {
    "admin": {"tunnel": LINE, "through_the_tunnel": "http://localhost:4000", "master_key_secret": "arn:of-the-key"},
    "dashboards": {
        "tunnel": f"{LINE}2",
        "through_the_tunnel": "http://localhost:3000",
        "password_secret": "arn:of-the-password",
    },
    "traces": {"url": "none"},
}


def program(folder, name, script):
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def machine(tmp_path):
    """A PATH with the shell, a Pulumi CLI whose stack `dev` has outputs, and an AWS CLI that says what it was asked."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "sh").symlink_to("/bin/sh")
    program(
        folder,
        "pulumi",
        f'[ "$6" = dev ] || {{ echo "error: no stack named \'$6\' found" >&2; exit 255; }}\n'
        f"cat <<'END'\n{json.dumps(OUTPUTS)}\nEND",
    )
    (folder / "cat").symlink_to("/bin/cat")
    program(folder, "aws", 'if [ "$1" = ec2 ]; then echo i-1; else echo "aws $*"; fi')
    program(folder, "session-manager-plugin", "")
    return folder


def tunnel(machine, *words):
    return subprocess.run(
        [STARGATE, "tunnel", *words],
        cwd=machine,
        env={**os.environ, "PATH": str(machine)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_name_it_leads_to_the_gateway_and_names_the_secret_of_the_key(machine):
    done = tunnel(machine, "--stack", "dev")
    assert done.returncode == 0
    assert done.stdout == "aws ssm start-session --target i-1 --parameters host=lb,portNumber=1\n"
    assert "http://localhost:4000" in done.stderr
    assert "arn:of-the-key" in done.stderr


def test_it_leads_to_grafana(machine):
    done = tunnel(machine, "grafana", "--stack", "dev")
    assert done.stdout.endswith("portNumber=12\n")
    assert "http://localhost:3000" in done.stderr
    assert "arn:of-the-password" in done.stderr


def test_it_prints_the_line_without_an_aws_cli(machine):
    (machine / "aws").unlink()
    done = tunnel(machine, "--stack", "dev", "--print")
    assert done.stdout == f"{LINE}\n"
    assert done.stderr == ""


def test_it_ends_as_the_port_forward_ends(machine):
    program(machine, "aws", "exit 42")
    assert tunnel(machine, "--stack", "dev").returncode == 42


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ("pulumi", "install the Pulumi CLI"),
        ("aws", "install the AWS CLI,"),
        ("session-manager-plugin", "install the AWS CLI's Session Manager plugin"),
    ],
)
def test_a_program_that_is_missing_is_named(machine, missing, sentence):
    (machine / missing).unlink()
    refused(tunnel(machine, "--stack", "dev"), f"{missing} is not on the PATH", sentence)


def test_a_stack_that_was_never_deployed_is_named(machine):
    program(machine, "pulumi", "echo '{}'")
    refused(tunnel(machine, "--stack", "dev"), "the stack dev has no outputs", "make deploy STACK=dev")


def test_what_pulumi_says_of_a_stack_that_is_not_there_is_passed_on(machine):
    refused(tunnel(machine, "--stack", "nowhere"), "no stack named 'nowhere' found")


def test_a_stack_without_a_langfuse_of_its_own_says_so(machine):
    refused(tunnel(machine, "traces", "--stack", "dev"), "runs no Langfuse", "tracing.backend")


def test_a_stack_of_another_program_says_so(machine):
    program(machine, "pulumi", """echo '{"address": "wiki"}'""")
    refused(tunnel(machine, "--stack", "dev"), "no output admin")


def test_a_place_that_is_not_there_is_refused_before_pulumi_is_asked(machine):
    (machine / "pulumi").unlink()
    refused(tunnel(machine, "database", "--stack", "dev"), "gateway")


def refused(done, *told):
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    for text in told:
        assert text in done.stderr

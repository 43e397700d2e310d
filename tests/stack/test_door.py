"""The administrators' door: a machine that nobody reaches, and the line that leads through it."""

import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stargate.components.door import Door, DoorArgs
from stargate.components.testing import Graph, parsed, record
from stargate.components.tunnel import tunnel
from stargate.errors import StargateError


def built(*names: str, **settings) -> Graph:
    kept = {"vpc_id": "vpc-1", "vpc_cidr": "10.10.0.0/16", "subnet_ids": ["private-a"]} | settings
    return record(lambda: [Door(name, DoorArgs(**kept)) for name in names or ("door",)])


def test_nobody_reaches_the_door():
    graph = built()
    assert not graph.of("SecurityGroupIngressRule")
    assert {(r.inputs["cidrIpv4"], r.inputs["toPort"]) for r in graph.of("SecurityGroupEgressRule")} == {
        ("10.10.0.0/16", 65535),
        ("0.0.0.0/0", 443),
    }
    template = graph.one("LaunchTemplate").inputs
    assert [i["associatePublicIpAddress"] for i in template["networkInterfaces"]] == ["false"]
    assert "keyName" not in template


def test_its_metadata_needs_a_token_and_its_disk_is_encrypted():
    template = built().one("LaunchTemplate").inputs
    assert template["metadataOptions"]["httpTokens"] == "required"
    assert template["blockDeviceMappings"][0]["ebs"]["encrypted"] == "true"


def test_its_role_may_do_what_ssm_needs_and_nothing_else():
    graph = built()
    assert [r.inputs["policyArn"] for r in graph.of("RolePolicyAttachment")] == [
        "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
    ]
    assert not graph.of("RolePolicy")
    trusted = parsed(graph.one("aws:iam/role:Role"), "assumeRolePolicy")["Statement"][0]["Principal"]
    assert trusted == {"Service": ["ec2.amazonaws.com"]}


def test_two_doors_in_one_program_do_not_collide():
    assert len(built("one", "two").of("LaunchTemplate")) == 2


def test_a_text_that_is_no_instance_type_is_refused():
    with pytest.raises(StargateError, match=r"instance_type is tiny: choose one such as t4g\.nano"):
        built(instance_type="tiny")


hosts = st.from_regex(r"[a-z0-9-]{1,20}(\.[a-z]{2,10}){1,3}", fullmatch=True)


@given(hosts, st.integers(1, 65535), st.integers(1024, 65535))
def test_a_tunnels_line_names_the_host_and_both_ports(host, port, local):
    words = shlex.split(tunnel("stargate-dev", f"{host}:{port}", "us-west-1", local))
    assert words[:3] == ["aws", "ssm", "start-session"]
    assert words[-1] == f"host={host},portNumber={port},localPortNumber={local}"
    assert "Name=tag:stargate:door,Values=stargate-dev" in words[words.index("--target") + 1]


@pytest.mark.parametrize("shell", ["bash", "dash", "zsh"])
def test_a_shell_takes_the_line_as_it_stands(shell, tmp_path):
    aws = tmp_path / "aws"
    # Stands for the AWS CLI: it says what it was asked, an argument a line.
    aws.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    aws.chmod(0o755)
    # In this folder the query would match a file, had the shell not been told to leave it alone.
    (tmp_path / "Reservations0.Instances0.InstanceId").touch()
    line = tunnel("stargate-dev", "lb.internal:4000", "us-west-1", 4000)
    done = subprocess.run(
        [shell, "-c", line],
        cwd=tmp_path,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Reservations[0].Instances[0].InstanceId" in done.stdout.splitlines()

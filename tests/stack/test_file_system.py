"""The file system: encrypted, reached by name alone, for one user."""

import pytest
from recorded_task import ways_in

from stargate.components.file_system import FileSystem, FileSystemArgs
from stargate.components.testing import Graph, parsed, record
from stargate.errors import StargateError


def files(**changed) -> Graph:
    given = {"vpc_id": "vpc-1", "subnet_ids": ["a", "b"], "user_id": 10001} | changed
    return record(lambda: FileSystem("files", FileSystemArgs(**given)))


def test_a_file_system_is_encrypted_and_reached_in_every_zone():
    graph = files()
    assert graph.one("aws:efs/fileSystem:FileSystem").inputs["encrypted"] is True
    mounts = {mount.name: mount.inputs["subnetId"] for mount in graph.of("MountTarget")}
    assert mounts == {"files-mount-a": "a", "files-mount-b": "b"}
    assert not ways_in(graph), "nobody mounts it until named"


def test_a_client_without_tls_or_past_the_access_point_is_denied_and_nobody_is_allowed_by_the_policy_itself():
    graph = files()
    plain, elsewhere = parsed(graph.one("FileSystemPolicy"), "policy")["Statement"]
    assert (plain["Effect"], plain["Action"]) == ("Deny", "*")
    assert plain["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert (elsewhere["Effect"], elsewhere["Action"]) == ("Deny", "elasticfilesystem:Client*")
    point = "arn:aws:efs:us-west-1:123456789012:files-access"
    assert elsewhere["Condition"] == {"StringNotEquals": {"elasticfilesystem:AccessPointArn": point}}


def test_whoever_mounts_it_acts_as_the_one_user():
    point = files().one("AccessPoint").inputs
    assert point["posixUser"] == {"uid": 10001, "gid": 10001}
    assert point["rootDirectory"]["creationInfo"] == {"ownerUid": 10001, "ownerGid": 10001, "permissions": "0750"}


def test_backups_are_made_where_asked():
    assert files(backups=True).one("BackupPolicy").inputs["backupPolicy"] == {"status": "ENABLED"}
    assert not files().of("BackupPolicy")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"user_id": 0}, "0 is root"),
        ({"subnet_ids": []}, r"file_system\.subnet_ids is empty"),
        ({"path": "/"}, r"file_system\.path is /: choose a folder"),
    ],
)
def test_a_file_system_that_nothing_could_use_is_refused(changed, sentence):
    with pytest.raises(StargateError, match=sentence):
        files(**changed)

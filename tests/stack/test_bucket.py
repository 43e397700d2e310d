"""A bucket: private, encrypted, over TLS alone, emptied by the calendar."""

import pytest

from stargate.components.bucket import Bucket, BucketArgs
from stargate.components.testing import Graph, parsed, record
from stargate.errors import StargateError


def built(*names: str, **settings) -> Graph:
    return record(lambda: [Bucket(name, BucketArgs(**settings)) for name in names or ("kept",)])


def test_nothing_in_it_can_become_public():
    block = built().one("BucketPublicAccessBlock").inputs
    closed = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    assert {name: block[name] for name in closed} == dict.fromkeys(closed, True)


def test_it_is_encrypted():
    (rule,) = built().one("BucketServerSideEncryptionConfiguration").inputs["rules"]
    assert rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] == "AES256"


def test_whoever_comes_without_tls_is_refused_whatever_else_is_allowed():
    writer = {"Effect": "Allow", "Principal": {"Service": "x"}, "Action": "s3:PutObject", "Resource": "AWSLogs/*"}
    statements = parsed(built(statements=[writer]).one("BucketPolicy"), "policy")["Statement"]
    (denied,) = (s for s in statements if s["Effect"] == "Deny")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert denied["Principal"] == "*"
    assert len(denied["Resource"]) == 2, "the bucket and what is in it"
    (allowed,) = (s for s in statements if s["Effect"] == "Allow")
    assert allowed["Resource"].endswith("/AWSLogs/*")
    assert allowed["Resource"].startswith("arn:aws:s3")


def test_objects_expire_by_their_prefix_and_unfinished_uploads_always():
    rules = built(expire_days={"media/": 30, "": 90}).one("BucketLifecycleConfiguration").inputs["rules"]
    found = {rule["id"]: rule.get("expiration", {}).get("days") for rule in rules}
    assert found == {"unfinished-uploads": None, "expire-all": 90, "expire-media": 30}
    bare = built().one("BucketLifecycleConfiguration").inputs["rules"]
    assert [rule["id"] for rule in bare] == ["unfinished-uploads"]


def test_a_bucket_goes_with_what_is_in_it_only_when_told():
    assert built(destroy=True).one("aws:s3/bucket:Bucket").inputs["forceDestroy"] is True
    assert built().one("aws:s3/bucket:Bucket").inputs["forceDestroy"] is False


def test_two_buckets_in_one_program_do_not_collide():
    assert len(built("one", "two").of("aws:s3/bucket:Bucket")) == 2


@pytest.mark.parametrize(("prefix", "shown"), [("", "/"), ("media/", "media/")])
def test_a_lifetime_below_s3s_shortest_is_refused(prefix, shown):
    with pytest.raises(StargateError, match=f"a bucket's objects below {shown} expire after 0 days: choose 1 or more"):
        BucketArgs(expire_days={prefix: 0})

"""What is shipped: one import name in the wheel, locks with hashes and without addresses."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted(ROOT.glob("requirements*.lock"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    place = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(place)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(place.glob("*.whl"))) as archive:
        return archive.namelist()


def test_everything_lives_under_one_import_name(wheel):
    tops = {name.split("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"stargate"}


@pytest.mark.parametrize("name", ["guard.js", "local/engine/main.js", "local/child.py", "routes.py"])
def test_what_runs_is_in_the_wheel(wheel, name):
    assert f"stargate/gateway/{name}" in wheel


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_has_a_hash_for_every_package_and_no_address(lock):
    text = lock.read_text()
    pins = re.findall(r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==\S+.*?(?=^[a-z0-9]|\Z)", text, re.MULTILINE | re.DOTALL)
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(pins) > 5
    assert all("--hash=sha256:" in block for block in blocks)
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links", text)


def test_the_locks_agree_with_one_another():
    pinned = [
        dict(re.findall(r"^([a-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", lock.read_text(), re.MULTILINE)) for lock in LOCKS
    ]
    for one in pinned:
        for other in pinned:
            assert {name: other[name] for name in one.keys() & other.keys()} == {
                name: one[name] for name in one.keys() & other.keys()
            }


def test_the_lock_of_the_node_parts_has_hashes_and_no_addresses():
    lock = json.loads((ROOT / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert [name for name, entry in packages.items() if "integrity" not in entry] == []
    assert [name for name, entry in packages.items() if "resolved" in entry] == []


def test_a_path_is_named_in_the_route_policy_alone():
    literal = re.compile(r"""["']/(v1|key|user|spend|model|health)/""")
    shipped = [path for folder in ("gateway", "components", "dashboards") for path in (ROOT / folder).rglob("*.py")]
    holders = {path.relative_to(ROOT).as_posix() for path in shipped if literal.search(path.read_text())}
    # The emulator's paths are Bedrock's, not LiteLLM's.
    assert holders == {"gateway/routes.py", "gateway/local/bedrock/server.py"}

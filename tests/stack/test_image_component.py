"""Images of our own and mirrored ones: what goes in, what they are called, that they start what they should."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import stargate.dashboards
import stargate.gateway
from stargate.components.image import Image, ImageArgs
from stargate.components.mirror import DOCKERFILE, Mirror
from stargate.components.testing import Graph, record
from stargate.errors import StargateError
from stargate.gateway.litellm_config import LITELLM_VERSION

ROOT = Path(__file__).parents[2]
GATEWAY = Path(stargate.gateway.__file__).parent
DASHBOARDS = Path(stargate.dashboards.__file__).parent
START = GATEWAY / "image" / "start.sh"
LITELLM = ImageArgs(context=GATEWAY / "image", dockerfile=GATEWAY / "Dockerfile")
GRAFANA = ImageArgs(context=DASHBOARDS, dockerfile=DASHBOARDS / "Dockerfile")
OURS = pytest.mark.parametrize("image", [LITELLM, GRAFANA], ids=["litellm", "grafana"])
DOCKERFILES = pytest.mark.parametrize(
    "dockerfile", [LITELLM.dockerfile, GRAFANA.dockerfile, DOCKERFILE], ids=lambda path: path.parent.name
)


def context(folder: Path, text: str = "FROM example.com/app:1.2.3\nCOPY kept /app/\n") -> ImageArgs:
    (folder / "kept").mkdir(exist_ok=True)
    (folder / "kept" / "a").write_text("first")
    (folder / "Dockerfile").write_text(text)
    return ImageArgs(context=folder, dockerfile=folder / "Dockerfile")


def built(program) -> Graph:
    return record(program)


def test_a_task_names_the_image_by_its_digest(tmp_path):
    found: list[str] = []
    built(lambda: Image("own", context(tmp_path)).reference.apply(found.append))
    assert found == ["own-image-repo-digest"]


def test_a_repository_scans_encrypts_forgets_what_is_old_and_lets_a_stack_go_back(tmp_path):
    graph = built(lambda: Image("own", context(tmp_path)))
    repository = graph.one("aws:ecr/repository:Repository").inputs
    assert repository["imageScanningConfiguration"]["scanOnPush"] is True
    assert repository["encryptionConfigurations"]
    assert repository["imageTagMutability"] == "MUTABLE", "Docker pushes the earlier tag again, and ECR must take it"
    assert repository["forceDelete"] is False
    assert "imageCountMoreThan" in graph.one("LifecyclePolicy").inputs["policy"]


def test_an_image_is_described_alike_wherever_the_project_lies(tmp_path, monkeypatch):
    def described(project: Path) -> dict:
        project.mkdir()
        monkeypatch.chdir(project)
        return built(lambda: Image("own", context(project))).one("docker:index/image:Image").inputs

    here, there = described(tmp_path / "one"), described(tmp_path / "two")
    assert here == there, "another machine's path would be another image"
    assert here["build"]["platform"] == "linux/arm64"


def test_the_registrys_password_is_secret_and_always_the_newest(tmp_path):
    image = built(lambda: Image("own", context(tmp_path))).one("docker:index/image:Image")
    assert "registry" in image.secrets
    assert image.ignored == (), "an ignored input stays as it was, and ECR's password ends after twelve hours"


def test_a_mirror_copies_a_public_image_once_for_the_tasks_processor():
    def program() -> None:
        mirror = Mirror("mirror", "X86_64")
        for name in ("docker.io/grafana/grafana:13.2.3", "docker.io/grafana/grafana:13.2.3", "example.com/other:1"):
            mirror.reference(name)

    copies = built(program).of("docker:index/image:Image")
    assert sorted(copy.inputs["build"]["args"]["UPSTREAM"] for copy in copies) == [
        "docker.io/grafana/grafana:13.2.3",
        "example.com/other:1",
    ]
    assert {copy.inputs["build"]["platform"] for copy in copies} == {"linux/amd64"}
    names = sorted(copy.inputs["imageName"].rsplit(":", 1)[1] for copy in copies)
    assert names == ["grafana-grafana-13.2.3", "other-1"]


def test_two_images_and_two_mirrors_in_one_program_do_not_collide(tmp_path):
    graph = built(lambda: [*(Image(n, context(tmp_path)) for n in ("one", "two")), Mirror("three"), Mirror("four")])
    assert len(graph.of("aws:ecr/repository:Repository")) == 4


@given(st.binary(max_size=40), st.binary(max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_the_tag_changes_with_what_is_copied_and_with_nothing_else(tmp_path, copied, beside):
    args = context(tmp_path)
    before = args.tag
    (tmp_path / "beside").write_bytes(beside)
    (tmp_path / "kept" / "__pycache__").mkdir(exist_ok=True)
    (tmp_path / "kept" / "__pycache__" / "a.pyc").write_bytes(beside)
    assert args.tag == before
    (tmp_path / "kept" / "a").write_bytes(copied)
    assert (args.tag == before) == (copied == b"first")
    assert re.fullmatch(r"1\.2\.3-[0-9a-f]{12}", args.tag)


def test_the_tag_changes_with_a_files_name_the_dockerfile_and_the_processor(tmp_path):
    args = context(tmp_path)
    tags = {args.tag, ImageArgs(context=tmp_path, dockerfile=args.dockerfile, architecture="X86_64").tag}
    (tmp_path / "kept" / "a").rename(tmp_path / "kept" / "b")
    tags.add(args.tag)
    args.dockerfile.write_text("FROM example.com/app:1.2.4\nCOPY kept /app/\n")
    tags.add(args.tag)
    assert len(tags) == 4


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("FROM example.com/app:1\nCOPY kept gone /app/\n", "copies gone, which is not in"),
        ("FROM example.com/app:1\nCOPY --chmod=0555 gone /app/\n", "copies gone, which is not in"),
    ],
)
def test_what_a_dockerfile_copies_must_be_there(tmp_path, text, sentence):
    with pytest.raises(StargateError, match=sentence):
        context(tmp_path, text)


def test_an_image_that_cannot_be_is_refused(tmp_path):
    args = context(tmp_path)
    with pytest.raises(StargateError, match="one of them is not there"):
        ImageArgs(context=tmp_path / "gone", dockerfile=args.dockerfile)
    with pytest.raises(StargateError, match="one of them is not there"):
        ImageArgs(context=tmp_path, dockerfile=tmp_path / "gone")
    with pytest.raises(StargateError, match="architecture is RISCV: choose from ARM64, X86_64"):
        ImageArgs(context=tmp_path, dockerfile=args.dockerfile, architecture="RISCV")
    with pytest.raises(StargateError, match="architecture is RISCV: choose from ARM64, X86_64"):
        built(lambda: Mirror("mirror", "RISCV"))
    with pytest.raises(StargateError, match="is made from no exact version: write FROM IMAGE:TAG"):
        _ = context(tmp_path, "FROM example.com/app\nCOPY kept /app/\n").tag


@OURS
def test_docker_is_shown_what_is_copied_and_nothing_else(image):
    shown = (image.context / ".dockerignore").read_text().splitlines()
    assert shown[1] == "*"
    assert {line.removeprefix("!") for line in shown[2:]} == {source.name for source in image.sources}
    assert all(line.startswith("!") for line in shown[2:])
    assert DOCKERFILE.with_name(f"{DOCKERFILE.name}.dockerignore").read_text().splitlines()[-1] == "*"


@DOCKERFILES
def test_no_dockerfile_runs_anything_so_that_any_machine_builds_for_any_other(dockerfile):
    instructions = re.findall(r"^([A-Z]+) ", dockerfile.read_text(), re.MULTILINE)
    assert "FROM" in instructions
    assert set(instructions) <= {"ARG", "FROM", "COPY", "ENTRYPOINT", "CMD"}


@DOCKERFILES
def test_no_dockerfile_has_a_fault_that_hadolint_knows(dockerfile, tmp_path):
    linter = Path(sys.executable).with_name("hadolint")

    def linted(path: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run([linter, path], capture_output=True, text=True, check=False)

    assert linted(dockerfile).stdout == ""
    broken = tmp_path / "Dockerfile"
    broken.write_text("FROM example.com/app\nRUN sudo apt-get install x\n")
    assert "DL3004" in linted(broken).stdout, "the linter itself must be able to say no"


def test_the_image_the_lock_and_the_configuration_name_one_litellm():
    (locked,) = re.findall(r"^litellm(?:\[[^\]]*\])?==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert LITELLM.upstream == f"v{LITELLM_VERSION}"
    assert locked == LITELLM_VERSION


@pytest.mark.parametrize("shell", ["sh", "dash", "bash"])
def test_the_start_script_is_a_script(shell):
    done = subprocess.run([shell, "-n", START], check=False, capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


def started(folder: Path, *words: str, **environment: str) -> tuple[subprocess.Popen[str], str, str]:
    """The start script with another program in LiteLLM's place, and the image's folders below a test's."""
    folder.mkdir(exist_ok=True)
    text = START.read_text().replace("/stargate/", f"{START.parent}/")
    text = re.sub(r"^config=.*$", f"config={folder}/litellm.yaml", text, flags=re.MULTILINE)
    program = folder / "litellm"
    program.write_text('#!/bin/sh\necho "$$ $DISABLE_SCHEMA_UPDATE $*"\n')
    program.chmod(0o755)
    own = {"PATH": f"{folder}:/usr/bin:/bin", "LITELLM_CONFIG": "model_list: []", "PORT": "4000"}
    process = subprocess.Popen(
        ["sh", "-c", text, "start.sh", *words],
        env={**own, "DISABLE_SCHEMA_UPDATE": "true", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    return process, *process.communicate(timeout=20)


def test_the_server_takes_the_shells_place_so_that_a_stop_signal_reaches_it(tmp_path):
    process, said, _ = started(tmp_path, "serve", NUM_WORKERS="2")
    number, kept, *words = said.split()
    assert int(number) == process.pid
    assert kept == "true", "the server migrates nothing"
    assert words == f"--config {tmp_path}/litellm.yaml --host 0.0.0.0 --port 4000 --num_workers 2".split()
    assert (tmp_path / "litellm.yaml").read_text() == "model_list: []"
    assert (tmp_path / "stargate_tracing.py").exists()


def test_migrating_ends_and_turns_the_schemas_update_on(tmp_path):
    _, said, _ = started(tmp_path, "migrate")
    _, turned, *words = said.split()
    assert turned == "false"
    assert words[-1] == "--skip_server_startup"


def test_a_second_start_in_the_same_container_finds_its_way(tmp_path):
    (tmp_path / "stargate_tracing.py").touch(mode=0o444)
    (tmp_path / "litellm.yaml").touch()
    process, _, complaint = started(tmp_path, "serve")
    assert process.returncode == 0, complaint


@pytest.mark.parametrize(
    ("words", "environment", "sentence"),
    [
        (("dance",), {}, "dance is unknown: choose serve or migrate"),
        (("serve",), {"LITELLM_CONFIG": ""}, "LITELLM_CONFIG: is the configuration, as YAML"),
        (("serve",), {"PORT": ""}, "PORT: is the port"),
    ],
)
def test_a_start_that_cannot_be_says_why(tmp_path, words, environment, sentence):
    process, _, complaint = started(tmp_path, *words, **environment)
    assert process.returncode != 0
    assert sentence in complaint

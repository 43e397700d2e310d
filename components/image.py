"""A container image of our own: built from a folder, pushed to a repository of its own, named by its digest."""

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pulumi
import pulumi_aws as aws
import pulumi_docker as docker

from stargate.errors import StargateError

PLATFORMS: Final = {"ARM64": "linux/arm64", "X86_64": "linux/amd64"}
# Tasks name digests, so no tag decides what runs. Docker pushes a tag again when a stack goes back to an earlier image,
# and ECR would refuse that for a tag that never changes.
TAGS: Final = "MUTABLE"
KEPT_IMAGES: Final = 10


@dataclass(frozen=True, kw_only=True)
class ImageArgs:
    """A Dockerfile that copies and runs nothing, so that any machine builds for any other, and what it copies from."""

    context: Path
    dockerfile: Path
    """On the machine that deploys: the folder that is copied from, and the file, which may lie elsewhere."""
    architecture: str = "ARM64"
    """The processor that it is built for: `ARM64` or `X86_64`."""
    destroy: bool = False
    """Whether deleting the repository deletes its images."""

    def __post_init__(self) -> None:
        """Refuse what is not there, before Docker is asked."""
        if not self.context.is_dir() or not self.dockerfile.is_file():
            raise StargateError(f"an image is made of {self.context} by {self.dockerfile}: one of them is not there")
        if self.architecture not in PLATFORMS:
            raise StargateError(f"architecture is {self.architecture}: choose from {', '.join(PLATFORMS)}")
        if missing := [source for source in self.sources if not source.exists()]:
            raise StargateError(f"{self.dockerfile} copies {missing[0].name}, which is not in {self.context}: add it")

    @property
    def upstream(self) -> str:
        """The tag of the image that it is made from."""
        found = re.search(r"^FROM \S+:([\w.-]+)$", self.dockerfile.read_text(), re.MULTILINE)
        if found is None:
            raise StargateError(f"{self.dockerfile} is made from no exact version: write FROM IMAGE:TAG")
        return found[1]

    @property
    def sources(self) -> tuple[Path, ...]:
        """What the Dockerfile copies."""
        copies = re.findall(r"^COPY +((?:--\S+ +)*)(.+) \S+$", self.dockerfile.read_text(), re.MULTILINE)
        return tuple(self.context / name for _, names in copies for name in names.split())

    @property
    def tag(self) -> str:
        """The upstream version and the digest of what goes in: an unchanged image is never pushed again."""
        digest = hashlib.sha256(self.architecture.encode())
        digest.update(self.dockerfile.read_bytes())
        for source in self.sources:
            for path in sorted(p for p in (source, *source.rglob("*")) if p.is_file() and "__pycache__" not in p.parts):
                digest.update(f"{path.relative_to(self.context)}\0{path.stat().st_size}\0".encode())
                digest.update(path.read_bytes())
        return f"{self.upstream}-{digest.hexdigest()[:12]}"


def here(path: Path) -> str:
    """A path from the program's folder: an absolute one would be another image on every machine that deploys."""
    return os.path.relpath(path)


class Image(pulumi.ComponentResource):
    """An ECR repository that scans what is pushed and forgets what is old, and the image in it.

    Docker builds and pushes it during `pulumi up`; a preview needs no Docker.
    """

    reference: pulumi.Output[str]
    """`REPOSITORY@sha256:…`: what a task definition names."""
    repository_arn: pulumi.Output[str]

    def __init__(self, name: str, args: ImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Build it."""
        super().__init__("stargate:index:Image", name, None, opts)
        below = pulumi.ResourceOptions(parent=self)
        repository = aws.ecr.Repository(
            f"{name}-repository",
            image_tag_mutability=TAGS,
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[{"encryption_type": "AES256"}],
            force_delete=args.destroy,
            opts=below,
        )
        aws.ecr.LifecyclePolicy(
            f"{name}-lifecycle",
            repository=repository.name,
            policy=json.dumps(
                {
                    "rules": [
                        {
                            "rulePriority": 1,
                            "description": f"the newest {KEPT_IMAGES} stay, so that a rollback finds its image",
                            "selection": {
                                "tagStatus": "any",
                                "countType": "imageCountMoreThan",
                                "countNumber": KEPT_IMAGES,
                            },
                            "action": {"type": "expire"},
                        }
                    ]
                }
            ),
            opts=below,
        )
        login = aws.ecr.get_authorization_token_output(
            registry_id=repository.registry_id, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        image = docker.Image(
            f"{name}-image",
            image_name=pulumi.Output.concat(repository.repository_url, ":", args.tag),
            build=docker.DockerBuildArgs(
                context=here(args.context),
                dockerfile=here(args.dockerfile),
                platform=PLATFORMS[args.architecture],
            ),
            build_on_preview=False,
            registry=docker.RegistryArgs(
                server=repository.repository_url,
                username=login.user_name,
                password=pulumi.Output.secret(login.password),
            ),
            opts=below,
        )
        self.reference, self.repository_arn = image.repo_digest, repository.arn
        self.register_outputs({"reference": self.reference})

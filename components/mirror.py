"""Public images kept in the account's own registry, for tasks that have no way to the internet."""

import re
from pathlib import Path
from typing import Final

import pulumi
import pulumi_aws as aws
import pulumi_docker as docker

from stargate.components.image import PLATFORMS, TAGS, here
from stargate.errors import StargateError

DOCKERFILE: Final = Path(__file__).with_name("mirror.Dockerfile")


class Mirror(pulumi.ComponentResource):
    """An ECR repository, and in it each public image that a service asks for: copied at `pulumi up`, by Docker."""

    repository_arn: pulumi.Output[str]

    def __init__(self, name: str, architecture: str = "ARM64", opts: pulumi.ResourceOptions | None = None) -> None:
        """Build the repository; images come as they are asked for."""
        super().__init__("stargate:index:Mirror", name, None, opts)
        if architecture not in PLATFORMS:
            raise StargateError(f"architecture is {architecture}: choose from {', '.join(PLATFORMS)}")
        self._name, self._architecture = name, architecture
        self._below = pulumi.ResourceOptions(parent=self)
        self._repository = aws.ecr.Repository(
            f"{name}-repository",
            image_tag_mutability=TAGS,
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[{"encryption_type": "AES256"}],
            # Everything in it can be copied again.
            force_delete=True,
            opts=self._below,
        )
        self.repository_arn = self._repository.arn
        self._references: dict[str, pulumi.Output[str]] = {}
        self.register_outputs({"repository_arn": self.repository_arn})

    def reference(self, image: str) -> pulumi.Output[str]:
        """The copy of a public image, such as `docker.io/grafana/grafana:13.2.3`, by its digest."""
        if image not in self._references:
            label = re.sub(r"[^a-z0-9.]+", "-", image.split("/", maxsplit=1)[-1])
            login = aws.ecr.get_authorization_token_output(
                registry_id=self._repository.registry_id, opts=pulumi.InvokeOutputOptions(parent=self)
            )
            copy = docker.Image(
                f"{self._name}-{label}",
                image_name=pulumi.Output.concat(self._repository.repository_url, ":", label),
                build=docker.DockerBuildArgs(
                    context=here(DOCKERFILE.parent),
                    dockerfile=here(DOCKERFILE),
                    platform=PLATFORMS[self._architecture],
                    args={"UPSTREAM": image},
                ),
                build_on_preview=False,
                registry=docker.RegistryArgs(
                    server=self._repository.repository_url,
                    username=login.user_name,
                    password=pulumi.Output.secret(login.password),
                ),
                opts=self._below,
            )
            self._references[image] = copy.repo_digest
        return self._references[image]

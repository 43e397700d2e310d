"""How a container is asked whether it lives, where its image has BusyBox and so a wget."""

from stargate.components.container import HealthCheck


def answers(port: int, path: str, start_seconds: int = 60) -> HealthCheck:
    """A check that a GET of a path, from within the container, is answered with success."""
    command = ("CMD", "wget", "-q", "-O", "/dev/null", f"http://127.0.0.1:{port}{path}")
    return HealthCheck(command=command, start_seconds=start_seconds)

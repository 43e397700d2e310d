"""A front door with a gateway and pages behind it, for tests."""

from stargate.components.certificate import Domain
from stargate.components.front_door import Application, FrontDoor, FrontDoorArgs
from stargate.components.network import Network, NetworkArgs
from stargate.gateway.routes import policy

DOMAIN = Domain(name="llm.example.com", zone="example.com")
GATEWAY = Application(port=4000, admin_port=4000, health_path="/alive", host="gateway.dev.internal")


def pages(*, public: bool = False, admin_port: int = 3000) -> Application:
    return Application(
        port=3000, admin_port=admin_port, health_path="/health", host="grafana.dev.internal", public=public
    )


def front_door(name: str = "front", **settings) -> FrontDoor:
    kept = {
        "routes": policy().routes,
        "gateway": GATEWAY,
        "pages": {"grafana": pages()},
        "admin_groups": {"door": "sg-door"},
        "idle_seconds": 620,
        "deregistration_seconds": 120,
    }
    network = Network(f"net-{name}", NetworkArgs())
    return FrontDoor(name, FrontDoorArgs(network=network, **(kept | settings)))

"""A client of LiteLLM's administrators' interface, on the gateway's own address and never through the edge."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Self

import httpx

from stargate.errors import StargateError
from stargate.gateway.routes import MODEL, AdminRoute

# What a user's key opens: LiteLLM's own list of the models' routes, and one that LiteLLM 1.106.2 keeps from every key
# without it. It closes every administrative route to the key, those of its own user among them.
CLIENT_ROUTES: Final = ("llm_api_routes", MODEL.wildcard)
# Administrators' calls are a few queries each; one that takes longer waits for a lock.
TIMEOUT_SECONDS: Final = 30.0


class AdminClient:
    """Calls LiteLLM as its administrator; every refusal becomes one `StargateError`, without the key in it."""

    def __init__(self, address: str, master_key: str) -> None:
        """Take the gateway's own address, such as `http://127.0.0.1:4000`, and its master key."""
        self._http = httpx.Client(
            base_url=address, headers={"Authorization": f"Bearer {master_key}"}, timeout=TIMEOUT_SECONDS
        )

    def __enter__(self) -> Self:
        """Use it in a `with` statement, which closes its connections."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self._http.close()

    def user(self, user_id: str) -> dict[str, Any] | None:
        """A user's row, or None if there is no such user."""
        found = self._call("GET", AdminRoute.USER_INFO, params={"user_id": user_id}, missing=(404,))
        return found["user_info"] if found and found.get("user_info") else None

    def create_user(self, **fields: Any) -> dict[str, Any]:
        """Create a user from LiteLLM's own fields (`user_id`, `max_budget` in dollars, `models`, …)."""
        return self._call("POST", AdminRoute.USER_NEW, json=fields) or {}

    def key(self, key: str) -> dict[str, Any] | None:
        """A virtual key's row, by the key or its hash, or None if there is no such key."""
        found = self._call("GET", AdminRoute.KEY_INFO, params={"key": key}, missing=(404,))
        return found["info"] if found else None

    def create_key(self, **fields: Any) -> dict[str, Any]:
        """Create a virtual key from LiteLLM's own fields; the answer is the only time that the key is shown.

        It opens the clients' routes alone, unless `allowed_routes` says otherwise.
        """
        return self._call("POST", AdminRoute.KEY_NEW, json={"allowed_routes": list(CLIENT_ROUTES)} | fields) or {}

    def update_key(self, key: str, **fields: Any) -> dict[str, Any]:
        """Change fields of a virtual key."""
        return self._call("POST", AdminRoute.KEY_UPDATE, json={"key": key, **fields}) or {}

    def create_team(self, **fields: Any) -> dict[str, Any]:
        """Create a team from LiteLLM's own fields (`team_alias`, `max_budget` in dollars, …)."""
        return self._call("POST", AdminRoute.TEAM_NEW, json=fields) or {}

    def _call(
        self,
        method: str,
        route: AdminRoute,
        *,
        params: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
        missing: tuple[int, ...] = (),
    ) -> dict[str, Any] | None:
        try:
            response = self._http.request(method, route.value, params=params, json=json)
        except httpx.HTTPError as error:
            raise StargateError(f"the gateway at {self._http.base_url} does not answer: {error}") from error
        if response.status_code in missing:
            return None
        if response.is_error:
            raise StargateError(
                f"the gateway refused {method} {route.value} with {response.status_code}: {_why(response)}"
            )
        answer: dict[str, Any] = response.json()
        return answer


def _why(response: httpx.Response) -> str:
    """LiteLLM's own words, of which it has two shapes."""
    try:
        body = response.json()
    except ValueError:
        return response.text[:200]
    error = body.get("error", body.get("detail", body)) if isinstance(body, dict) else body
    return str(error.get("message", error) if isinstance(error, dict) else error)[:300]

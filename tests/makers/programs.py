"""Programs that call the API: a token, and a client that sends it."""

import json
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy.orm import Session

from app.identity import tokens
from app.identity.roles import Role
from app.kernel.actor import Actor

ROOT = "/api/v1"


class Program:
    """Calls `/api/v1` with a token; `key` is the idempotency key."""

    def __init__(self, client: TestClient, token: str) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, address: str, **params: str) -> Response:
        return self._client.get(f"{ROOT}{address}", params=params, headers=self._headers)

    def post(self, address: str, body: Any = None, *, key: str = "") -> Response:
        headers = self._headers | ({"Idempotency-Key": key} if key else {})
        # in ASCII, so that also what is no valid text can be sent
        content = None if body is None else json.dumps(body)
        return self._client.post(
            f"{ROOT}{address}",
            content=content,
            headers=headers | {"Content-Type": "application/json"},
        )


def a_token(
    session: Session, manager: Actor, role: Role = Role.MANAGER, *, name: str = "web shop"
) -> str:
    """A token's text; `manager` makes it."""
    return tokens.create(session, manager, name=name, role=role)


def eur(minor: int) -> dict[str, Any]:
    return {"amount": minor, "currency": "EUR"}

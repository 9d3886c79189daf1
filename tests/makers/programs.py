"""Programs that call the API: a token, and a client that sends it."""

import json
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy.orm import Session

from app.identity import tokens
from app.identity.roles import Role
from app.kernel.actor import Actor
from tests.makers.sales import Counter

ROOT = "/api/v1"


class Program:
    """Calls `/api/v1` with a token; `key` is the idempotency key."""

    def __init__(self, client: TestClient, token: str) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, address: str, **params: str) -> Response:
        return self._client.get(f"{ROOT}{address}", params=params, headers=self._headers)

    def patch(self, address: str, body: Any) -> Response:
        return self._client.patch(f"{ROOT}{address}", json=body, headers=self._headers)

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


def a_program(
    session: Session, client: TestClient, counter: Counter, role: Role = Role.MANAGER
) -> Program:
    token = a_token(session, counter.manager, role)
    session.commit()
    return Program(client, token)


def ordered(shop: Program, counter: Counter, *lines: dict[str, Any]) -> int:
    """The number of a new order of the counter's customer."""
    answer = shop.post("/orders", {"customer": counter.customer.number, "lines": list(lines)})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["number"])


def fields_of(answer: Response) -> set[str | None]:
    """What a refusal is about."""
    body = answer.json()
    return {body.get("field"), *body.get("errors", {})}


def eur(minor: int) -> dict[str, Any]:
    return {"amount": minor, "currency": "EUR"}

"""A customer at a repair's page."""

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app.service import links
from app.service.models import Ticket
from app.web import csrf
from tests.makers.browsing import SECRET
from tests.makers.service import Workshop


class Customer:
    """Whoever holds a key, with a browser without a script."""

    def __init__(self, app: FastAPI, session: Session, shop: Workshop, ticket: Ticket) -> None:
        self.client = TestClient(app, follow_redirects=False)
        self.client.cookies.set(csrf.COOKIE, SECRET)
        self.here = f"/s/{links.new(session, shop.technician, ticket)}"
        session.commit()

    def post(self, address: str, **fields: str) -> tuple[int, str]:
        answer = self.client.post(address, data={csrf.FIELD: csrf._token(SECRET), **fields})
        return answer.status_code, answer.text

"""What customers wait for stands where staff begin."""

import pytest
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.portal import requests, talks, waiting
from app.portal.requests import Asked
from app.robots import ownership
from tests.makers.service import Workshop, a_ticket


def test_requests_and_unread_messages_wait_until_they_are_answered(
    session: Session, shop: Workshop
) -> None:
    assert waiting.panel(session, shop.manager) is None
    ticket = a_ticket(session, shop)
    for token in ("a", "b"):
        talks.write(session, ticket, text="When?", token=token, files=None)
    owned = ownership.history(session, shop.unit.id)[0][0]
    requests.ask_service(session, shop.unit, owned, Asked("It clicks"), form_key="a")

    told = waiting.panel(session, shop.manager)
    assert told is not None
    assert told.count == 2
    assert {row.label for row in told.rows} == {f"T-{ticket.number}", "R-1"}
    assert waiting.open_requests(session, shop.manager) == 1

    talks.note_read(session, shop.manager, ticket)
    left = waiting.panel(session, shop.manager)
    assert left is not None
    assert left.count == 1


@pytest.mark.only_on("sqlite")
def test_who_does_not_see_the_workshop_is_told_nothing(session: Session, shop: Workshop) -> None:
    nobody = Actor(store_id=shop.manager.store_id, name="x", role="x")
    assert waiting.panel(session, nobody) is None

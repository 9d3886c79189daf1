"""Customers who ask at nearly the same time whether their repair has moved."""

import asyncio

import pytest
from sqlalchemy.orm import Session

from app.kernel.db import Database
from app.portal.following import Known
from app.portal.pages import together
from app.service import links, tickets
from app.service.states import TicketState
from tests.makers.service import Workshop, a_customers_unit, a_ticket
from tests.robots.conftest import listening


def ask(database: Database, *tokens: str) -> list[Known | None]:
    async def all_of_them() -> list[Known | None]:
        return await asyncio.gather(*(together.ask(database, token) for token in tokens))

    return asyncio.run(all_of_them())


def test_they_are_told_by_one_look(session: Session, shop: Workshop, database: Database) -> None:
    other = a_customers_unit(session, shop.store, shop.manager, shop.owner, "H1-OTHER")
    repairs = [a_ticket(session, shop), a_ticket(session, shop, unit=other)]
    tokens = [links.new(session, shop.technician, ticket) for ticket in repairs]
    wanted = [ticket.id for ticket in repairs]
    session.commit()

    with listening(database) as seen:
        found = ask(database, *tokens, "a" * 43, *tokens)

    assert [one and one.ticket_id for one in found] == [*wanted, None, *wanted]
    assert len([one for one in seen if one.startswith("SELECT")]) == 1, seen


@pytest.mark.only_on("sqlite")
def test_a_mark_moves_with_the_repair_and_a_key_ends(
    session: Session, shop: Workshop, database: Database
) -> None:
    ticket = a_ticket(session, shop)
    token = links.new(session, shop.technician, ticket)
    session.commit()
    (before,) = ask(database, token)

    tickets.move(session, shop.technician, ticket, TicketState.DIAGNOSING)
    session.commit()
    (after,) = ask(database, token)
    links.rotate(session, shop.manager, ticket)
    session.commit()

    assert before
    assert after
    assert before.mark != after.mark
    assert ask(database, token) == [None]

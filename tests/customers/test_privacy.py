"""A copy of everything, and being forgotten: for whoever asks, and without breaking the books."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers import book, checks, finding, privacy
from app.customers.events import CustomerErased
from app.customers.models import Customer, CustomerTerm
from app.kernel import audit, events
from app.kernel.actor import Actor
from app.kernel.audit import AuditEntry
from app.kernel.errors import Forbidden, Refused
from app.kernel.text import msg
from tests.customers.conftest import House
from tests.makers.customers import a_customer, typed


@pytest.fixture
def anna(session: Session, house: House) -> Customer:
    return a_customer(
        session,
        house.seller,
        contact_name="Bert",
        phone="+49 341 123456",
        email="anna@example.org",
        street="Weg 1",
        city="Leipzig",
        notes="Calls first.",
        marketing_consent=True,
    )


@pytest.fixture
def chapter() -> Iterator[None]:
    privacy.chapters["robots"] = lambda _session, _actor, customer: [f"robot of {customer.number}"]
    yield
    del privacy.chapters["robots"]


@pytest.mark.usefixtures("chapter")
def test_an_export_tells_everything_and_is_on_record(
    session: Session, house: House, anna: Customer
) -> None:
    told = privacy.export(session, house.seller, anna)

    assert told["robots"] == ["robot of 1"]
    person = told["customer"]
    assert isinstance(person, dict)
    assert person["email"] == "anna@example.org"
    assert person["notes"] == "Calls first."
    assert privacy.is_exported(session, anna)


def test_who_is_forgotten_is_nowhere_but_keeps_the_number(
    session: Session, house: House, anna: Customer
) -> None:
    """SEC-13."""
    privacy.export(session, house.manager, anna)

    privacy.erase(session, house.manager, anna, reason="asked by letter")
    audit.write(session)

    assert (anna.number, anna.name, anna.email, anna.notes) == (1, "#1", "", "")
    assert anna.marketing_consent_at is None
    assert finding.find(session, house.seller, "anna") == []
    assert session.scalars(select(CustomerTerm)).all() == []
    assert book.likely_duplicates(session, house.seller, typed(email="anna@example.org")) == []
    assert book.by_number(session, house.seller, 1) is anna
    assert list(checks.breaches(session)) == []
    assert list(audit.breaches(session)) == []
    assert "Müller" not in "".join(session.scalars(select(AuditEntry.body)))


def test_nobody_is_forgotten_before_the_copy_of_how_they_are_now(
    session: Session, house: House, anna: Customer
) -> None:
    privacy.export(session, house.manager, anna)
    book.change(session, house.seller, anna, typed("Anna Schmidt"), version=1)

    with pytest.raises(Refused, match="Export the data first"):
        privacy.erase(session, house.manager, anna, reason="asked")

    assert anna.name == "Anna Schmidt"


def test_a_seller_forgets_nobody(session: Session, house: House, anna: Customer) -> None:
    privacy.export(session, house.seller, anna)

    with pytest.raises(Forbidden):
        privacy.erase(session, house.seller, anna, reason="asked")


def test_who_was_forgotten_is_neither_forgotten_again_nor_changed(
    session: Session, house: House, anna: Customer
) -> None:
    privacy.export(session, house.manager, anna)
    privacy.erase(session, house.manager, anna, reason="asked")

    with pytest.raises(Refused, match="erased before"):
        privacy.erase(session, house.manager, anna, reason="asked again")
    with pytest.raises(Refused, match="was erased"):
        book.change(session, house.manager, anna, typed(), version=anna.version)


def test_a_higher_floor_may_say_that_something_is_still_open(
    session: Session, house: House, anna: Customer
) -> None:
    heard: list[CustomerErased] = []

    def object_to(_session: Session, news: CustomerErased) -> None:
        heard.append(news)
        if news.customer_id == anna.id:
            raise Refused(msg("Sale 7 is still open."))

    privacy.export(session, house.manager, anna)
    session.commit()
    events.listen(CustomerErased, object_to)

    with pytest.raises(Refused, match="still open"):
        privacy.erase(session, house.manager, anna, reason="asked")
    session.rollback()

    events._listeners[CustomerErased].remove(object_to)
    assert [news.customer_number for news in heard] == [1]
    assert session.get_one(Customer, anna.id, populate_existing=True).name == "Anna Müller"


def test_the_check_finds_what_was_not_forgotten(
    session: Session, house: House, anna: Customer
) -> None:
    actor: Actor = house.manager
    privacy.export(session, actor, anna)
    privacy.erase(session, actor, anna, reason="asked")

    anna.email = "anna@example.org"
    session.flush()

    assert list(checks.breaches(session)) == [
        f"customers: store {house.store.id}, customer 1: erased, but email is still there"
    ]

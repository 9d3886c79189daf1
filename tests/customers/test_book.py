"""Who is in the book, as what, and who is in it already."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers import book, checks
from app.customers.models import CustomerTerm
from app.kernel import audit
from app.kernel.audit import AuditEntry
from app.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from tests.customers.conftest import House
from tests.makers.customers import a_customer, typed
from tests.makers.stores import a_store


def test_what_was_typed_is_tidied(session: Session, house: House) -> None:
    customer = a_customer(
        session,
        house.seller,
        " Anna \t Müller\x1d ",
        phone=" +49 (0)341 / 12 34-56 ",
        vat_id=" de 136.695-976 ",
        country="de",
        language="tlh",
        marketing_consent=True,
    )

    assert customer.name == "Anna Müller"
    assert customer.phone == "+49 (0)341 / 12 34-56"
    assert customer.vat_id == "DE136695976"
    assert (customer.country, customer.language) == ("DE", "")
    assert customer.marketing_consent_at is not None
    assert customer.number == 1


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("name", "  "),
        ("name", "x" * 201),
        ("phone", "12"),
        ("email", "anna@localhost"),
        ("email", "anna müller@example.org"),
        ("email", "a@b.c, d@e.f"),
        ("vat_id", "DE136695975"),
        ("country", "Germany"),
        ("country", "D1"),
        ("notes", "x" * 4001),
    ],
)
def test_what_cannot_be_is_told_beside_its_field(field: str, text: str) -> None:
    facts = {"name": "Anna", field: text}

    with pytest.raises(Invalid) as refusal:
        book.checked(typed(**facts))

    assert list(refusal.value.problems) == [field]


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("vat_id", ["91440300708461136T", "CHE-123.456.788 MWST", ""])
def test_a_vat_id_of_elsewhere_is_kept_as_it_is(vat_id: str) -> None:
    assert book.checked(typed(vat_id=vat_id)).vat_id == vat_id.replace("-", "").replace(
        ".", ""
    ).replace(" ", "")


def test_an_auditor_looks_and_does_not_write(session: Session, house: House) -> None:
    anna = a_customer(session, house.seller)

    with pytest.raises(Forbidden):
        a_customer(session, house.auditor)
    with pytest.raises(Forbidden):
        book.change(session, house.auditor, anna, typed("X"), version=1)


def test_somebody_already_in_the_book_is_noticed_in_any_writing(
    session: Session, house: House
) -> None:
    anna = a_customer(
        session,
        house.seller,
        phone="+49 341 123456",
        email="anna@example.org",
        vat_id="DE136695976",
    )
    a_customer(session, house.seller, "Otto Fern", phone="+49 341 654321")

    for same in (
        typed("ANNA  MULLER"),
        typed("A. M.", phone="0049 341 123456"),
        typed("A. M.", phone="(0341) 12 34 56"),
        typed("A. M.", email="Anna@Example.ORG"),
        typed("A. M.", vat_id="DE 136 695 976"),
    ):
        assert book.likely_duplicates(session, house.seller, same) == [anna], same
        assert book.likely_duplicates(session, house.seller, same, but=anna.id) == []
    for other in (typed("Bert"), typed("Bert", phone="123457")):
        assert book.likely_duplicates(session, house.seller, other) == [], other


def test_the_national_writing_in_the_book_meets_the_international_one(
    session: Session, house: House
) -> None:
    anna = a_customer(session, house.seller, phone="0341 123456")

    assert book.likely_duplicates(session, house.seller, typed("X", phone="+49341123456")) == [anna]


def test_two_editors_never_overwrite_each_other_unseen(session: Session, house: House) -> None:
    anna = a_customer(session, house.seller)
    book.change(session, house.seller, anna, typed("Anna Schmidt"), version=1)

    with pytest.raises(Conflict):
        book.change(session, house.manager, anna, typed("Anna Maier"), version=1)

    assert (anna.name, anna.version) == ("Anna Schmidt", 2)


def test_saving_what_is_there_already_changes_nothing(session: Session, house: House) -> None:
    anna = a_customer(session, house.seller)

    book.change(session, house.seller, anna, typed(), version=1)

    assert anna.version == 1


def test_the_record_names_fields_and_consent_but_nobody(session: Session, house: House) -> None:
    anna = a_customer(session, house.seller, email="anna@example.org")

    book.change(
        session,
        house.seller,
        anna,
        typed("Anna Schmidt", email="anna@example.org", marketing_consent=True),
        version=1,
    )
    audit.write(session)

    bodies = "".join(session.scalars(select(AuditEntry.body)))
    assert '"fields":["name","marketing_consent"],"marketing_consent":true' in bodies
    assert "Anna" not in bodies
    assert "example.org" not in bodies


def test_a_customer_of_another_store_does_not_exist_here(session: Session, house: House) -> None:
    anna = a_customer(session, house.seller)
    anna.store_id = a_store(session, "BER").id
    session.flush()

    for number in (1, 2**40):
        with pytest.raises(NotFound):
            book.by_number(session, house.seller, number)
    for customer_id in (anna.id, 2**70):
        with pytest.raises(NotFound):
            book.by_id(session, house.seller, customer_id)


def test_the_check_finds_a_customer_who_cannot_be_found(session: Session, house: House) -> None:
    anna = a_customer(session, house.seller)
    sound = list(checks.breaches(session))

    session.add(CustomerTerm(customer_id=anna.id, term="bert", store_id=house.store.id))
    session.flush()

    assert sound == []
    assert list(checks.breaches(session)) == [
        f"customers: store {house.store.id}, customer 1: the terms of the search do not fit"
    ]

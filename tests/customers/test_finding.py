"""Whom a text means: names in any writing, Chinese by any sign, numbers from either end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from app.customers import finding, terms
from app.customers.models import Customer, CustomerKind
from app.kernel import clock
from app.kernel.errors import Forbidden, Refused
from tests.customers.conftest import House
from tests.makers.customers import a_customer
from tests.makers.stores import a_store


def numbers(session: Session, house: House, text: str) -> list[int]:
    return [one.number for one in finding.find(session, house.seller, text)]


def test_a_person_is_found_in_any_writing(session: Session, house: House) -> None:
    a_customer(
        session,
        house.seller,
        "Anna Müller-Lüdenscheidt",
        phone="+49 (0)341 12 34 56",
        email="anna@example.org",
        vat_id="DE136695976",
    )
    a_customer(session, house.seller, "Otto Fern", phone="+49 30 999999")

    names = ("anna", "MÜLL", "muller anna", "Müller-Lüdenscheidt", "luden", "ａｎｎａ", "1")
    phones = ("341 123456", "0341/123456", "+49 341 123456", "0049 341 123456", "123456")
    others = ("anna@example.org", "Anna@", "example.org", "DE136695976", "de 136 695 976", "DE136")
    for text in (*names, *phones, *others):
        assert numbers(session, house, text) == [1], text
    for text in ("nna", "annb", "654321", "@", "%", "_", "--", "", " ", "\x00", "'", "\ud800"):
        assert numbers(session, house, text) == [], text


def test_chinese_is_found_by_any_sign_in_it(session: Session, house: House) -> None:
    a_customer(session, house.seller, "深圳减速器有限公司", contact_name="李伟")
    a_customer(session, house.seller, "北京机器人")

    for text in ("深", "减速", "速器", "减速器有限公司", "李", "伟", "李伟 深圳"):
        assert numbers(session, house, text) == [1], text


def test_who_fits_twice_is_shown_once(session: Session, house: House) -> None:
    a_customer(session, house.seller, "Anna Annabell Annau")

    assert numbers(session, house, "ann") == [1]


def test_nobody_of_another_store_is_shown(session: Session, house: House) -> None:
    berlin = replace(house.seller, store_id=a_store(session, "BER").id)
    a_customer(session, berlin)

    assert numbers(session, house, "anna") == []
    assert list(finding.page(session, house.seller).items) == []
    assert len(finding.page(session, berlin).items) == 1


@pytest.mark.parametrize("q", ["", "anna"])
def test_pages_follow_each_other_without_gap_or_repetition(
    session: Session, house: House, q: str
) -> None:
    for number in range(23):
        a_customer(session, house.seller, f"Anna Annabell {number % 5} {'ABC'[number % 3]}")
    seen: list[int] = []
    cursor = None

    while True:
        page = finding.page(session, house.seller, q=q, cursor=cursor, most=5)
        seen += [one.number for one in page.items]
        cursor = page.next
        if cursor is None:
            break

    assert sorted(seen) == list(range(1, 24))


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize("cursor", ["x", "WzFd", "WyJcdTAwMDAiLCAxXQ", "W10"])
def test_a_mark_that_is_not_ours_is_refused(session: Session, house: House, cursor: str) -> None:
    with pytest.raises(Refused):
        finding.page(session, house.seller, cursor=cursor)


def test_a_list_needs_the_right_to_look(session: Session, house: House) -> None:
    nobody = replace(house.seller, permissions=frozenset())

    with pytest.raises(Forbidden):
        finding.page(session, nobody)


@contextmanager
def statements(session: Session) -> Iterator[list[str]]:
    seen: list[str] = []
    bind = session.get_bind()
    engine = bind if isinstance(bind, Engine) else bind.engine

    def note(*about: object) -> None:
        seen.append(str(about[2]))

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def test_a_search_takes_few_statements_however_many_fit(session: Session, house: House) -> None:
    for number in range(12):
        a_customer(session, house.seller, f"Anna {number}", phone=f"+49 341 1234{number:02}")

    with statements(session) as found:
        finding.page(session, house.seller, q="anna")
    with statements(session) as missed:
        finding.page(session, house.seller, q="0341 999 999")

    assert len(found) == 1
    assert len(missed) <= 4


NAMES = st.text(min_size=1, max_size=60)


@given(name=NAMES, contact=NAMES)
def test_every_word_of_a_name_finds_it_whatever_the_script(name: str, contact: str) -> None:
    customer = Customer(
        store_id=1,
        number=7,
        kind=CustomerKind.PERSON,
        name=name,
        name_key="",
        contact_name=contact,
        made_at=clock.now(),
    )
    stored = terms.terms_of(customer)

    for reading in terms.readings(f"{name} {contact}")[:1]:
        if "@" in name + contact:
            continue
        assert all(any(one.startswith(word) for one in stored) for word in reading)
    assert all(0 < len(one) <= terms.LONGEST_TERM for one in stored)


def test_a_duplicate_is_looked_for_by_the_whole_of_what_was_typed() -> None:
    exact, beginnings = terms.same_terms("+49 341 123456", "A@x.de", "de 1")

    assert beginnings == ["tel:65432114394"]
    assert {"tel:6543211", "tel:65432114394", "a@x.de", "de1"} <= exact
    assert "x.de" not in exact

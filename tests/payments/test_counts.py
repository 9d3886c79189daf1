"""Counting a drawer by notes and coins, bags for the safe, and a drawer opened for no sale."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import wiring
from app.identity.roles import Role
from app.kernel import audit, clock
from app.kernel.audit import AuditEntry
from app.kernel.db import Database
from app.kernel.errors import Conflict, Forbidden, Refused
from app.kernel.outbox import OutboxItem
from app.payments import (
    booking,
    checks,
    counts,
    drawers,
    issuing,
    journal,
    printing,
    refunds,
    tenders,
    tills,
)
from app.payments.documents import TillReport, imbalances
from app.payments.models import Account, IssuedDocument, Tender, TillSession
from app.payments.states import AttemptState
from tests.makers.payments import actor, bill, eur, opened, shop

sqlite = pytest.mark.only_on("sqlite")


def report_of(session: Session, closed: TillSession) -> TillReport:
    document = session.get_one(IssuedDocument, closed.z_document_id)
    content = issuing.content_of(document)
    assert content.till is not None
    assert imbalances(content) == []
    return content.till


def facts_of(report: TillReport) -> dict[str, str]:
    return {fact.caption: fact.value for fact in report.counts}


def test_the_z_report_tells_how_many_of_each_note_and_coin(session: Session) -> None:
    place = shop(session)
    drawer = opened(session, place)

    counted = counts.by_pieces(session, place.store.id, {5_000: 3, 2_000: 2, 200: 5, 10: 0})
    tills.close(session, place.cashier, drawer, counted)

    report = report_of(session, drawer)
    assert [(piece.value, piece.pieces) for piece in report.pieces] == [
        (eur(5_000), 3),
        (eur(2_000), 2),
        (eur(200), 5),
    ]
    assert (report.counted, report.difference) == (eur(20_000), eur(0))


@sqlite
def test_the_float_may_be_counted_too(session: Session) -> None:
    place = shop(session)
    float_ = counts.by_pieces(session, place.store.id, {2_000: 5})
    drawer = tills.open_session(session, place.cashier, place.till, float_)

    (row,) = counts.rows_of(session, drawer)

    assert (row.purpose, row.total, row.pieces) == ("opening", eur(10_000), ((eur(2_000), 5),))
    assert journal.cash_in_drawer(session, drawer.id, "EUR") == eur(10_000)


@sqlite
@pytest.mark.parametrize(
    ("pieces", "sentence"), [({300: 1}, "no note or coin"), ({500: 100_001}, "do not fit")]
)
def test_what_no_drawer_holds_is_not_counted(
    session: Session, pieces: dict[int, int], sentence: str
) -> None:
    place = shop(session)
    with pytest.raises(Refused, match=sentence):
        counts.by_pieces(session, place.store.id, pieces)


@sqlite
def test_a_sum_that_its_pieces_do_not_make_is_refused(session: Session) -> None:
    place = shop(session)
    with pytest.raises(Refused, match="notes and coins make"):
        counts.told(session, place.store.id, total=eur(1_001), pieces={500: 2}, field="counted")


def test_a_count_that_was_refused_stays_on_record_and_on_the_z(database: Database) -> None:
    """Who counts until it fits is seen; what was expected is told to nobody."""
    with database.transaction() as session:
        place = shop(session)
        drawer_id = opened(session, place).id
    counts.keep_refused(database, place.cashier, drawer_id, counts.of_sum(eur(19_000)))

    with database.transaction() as session:
        drawer = session.get_one(TillSession, drawer_id)
        tills.close(session, place.cashier, drawer, eur(20_000))
        rows = [(row.total, row.taken) for row in counts.rows_of(session, drawer)]
        facts = facts_of(report_of(session, drawer))

    assert rows == [(eur(19_000), False), (eur(20_000), True)]
    assert facts["Counted before, with a difference"] == "1"
    counts.keep_refused(database, place.cashier, drawer_id, counts.of_sum(eur(1)))
    with database.reading() as session:
        assert len(counts.rows_of(session, session.get_one(TillSession, drawer_id))) == 2


@pytest.mark.parametrize("table", ["till_counts", "counted_pieces", "safe_drops"])
def test_what_was_counted_cannot_be_changed(session: Session, table: str) -> None:
    place = shop(session)
    drawer = opened(session, place)
    drawers.drop_to_safe(session, place.cashier, drawer, eur(5_000), bag="B1")
    tills.close(
        session, place.cashier, drawer, counts.by_pieces(session, place.store.id, {5_000: 3})
    )
    session.commit()
    with pytest.raises(DBAPIError, match="append-only"):
        session.execute(text(f"DELETE FROM {table}"))


def test_a_bag_goes_to_the_safe_once_and_the_z_names_it(session: Session) -> None:
    place = shop(session)
    drawer = opened(session, place)

    drawers.drop_to_safe(session, place.cashier, drawer, eur(15_000), bag=" A-17 ")

    assert journal.cash_in_drawer(session, drawer.id, "EUR") == eur(5_000)
    with pytest.raises(Conflict, match="A-17"):
        drawers.drop_to_safe(session, place.cashier, drawer, eur(1_000), bag="A-17")
    with pytest.raises(Refused, match="so much"):
        drawers.drop_to_safe(session, place.cashier, drawer, eur(5_001), bag="A-18")
    tills.close(session, place.cashier, drawer, eur(5_000))
    assert [(m.reason, m.amount) for m in report_of(session, drawer).movements] == [
        ("Into the safe, bag A-17", eur(-15_000))
    ]


@sqlite
def test_a_drawer_opened_for_no_sale_has_a_reason_and_stands_on_the_z(session: Session) -> None:
    place = shop(session)
    place.till.printer = "file:///dev/null"
    drawer = opened(session, place)

    drawers.open_without_sale(session, place.cashier, drawer, reason="change for the taxi")

    kicks = session.scalars(select(OutboxItem).where(OutboxItem.kind == drawers.KICK)).all()
    assert len(kicks) == 1
    tills.close(session, place.cashier, drawer, eur(20_000))
    assert facts_of(report_of(session, drawer))["Drawer opened for no sale"] == "1"
    session.commit()
    told = session.scalars(
        select(AuditEntry.body).where(AuditEntry.action == "till.drawer_opened")
    ).one()
    assert "change for the taxi" in str(told)


@sqlite
def test_a_drawer_opens_for_nobody_without_a_reason_right_or_printer(session: Session) -> None:
    place = shop(session)
    drawer = opened(session, place)
    with pytest.raises(Refused, match="printer"):
        drawers.open_without_sale(session, place.cashier, drawer, reason="change")
    place.till.printer = "file:///dev/null"
    with pytest.raises(Refused, match="why"):
        drawers.open_without_sale(session, place.cashier, drawer, reason=" ")
    auditor = actor(place.store, Role.AUDITOR)
    with pytest.raises(Forbidden):
        drawers.open_without_sale(session, auditor, drawer, reason="look")


def test_the_z_report_is_made_while_a_refund_runs(session: Session) -> None:
    """Card money that goes back later stands in the till's next session, and nowhere twice."""
    place = shop(session)
    first, owed = opened(session, place), bill(session, place)
    paid = tenders.start_card(
        session, place.cashier, owed, first, amount=eur(10_000), reader_id="tmr_1"
    )
    paid.state, paid.settled_at = AttemptState.CAPTURED, paid.started_at
    assert booking.book_if_possible(session, place.cashier, paid)
    back = refunds.start(
        session, place.cashier, owed, paid, eur(4_000), reason="too much", till_session=first
    )

    tills.close(session, place.cashier, first, eur(20_000))
    second = opened(session, place)
    refunds.pay_out(session, place.cashier, back)
    tills.close(session, place.cashier, second, eur(20_000))

    assert facts_of(report_of(session, first))["Refunds not decided"] == "1"
    returned = [
        [(row.label, row.returned) for row in report_of(session, each).tenders]
        for each in (first, second)
    ]
    assert returned == [[("Card", eur(0))], [("Card", eur(4_000))]]
    assert back.till_session_id == second.id
    session.expire_all()
    assert list(checks.breaches(session)) == []


@sqlite
def test_a_refund_that_ends_while_the_till_is_closed_stands_in_no_session(
    session: Session,
) -> None:
    place = shop(session)
    first, owed = opened(session, place), bill(session, place)
    paid = tenders.start_card(
        session, place.cashier, owed, first, amount=eur(10_000), reader_id="tmr_1"
    )
    paid.state, paid.settled_at = AttemptState.CAPTURED, paid.started_at
    booking.book_if_possible(session, place.cashier, paid)
    back = refunds.start(
        session, place.cashier, owed, paid, eur(4_000), reason="too much", till_session=first
    )
    tills.close(session, place.cashier, first, eur(20_000))

    refunds.pay_out(session, place.cashier, back)

    assert back.till_session_id is None
    assert journal.balance(session, place.store.id, Account.CARD_CLEARING, "EUR") == eur(6_000)
    assert list(checks.breaches(session)) == []


@sqlite
def test_a_till_closes_over_part_paid_bills_and_undecided_cards_and_tells_of_them(
    session: Session,
) -> None:
    """CASH-05: nothing open vanishes, and closing is never refused for it."""
    place = shop(session)
    drawer = opened(session, place)
    part_paid = bill(session, place, reference="repair:1")
    tenders.take_cash(
        session, place.cashier, part_paid, drawer, amount=eur(4_000), tendered=eur(4_000)
    )
    waiting = bill(session, place, reference="repair:2")
    tenders.start_card(
        session, place.cashier, waiting, drawer, amount=eur(10_000), reader_id="tmr_1"
    )

    tills.close(session, place.cashier, drawer, eur(24_000))

    facts = facts_of(report_of(session, drawer))
    assert facts["Bills part paid, carried on"] == "1"
    assert facts["Card payments not decided"] == "1"


def test_a_closing_that_fails_leaves_the_session_open_and_the_books_as_they_were(
    database: Database,
) -> None:
    """CASH-03: all or nothing, whatever breaks after the difference was posted."""
    with database.transaction() as session:
        place = shop(session)
        drawer_id = opened(session, place).id

    with database.writing() as session:
        drawer = session.get_one(TillSession, drawer_id)
        tills.close(session, place.cashier, drawer, eur(19_990), "ten cents fell down")
        session.rollback()

    with database.reading() as session:
        drawer = session.get_one(TillSession, drawer_id)
        assert drawer.closed_at is None
        assert journal.cash_in_drawer(session, drawer_id, "EUR") == eur(20_000)
        assert list(checks.breaches(session)) == []


@sqlite
def test_a_clock_that_was_set_back_ends_no_session_before_what_it_took(session: Session) -> None:
    """Clocks apart: the books stay in order, and the check finds nothing late."""
    place = shop(session)
    now = clock.now()
    with clock.set_to(now):
        drawer, owed = opened(session, place), bill(session, place)
    with clock.set_to(now + timedelta(minutes=5)):
        tenders.take_value(
            session,
            place.cashier,
            owed,
            drawer,
            tender=Tender.STORE_CREDIT,
            amount=eur(100),
            source="credit:1",
        )
    with clock.set_to(now - timedelta(hours=1)):
        tills.close(session, place.cashier, drawer, eur(20_000))

    assert drawer.closed_at == now + timedelta(minutes=5)
    assert list(checks.breaches(session)) == []


@sqlite
def test_the_chain_takes_what_a_sale_is_in_the_end(session: Session) -> None:
    """CASH-07: a bill changed before it was paid is in the chain as it was paid, and proves."""
    place = shop(session)
    drawer = opened(session, place)
    bill(session, place, total_minor=9_999)
    owed = bill(session, place, total_minor=10_000)
    tenders.take_cash(
        session, place.cashier, owed, drawer, amount=eur(10_000), tendered=eur(10_000)
    )
    tills.close(session, place.cashier, drawer, eur(30_000))

    assert list(audit.breaches(session)) == []
    last = session.scalars(
        select(AuditEntry.body).where(AuditEntry.action == "bill.raised_again")
    ).one()
    assert "10000" in str(last)


@sqlite
def test_the_drawer_opens_for_a_part_in_cash_and_for_cash_that_goes_back(session: Session) -> None:
    """What settles a sale opens it with its slip; these have none."""
    wiring.connect()
    place = shop(session)
    place.till.printer = "file:///dev/null"
    drawer, owed = opened(session, place), bill(session, place)
    kicks = select(func.count(OutboxItem.id)).where(OutboxItem.kind == drawers.KICK)

    part = tenders.take_cash(
        session, place.cashier, owed, drawer, amount=eur(4_000), tendered=eur(5_000)
    )
    assert session.scalar(kicks) == 1
    refunds.start(
        session, place.cashier, owed, part, eur(1_000), reason="too much", till_session=drawer
    )
    assert session.scalar(kicks) == 2
    tenders.take_cash(session, place.cashier, owed, drawer, amount=eur(7_000), tendered=eur(7_000))
    assert session.scalar(kicks) == 2


@sqlite
def test_the_z_report_is_printed_at_its_till_and_is_no_copy(session: Session) -> None:
    place = shop(session)
    place.till.printer = "file:///dev/null"
    tills.close(session, place.cashier, opened(session, place), eur(20_000))
    (payload,) = session.scalars(
        select(OutboxItem.payload).where(OutboxItem.kind == printing.RECEIPT)
    )
    assert '"copy":false' in payload

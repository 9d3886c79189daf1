"""The books by period, the journal with its filters, both as files, and the day over all tills."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app.identity.roles import Role
from app.kernel import clock
from app.kernel.db import Database
from app.kernel.errors import Forbidden, Refused
from app.kernel.tax import TaxSum
from app.payments import bills, bookfiles, books, dayreport, journal, refunds, tenders, tills
from app.payments.books import ACCOUNT_LABELS, KIND_LABELS, Period, Wanted
from app.payments.models import Account, EntryKind, Tender
from app.stores.models import Till
from tests.makers.payments import Shop, actor, bill, eur, opened, shop

sqlite = pytest.mark.only_on("sqlite")
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)


def sell(session: Session, place: Shop, *, reference: str, minor: int = 11_900) -> None:
    """A sale in cash at the open till, 19 % tax inside."""
    owed = bill(session, place, total_minor=minor, reference=reference)
    drawer = tills.require_open(session, place.till.id)
    tenders.take_cash(session, place.cashier, owed, drawer, amount=eur(minor), tendered=eur(minor))
    tax = minor * 19 // 119
    bills.recognise(
        session,
        place.cashier,
        owed,
        revenue={Account.REVENUE_ROBOTS: minor - tax},
        tax_minor=tax,
        taxes=[TaxSum(1900, net=minor - tax, tax=tax)],
    )


def two_days(session: Session) -> Shop:
    """Monday a sale of 119.00, Tuesday one of 238.00; the till closed in between."""
    place = shop(session)
    with clock.set_to(MONDAY):
        first = opened(session, place)
        sell(session, place, reference="repair:1")
        tills.close(session, place.cashier, first, eur(31_900))
    with clock.set_to(TUESDAY):
        opened(session, place)
        sell(session, place, reference="repair:2", minor=23_800)
    return place


def rows_of(
    session: Session, place: Shop, first: datetime, last: datetime
) -> dict[Account, tuple[int, int, int, int]]:
    period = Period(first.date(), last.date())
    return {
        row.account: (row.opening.minor, row.debit.minor, row.credit.minor, row.closing.minor)
        for row in books.trial_balance(session, place.manager, period)
    }


def test_a_periods_balance_opens_with_what_was_before(session: Session) -> None:
    place = two_days(session)

    rows = rows_of(session, place, TUESDAY, TUESDAY)

    assert rows[Account.TAX] == (-1_900, 0, 3_800, -5_700)
    assert rows[Account.REVENUE_ROBOTS] == (-10_000, 0, 20_000, -30_000)
    assert rows[Account.CASH] == (0, 43_800, 0, 43_800)
    assert sum(row[3] for row in rows.values()) == 0


def test_what_came_later_is_not_in_the_balance(session: Session) -> None:
    place = two_days(session)
    rows = rows_of(session, place, MONDAY, MONDAY)
    assert rows[Account.REVENUE_ROBOTS] == (0, 0, 10_000, -10_000)
    period = Period(MONDAY.date(), MONDAY.date())
    (both,) = books.totals(books.trial_balance(session, place.manager, period))
    assert both[0] == both[1]


@sqlite
def test_a_period_does_not_end_before_it_begins() -> None:
    with pytest.raises(Refused, match="before it begins"):
        Period(date(2026, 3, 2), date(2026, 3, 1))


@sqlite
def test_the_books_are_for_those_who_may(session: Session) -> None:
    place = shop(session)
    with pytest.raises(Forbidden):
        books.trial_balance(session, place.cashier, books.this_month(session, place.store.id))
    with pytest.raises(Forbidden):
        books.entries(session, place.cashier, Wanted())
    auditor = actor(place.store, Role.AUDITOR)
    assert books.entries(session, auditor, Wanted()).items == []


@sqlite
@pytest.mark.parametrize("about", ["order:2", "2", "S-2"])
def test_the_journal_is_found_by_what_it_is_about(session: Session, about: str) -> None:
    place = two_days(session)
    ours = bill(session, place, reference="order:2")
    journal.post(
        session,
        store_id=place.store.id,
        kind=EntryKind.WRITE_OFF,
        sides={Account.BAD_DEBT: eur(5), Account.RECEIVABLE: eur(-5)},
        bill_id=ours.id,
    )
    page = books.entries(session, place.manager, Wanted(about=about))
    assert [(entry.kind, entry.reference) for entry in page.items] == [
        (EntryKind.WRITE_OFF, "order:2")
    ]


def test_the_journal_is_asked_by_account_kind_and_days(session: Session) -> None:
    place = two_days(session)
    wanted = Wanted(
        period=Period(MONDAY.date(), MONDAY.date()),
        account=Account.CASH,
        kind=EntryKind.TAKINGS,
    )
    (entry,) = books.entries(session, place.manager, wanted).items
    assert [(side.account, side.debit, side.credit) for side in entry.sides] == [
        (Account.SAFE, eur(31_900), None),
        (Account.CASH, None, eur(31_900)),
    ]


def test_the_journals_pages_follow_one_another_without_gap_or_repetition(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = two_days(session)
    whole = [entry.id for entry in books.entries(session, place.manager, Wanted()).items]
    monkeypatch.setattr("app.web.paging.PAGE", 3)

    read: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = books.entries(session, place.manager, Wanted(), cursor=cursor)
        read += [entry.id for entry in page.items]
        cursor = page.next

    assert read == whole


def test_the_journals_file_has_a_row_for_each_posting_and_adds_up(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.transaction() as session:
        place = two_days(session)
    monkeypatch.setattr(books, "_BATCH", 2)

    text = b"".join(bookfiles.journal(database, place.manager, Wanted())).decode("utf-8-sig")

    head, *rows = [line.strip('"').split('","') for line in text.splitlines()]
    assert tuple(head) == bookfiles.JOURNAL
    assert len(rows) == len({tuple(row[:1] + row[7:]) for row in rows})
    debit, credit = (sum(float(row[at] or 0) for row in rows) for at in (8, 9))
    assert (round(debit, 2), debit) == (round(credit, 2), credit)
    assert debit > 0


@sqlite
def test_no_memo_becomes_a_formula_in_the_file(database: Database) -> None:
    with database.transaction() as session:
        place = shop(session)
        drawer = opened(session, place)
        tills.move_cash(session, place.cashier, drawer, eur(100), "=cmd()")
    text = b"".join(bookfiles.journal(database, place.manager, Wanted())).decode()
    assert '"\'=cmd()"' in text


@sqlite
def test_every_account_and_kind_has_a_name() -> None:
    assert set(ACCOUNT_LABELS) == set(Account)
    assert set(KIND_LABELS) == set(EntryKind)


def test_a_day_over_all_tills(session: Session) -> None:
    place = shop(session)
    second = Till(store_id=place.store.id, name="Till 2")
    session.add(second)
    session.flush()
    with clock.set_to(MONDAY):
        drawer = opened(session, place)
        other = tills.open_session(session, place.cashier, second, eur(0))
        sell(session, place, reference="repair:1")
        owed = bill(session, place, reference="repair:2")
        paid = tenders.take_transfer(
            session, place.cashier, owed, other, amount=eur(10_000), note="T 1"
        )
        refunds.start(session, place.cashier, owed, paid, eur(2_500), reason="too much")
        tills.close(session, place.cashier, drawer, eur(31_890), "ten cents fell down")

        report = dayreport.of(session, place.manager, MONDAY.date())

    assert [(row.till, row.tender, row.net.minor) for row in report.taken] == [
        ("", Tender.TRANSFER, -2_500),
        ("Till 1", Tender.CASH, 11_900),
        ("Till 2", Tender.TRANSFER, 10_000),
    ]
    assert [(row.tender, row.net) for row in report.by_tender] == [
        (Tender.CASH, eur(11_900)),
        (Tender.TRANSFER, eur(7_500)),
    ]
    assert (report.total, report.gross, report.sales) == (eur(19_400), eur(11_900), 1)
    assert [(row.z_report, row.difference) for row in report.drawers] == [
        ("Z-000001", eur(-10)),
        ("", None),
    ]
    assert report.difference == eur(-10)


@sqlite
def test_a_day_without_money_is_empty(session: Session) -> None:
    place = two_days(session)
    report = dayreport.of(session, place.manager, date(2026, 2, 1))
    assert (report.taken, report.drawers, report.sales) == ((), (), 0)
    assert not report.total

"""The books as tables for a spreadsheet or an accountant's program.

Words, days and amounts do not change with the reader's language: they are for machines.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from app.kernel import csvfile
from app.kernel.actor import Actor
from app.kernel.db import Database
from app.kernel.money import Money
from app.payments import books
from app.payments.books import AccountRow, EntryRow, Period, Wanted

JOURNAL = (
    *("entry", "at", "business_day", "kind", "reference", "till_session", "memo"),
    *("account", "debit", "credit", "currency"),
)
BALANCE = ("account", "currency", "opening", "debit", "credit", "closing")
Cell = str | int | Decimal


def journal(database: Database, actor: Actor, wanted: Wanted) -> Iterator[bytes]:
    """One row a posting, in the order of the entries; made as it is read."""
    actor.require("books.view")
    return csvfile.csv_pieces(
        JOURNAL, (_rows(batch) for batch in books.batches(database, actor, wanted))
    )


def balance(rows: Iterable[AccountRow]) -> bytes:
    """One row an account; a debit is positive."""
    return csvfile.csv_bytes(
        BALANCE,
        [
            (
                row.account.value,
                row.opening.currency,
                *(Decimal(each.plain) for each in (row.opening, row.debit, row.credit)),
                Decimal(row.closing.plain),
            )
            for row in rows
        ],
    )


def name_of(what: str, period: Period) -> str:
    return f"{what}-{period.first.isoformat()}-{period.last.isoformat()}.csv"


def _rows(batch: Iterable[EntryRow]) -> Iterator[tuple[Cell, ...]]:
    for entry in batch:
        for side in entry.sides:
            amount = side.debit or side.credit
            yield (
                entry.id,
                entry.at.isoformat(),
                entry.business_day.isoformat(),
                entry.kind.value,
                entry.reference,
                "" if entry.till_session is None else entry.till_session,
                entry.memo,
                side.account.value,
                _cell(side.debit),
                _cell(side.credit),
                amount.currency if amount else "",
            )


def _cell(amount: Money | None) -> Cell:
    return "" if amount is None else Decimal(amount.plain)

"""`quatrefoil export`: the books as files, for an accountant or another program."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from app.identity.house import command_line
from app.kernel.actor import Actor
from app.kernel.db import Database
from app.opened import database_at, store_named
from app.payments import bookfiles, books
from app.payments.books import Period, Wanted
from app.robots.daytext import read_day
from app.settings import Settings

export_commands = typer.Typer(help="The books as files.")
StoreCode = Annotated[
    str, typer.Option("--store", help="Code of the store; needed where there are several.")
]
FirstDay = Annotated[
    str, typer.Option("--from", help="First business day, 2026-01-01; else the month’s first.")
]
LastDay = Annotated[str, typer.Option("--to", help="Last business day; else the store’s day.")]
Target = Annotated[
    Path | None, typer.Option("--out", dir_okay=False, help="The file; else standard output.")
]


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose books, and of which days."""

    database: Database
    house: Actor
    period: Period


@export_commands.command("journal")
def export_journal(
    *, first: FirstDay = "", last: LastDay = "", out: Target = None, store: StoreCode = ""
) -> None:
    """Write every posting of a period as CSV, one row each."""
    with _asked(store, first, last) as asked:
        wanted = Wanted(period=asked.period)
        _write(bookfiles.journal(asked.database, asked.house, wanted), out)


@export_commands.command("balance")
def export_balance(
    *, first: FirstDay = "", last: LastDay = "", out: Target = None, store: StoreCode = ""
) -> None:
    """Write the trial balance of a period as CSV, one row an account."""
    with _asked(store, first, last) as asked:
        with asked.database.reading() as session:
            rows = books.trial_balance(session, asked.house, asked.period)
        _write([bookfiles.balance(rows)], out)


@contextmanager
def _asked(code: str, first: str, last: str) -> Iterator[Asked]:
    with database_at(Settings()) as database:
        with database.reading() as session:
            store = store_named(session, code)
            month = books.this_month(session, store.id)
            house = command_line(store.id)
        end: date = read_day(last, field="to") or month.last
        begin = read_day(first, field="from") or end.replace(day=1)
        yield Asked(database, house, Period(begin, end))


def _write(pieces: Iterable[bytes], out: Path | None) -> None:
    """To a file, or to standard output as the bytes they are."""
    if out is None:
        for piece in pieces:
            typer.echo(piece, nl=False)
        return
    with out.open("wb") as file:
        for piece in pieces:
            file.write(piece)

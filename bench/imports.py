"""How long a file of fifty thousand rows takes from its check to its last row in the ledger."""

import threading
import time
from dataclasses import dataclass

from app.kernel import migrating, workbooks
from app.kernel.actor import Actor
from app.kernel.csvfile import csv_bytes
from app.kernel.db import Database
from app.parts import imports, importwork
from app.parts.import_models import ImportKind
from tests.makers.sales import a_counter

ROWS = 50_000
_PARTS = ("Part number", "Name", "Manufacturer", "Selling price", "Minimum", "Maximum", "Kind")
_STOCK = ("Part number", "Quantity", "Cost")


@dataclass(frozen=True, slots=True)
class Timed:
    """One file: its seconds to be checked, and to be taken in."""

    name: str
    check_s: float
    import_s: float
    taken: int


def measure(url: str) -> list[Timed]:
    """The same store takes a list of parts as CSV, the same again as XLSX, then its stock."""
    rows = [
        [f"P-{number:06}", f"Part {number}", "Bench", "9.90", "2", "10", "actuator"]
        for number in range(ROWS)
    ]
    stock = [[f"p{number:06}", str(number % 7 + 1), "3.20"] for number in range(ROWS)]
    migrating.upgrade(url)
    database = Database(url)
    try:
        with database.transaction() as session:
            actor = a_counter(session).manager
        return [
            _timed(database, actor, ImportKind.PARTS, "parts.csv", csv_bytes(_PARTS, rows)),
            _timed(
                database,
                actor,
                ImportKind.PARTS,
                "the same again as XLSX",
                workbooks.workbook("parts", _PARTS, rows),
            ),
            _timed(database, actor, ImportKind.STOCK, "stock.csv", csv_bytes(_STOCK, stock)),
        ]
    finally:
        database.close()


def _timed(database: Database, actor: Actor, kind: ImportKind, name: str, data: bytes) -> Timed:
    nobody = threading.Event()
    with database.transaction() as session:
        row = imports.stage(session, actor, kind, file_name=name, data=data)
        imports.ask_check(session, actor, row)
        number = row.number
    began = time.perf_counter()
    importwork.run_due(database, nobody)
    checked = time.perf_counter()
    with database.transaction() as session:
        imports.ask_import(session, actor, imports.by_number(session, actor, number))
    importwork.run_due(database, nobody)
    done = time.perf_counter()
    with database.reading() as session:
        row = imports.by_number(session, actor, number)
        taken = row.rows_new + row.rows_changed + row.rows_same
        return Timed(name, checked - began, done - checked, taken)

"""`quatrefoil check`: what must always hold, proved on a database as it is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.calibration import (
    certificate_checks,
    equipment_checks,
    import_checks,
    job_checks,
    procedure_checks,
    validity_checks,
)
from app.customers import checks as customers
from app.customers.models import Customer
from app.kernel import audit
from app.kernel.audit import AuditEntry
from app.kernel.db import Base, Database
from app.kernel.filestore import FileStore
from app.parts import buying_checks, catalogue_checks, count_checks, pictures
from app.parts import checks as parts
from app.parts.models import Movement
from app.payments import checks as payments
from app.payments import (
    credit_checks,
    entitlement_checks,
    invoice_checks,
    terms_checks,
    till_checks,
    voucher_checks,
    voucherpapers,
)
from app.payments.models import IssuedDocument, JournalEntry, PaymentAttempt
from app.portal import request_checks
from app.robots import checks as robots
from app.robots import duty_checks
from app.robots.models import Unit
from app.sales import checks as sales
from app.sales import quote_checks, return_checks, tradein_checks
from app.sales.models import Order
from app.service import checks as service
from app.service import estimate_checks, planning_checks, work_checks
from app.service.models import Ticket
from app.survey import checks as survey
from app.survey.models import SurveyAnswer

Proof = Callable[[Session], Iterator[str]]

# One line per breach, each naming its domain first.
PROOFS: tuple[Proof, ...] = (
    audit.breaches,
    customers.breaches,
    robots.breaches,
    parts.breaches,
    catalogue_checks.breaches,
    buying_checks.breaches,
    count_checks.breaches,
    payments.breaches,
    till_checks.breaches,
    terms_checks.breaches,
    credit_checks.breaches,
    voucher_checks.breaches,
    entitlement_checks.breaches,
    invoice_checks.breaches,
    sales.breaches,
    quote_checks.breaches,
    return_checks.breaches,
    tradein_checks.breaches,
    service.breaches,
    estimate_checks.breaches,
    work_checks.breaches,
    planning_checks.breaches,
    request_checks.breaches,
    survey.breaches,
    procedure_checks.breaches,
    equipment_checks.breaches,
    job_checks.breaches,
    import_checks.breaches,
    validity_checks.breaches,
    certificate_checks.breaches,
)
COUNTED: dict[str, type[Base]] = {
    "customers": Customer,
    "robots": Unit,
    "stock movements": Movement,
    "sales": Order,
    "tickets": Ticket,
    "survey answers": SurveyAnswer,
    "payments": PaymentAttempt,
    "journal entries": JournalEntry,
    "documents": IssuedDocument,
    "audit entries": AuditEntry,
}


@dataclass(frozen=True, slots=True)
class Findings:
    """`breaches` is empty when all is well; `counted` says how much was looked at."""

    breaches: list[str]
    counted: dict[str, int]


def prove(database: Database, *, files: FileStore | None = None) -> Findings:
    """Run every proof over one unchanging view of the database, also while the store trades.

    With `files` it is also looked at whether those are there that rows name.
    """
    with database.reading() as session:
        _freeze_view(session)
        return Findings(
            breaches=[
                *(breach for proof in PROOFS for breach in proof(session)),
                *(duty_checks.file_breaches(session, files) if files else ()),
                *(pictures.file_breaches(session, files) if files else ()),
                *(import_checks.file_breaches(session, files) if files else ()),
                *(voucherpapers.file_breaches(session, files) if files else ()),
            ],
            counted={name: _count(session, table) for name, table in COUNTED.items()},
        )


def _freeze_view(session: Session) -> None:
    """SQLite shows one state to a whole transaction anyway; PostgreSQL must be asked to."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def _count(session: Session, table: type[Base]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0

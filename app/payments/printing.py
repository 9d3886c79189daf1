"""Slips at the till's printer: posted with the sale, printed after its commit.

The outbox delivers at least once: a printer that failed half-way prints the slip again.
"""

from sqlalchemy.orm import Session

from app.kernel import outbox
from app.kernel.actor import Actor
from app.kernel.db import Database
from app.kernel.errors import Refused
from app.kernel.text import msg
from app.payments import copies, fiscalsigning
from app.payments.documents import DocumentKind
from app.payments.models import IssuedDocument
from app.payments.receipts import escpos_receipt
from app.stores.models import Till
from app.web.printing import send_to_printer

RECEIPT = "print.receipt"
SLIPS = frozenset(
    {
        DocumentKind.RECEIPT,
        DocumentKind.INVOICE,
        DocumentKind.CREDIT_NOTE,
        DocumentKind.Z_REPORT,
    }
)


def post_slip(
    session: Session,
    document: IssuedDocument,
    *,
    till_id: int,
    open_drawer: bool = False,
    copy: bool = False,
) -> None:
    """Print a document at a till once this transaction is committed.

    `open_drawer` when cash was taken or given. Nothing is printed at a till without a printer.
    """
    if not session.get_one(Till, till_id).printer:
        return
    outbox.post(
        session,
        store_id=document.store_id,
        kind=RECEIPT,
        payload={
            "document_id": document.id,
            "till_id": till_id,
            "open_drawer": open_drawer,
            "copy": copy,
        },
    )


def reprint(session: Session, actor: Actor, document: IssuedDocument, *, till: Till) -> None:
    """Print a slip again, marked as a copy; raises Refused for what has no slip or no printer."""
    if document.kind not in SLIPS:
        raise Refused(msg("This is printed from its PDF."))
    if not till.printer:
        raise Refused(msg("Till {till} has no printer. Open the PDF instead.", till=till.name))
    copies.make(session, actor, document, way=copies.SLIP, till=till.name)
    post_slip(session, document, till_id=till.id, copy=True)


def deliver(database: Database, payload: dict[str, object]) -> None:
    """Print what was posted. Raises Unavailable while the printer does not take it."""
    with database.reading() as session:
        document = session.get_one(IssuedDocument, payload["document_id"])
        till = session.get_one(Till, payload["till_id"])
        content = fiscalsigning.printable(session, document)
    if not till.printer:
        return
    slip = escpos_receipt(
        content,
        drawer_kick=bool(payload["open_drawer"]),
        copy=bool(payload["copy"]),
    )
    send_to_printer(till.printer, slip)

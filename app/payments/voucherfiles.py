"""A claim as files for an authority: a table of its vouchers, and a pack with their papers."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import csvfile
from app.kernel.filestore import FileStore
from app.kernel.money import Money
from app.kernel.uploads import EXTENSIONS
from app.payments import schemes, voucherdesk, voucherpapers
from app.payments.documents import DocumentKind, from_json
from app.payments.models import IssuedDocument
from app.payments.voucher_models import VoucherClaim
from app.payments.voucherdesk import Row

TABLE = (
    *("voucher", "code", "sale", "day", "buyer", "serials", "invoices"),
    *("evidence", "amount", "open", "currency"),
)
# the same content gives the same file
_ZIP_TIME = (2000, 1, 1, 0, 0, 0)


def claim_table(session: Session, claim: VoucherClaim) -> bytes:
    """One row a voucher, with the serial numbers and the invoice of its sale."""
    rows = voucherdesk.rows_of_claim(session, claim)
    papers = _papers(session, claim.store_id, {row.reference for row in rows})
    return csvfile.csv_bytes(TABLE, (_line(row, papers.get(row.reference, [])) for row in rows))


def claim_pack(session: Session, claim: VoucherClaim, files: FileStore) -> bytes:
    """The table and every file, named by voucher and by what it shows."""
    rows = voucherdesk.rows_of_claim(session, claim)
    names = {
        paper.id: paper
        for asked in schemes.papers_of(session, {claim.scheme_id}).values()
        for paper in asked
    }
    there = voucherpapers.of_vouchers(session, [row.voucher.id for row in rows])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr(zipfile.ZipInfo("claim.csv", _ZIP_TIME), claim_table(session, claim))
        for row in rows:
            for count, file in enumerate(there.get(row.voucher.id, []), start=1):
                ending = EXTENSIONS.get(file.media_type, "")
                name = f"voucher-{row.voucher.id}/{names[file.paper_id].position}-{count}{ending}"
                pack.writestr(zipfile.ZipInfo(name, _ZIP_TIME), files.get(file.sha256))
    return packed.getvalue()


def _line(row: Row, documents: Iterable[IssuedDocument]) -> tuple[str | int | Decimal, ...]:
    kept = list(documents)
    return (
        row.voucher.id,
        row.voucher.code,
        row.sale,
        row.voucher.used_on.isoformat(),
        row.customer.name,
        " ".join(dict.fromkeys(_serials(kept))),
        " ".join(document.label for document in kept),
        row.voucher.evidence,
        Decimal(Money(row.voucher.amount_minor, row.voucher.currency).plain),
        Decimal(row.open.plain),
        row.voucher.currency,
    )


def _serials(documents: Iterable[IssuedDocument]) -> Iterator[str]:
    for document in documents:
        for line in from_json(document.content).lines:
            yield from line.serials


def _papers(
    session: Session, store_id: int, references: set[str]
) -> dict[str, list[IssuedDocument]]:
    """The invoices of sales, in one statement."""
    found: dict[str, list[IssuedDocument]] = {}
    for document in session.scalars(
        select(IssuedDocument)
        .where(
            IssuedDocument.store_id == store_id,
            IssuedDocument.reference.in_(references),
            IssuedDocument.kind == DocumentKind.INVOICE,
        )
        .order_by(IssuedDocument.id)
    ):
        found.setdefault(document.reference, []).append(document)
    return found

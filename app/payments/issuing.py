"""Issuing documents: a gapless number per store and kind, and bytes that never change again."""

from collections.abc import Callable

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app.kernel import audit, clock, numbers
from app.kernel.actor import Actor
from app.kernel.canonical import sha256_hex
from app.kernel.errors import NotFound
from app.kernel.text import Text, msg
from app.payments import einvoicing, fiscal
from app.payments.documents import DocumentContent, DocumentKind, Party, from_json, to_json
from app.payments.models import IssuedDocument
from app.stores.models import Store
from app.web.i18n import LANGUAGES

# X reports have no number: they are looked at, not issued.
SERIES: dict[DocumentKind, str] = {
    DocumentKind.RECEIPT: "R",
    DocumentKind.INVOICE: "INV",
    DocumentKind.CREDIT_NOTE: "CN",
    DocumentKind.QUOTE: "Q",
    DocumentKind.HANDOVER: "H",
    DocumentKind.PURCHASE: "P",
    DocumentKind.REMINDER: "D",
    DocumentKind.Z_REPORT: "Z",
}
KIND_LABELS: dict[DocumentKind, Text] = {
    DocumentKind.RECEIPT: msg("Receipt"),
    DocumentKind.INVOICE: msg("Invoice"),
    DocumentKind.CREDIT_NOTE: msg("Credit note"),
    DocumentKind.QUOTE: msg("Quote"),
    DocumentKind.HANDOVER: msg("Handover protocol"),
    DocumentKind.PURCHASE: msg("Purchase note"),
    DocumentKind.REMINDER: msg("Payment reminder"),
    DocumentKind.X_REPORT: msg("X report"),
    DocumentKind.Z_REPORT: msg("Z report"),
}
_REPORTS = frozenset({DocumentKind.X_REPORT, DocumentKind.Z_REPORT})
# more than any series has, and no more than a number's column holds
_MOST_DIGITS = 9

_ABOUT = (
    select(IssuedDocument)
    .where(
        IssuedDocument.store_id == bindparam("store_id"),
        IssuedDocument.reference == bindparam("reference"),
    )
    .order_by(IssuedDocument.id)
)


def issue(
    session: Session,
    actor: Actor,
    *,
    kind: DocumentKind,
    reference: str,
    build: Callable[[str], DocumentContent],
) -> IssuedDocument:
    """Number, freeze and keep a document; `build` gets its label (`R-000123`) and writes it.

    Raises ValueError when the content says another number or kind than it is issued under.
    """
    series = SERIES[kind]
    number = numbers.allot(session, store_id=actor.store_id, series=series)
    label = f"{series}-{number:06d}"
    content = build(label)
    if (content.number, content.kind) != (label, kind):
        raise ValueError(f"{label} was written as {content.kind} {content.number}")
    frozen = to_json(content)
    document = IssuedDocument(
        store_id=actor.store_id,
        kind=kind,
        series=series,
        number=number,
        label=label,
        reference=reference,
        content=frozen,
        sha256=sha256_hex(frozen),
        issued_at=clock.now(),
        issued_by=actor.name,
    )
    session.add(document)
    session.flush()
    einvoicing.keep(session, document, content)
    audit.record(
        session,
        actor,
        "document.issued",
        subject=f"document:{label}",
        after={"reference": reference, "sha256": document.sha256},
    )
    fiscal.ask(session, document)
    return document


def document(session: Session, actor: Actor, document_id: int) -> IssuedDocument:
    """A document of the actor's store; raises NotFound, Forbidden for reports of a till."""
    return _visible(actor, session.get(IssuedDocument, document_id))


def by_label(session: Session, actor: Actor, label: str) -> IssuedDocument:
    """The same by what is printed on it: `INV-000123`."""
    series, _, number = label.rpartition("-")
    if not (number.isascii() and number.isdigit() and len(number) <= _MOST_DIGITS):
        raise NotFound(msg("There is no such document in this store."))
    found = session.scalar(
        select(IssuedDocument).where(
            IssuedDocument.store_id == actor.store_id,
            IssuedDocument.series == series,
            IssuedDocument.number == int(number),
        )
    )
    return _visible(actor, found)


def _visible(actor: Actor, found: IssuedDocument | None) -> IssuedDocument:
    if found is None or found.store_id != actor.store_id:
        raise NotFound(msg("There is no such document in this store."))
    actor.require("till.view" if found.kind in _REPORTS else "orders.view")
    return found


def documents_of(session: Session, store_id: int, reference: str) -> list[IssuedDocument]:
    """What was issued about one thing (`order:1042`), oldest first."""
    return list(session.scalars(_ABOUT, {"store_id": store_id, "reference": reference}))


def content_of(document: IssuedDocument) -> DocumentContent:
    """What stands on it. Raises ValueError when its bytes are not those that were issued."""
    if sha256_hex(document.content) != document.sha256:
        raise ValueError(f"{document.label} is not as it was issued")
    return from_json(document.content)


def seller_of(store: Store) -> Party:
    """The store as it stands at the head of a document."""
    town = " ".join(part for part in (store.postcode, store.city) if part)
    return Party(
        name=store.legal_name,
        address=tuple(row for row in (store.street, town, store.country) if row),
        vat_id=store.vat_id,
        phone=store.phone,
        mail=store.email,
        street=store.street,
        postcode=store.postcode,
        city=store.city,
        country=store.country,
        bank_account=store.bank_account,
    )


def language_of(store: Store) -> str:
    """The language in which the store writes its own papers."""
    return store.language if store.language in LANGUAGES else "en"

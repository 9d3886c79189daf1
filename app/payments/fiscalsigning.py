"""Getting documents signed by the fiscal device, and what their papers say of it."""

from dataclasses import replace

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.kernel import audit, queueing
from app.kernel.actor import Actor
from app.kernel.db import Database
from app.kernel.errors import StoreError, Unavailable
from app.kernel.text import msg
from app.payments import fiscal, issuing
from app.payments.documents import DocumentContent
from app.payments.fiscal import Signed, Statement
from app.payments.fiscal_models import UNSIGNED_SQL, FiscalSignature, SignatureState
from app.payments.models import IssuedDocument
from app.web.i18n import speech

_MOST_AGAIN = 500


def deliver(database: Database, payload: dict[str, object]) -> None:
    """Ask the device about one document, outside any transaction; asking twice signs once.

    Raises Unavailable while it does not sign, so that it is asked again.
    """
    with database.reading() as session:
        document = session.get_one(IssuedDocument, payload["document_id"])
        found = _of(session, document.id)
        content = issuing.content_of(document)
    if found is None or found.state is SignatureState.SIGNED:
        return
    try:
        signed = fiscal.signer().sign(Statement(document.label, document.sha256, content))
    except (StoreError, OSError) as error:
        why = str(error)[:200] or type(error).__name__
        _keep(database, document, refused=why)
        raise Unavailable(msg("The fiscal device did not sign: {why}", why=why)) from error
    _keep(database, document, signed=signed)


def ask_again(session: Session, actor: Actor) -> int:
    """Ask about everything that is not signed, after the device was mended; how many."""
    actor.require("payments.reconcile")
    waiting = session.scalars(
        select(FiscalSignature)
        .where(FiscalSignature.store_id == actor.store_id, text(UNSIGNED_SQL))
        .order_by(FiscalSignature.id)
        .limit(_MOST_AGAIN)
    ).all()
    for each in waiting:
        fiscal.post(session, each.store_id, each.document_id)
    audit.record(
        session, actor, "fiscal.asked_again", subject="fiscal", after={"documents": len(waiting)}
    )
    return len(waiting)


def printable(session: Session, document: IssuedDocument) -> DocumentContent:
    """A document as it is printed: with what the device said of it, or why it said nothing.

    The content that was issued stays as it is; without a device nothing is added.
    """
    content = issuing.content_of(document)
    found = _of(session, document.id)
    if found is None:
        return content
    said = speech(content.language, content.zone)
    if found.state is SignatureState.UNSIGNED or found.signed_at is None:
        is_new = found.reason == fiscal.NOT_ASKED
        why = said.say(fiscal.NOT_ANSWERED) if is_new else found.reason
        rows = (said.say(msg("Not signed by the fiscal device: {why}", why=why)),)
        return replace(content, fiscal=rows)
    facts = (
        (msg("Fiscal device"), found.serial),
        (msg("Transaction"), found.transaction_number),
        (msg("Signature counter"), found.counter),
        (msg("Signed"), said.datetime(found.signed_at)),
        (msg("Signature"), found.signature),
    )
    return replace(content, fiscal=tuple(f"{said.say(word)} {value}" for word, value in facts))


def _of(session: Session, document_id: int) -> FiscalSignature | None:
    return session.scalar(select(FiscalSignature).where(FiscalSignature.document_id == document_id))


def _keep(
    database: Database, document: IssuedDocument, *, signed: Signed | None = None, refused: str = ""
) -> None:
    with database.transaction() as session:
        queueing.enter(session, document.store_id)
        row = session.scalars(
            select(FiscalSignature).where(FiscalSignature.document_id == document.id)
        ).one()
        if row.state is SignatureState.SIGNED:
            return
        row.tries += 1
        if signed is None:
            row.reason = refused
            return
        row.state, row.reason = SignatureState.SIGNED, ""
        row.serial, row.transaction_number = signed.serial, signed.transaction
        row.counter, row.signature = signed.counter, signed.signature
        row.signed_at = signed.signed_at
        audit.record(
            session,
            Actor(store_id=document.store_id, name="fiscal device", role="house"),
            "document.signed",
            subject=f"document:{document.label}",
            after={"transaction": signed.transaction},
        )

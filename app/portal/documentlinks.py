"""Keys to issued papers: a letter leads to the receipt, and to nothing else."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.identity.secrets import new_token, token_hash
from app.kernel import clock
from app.kernel.errors import NotFound
from app.kernel.text import msg
from app.messaging import delivery
from app.payments import issuing
from app.payments.documents import DocumentKind
from app.payments.models import IssuedDocument
from app.portal.owner_models import DocumentLink

Link = Callable[[], str]
_LASTS = timedelta(days=365)
_LONGEST = 100
_RECEIPTS = (DocumentKind.INVOICE, DocumentKind.RECEIPT)


def of_reference(session: Session, store_id: int, reference: str) -> Link:
    """The newest invoice or receipt about a sale, by a key that is made when it is asked for."""

    def made() -> str:
        papers = [
            document
            for document in issuing.documents_of(session, store_id, reference)
            if document.kind in _RECEIPTS
        ]
        if not papers:
            return ""
        return f"{delivery.start_of(session)}/d/{_new(session, papers[-1])}"

    return made


def document_of(session: Session, key: str) -> IssuedDocument:
    """The paper that a key opens; raises NotFound, in the same words whatever was guessed."""
    found = None
    if 0 < len(key) <= _LONGEST:
        found = session.scalar(
            select(IssuedDocument)
            .join(DocumentLink, DocumentLink.document_id == IssuedDocument.id)
            .where(
                DocumentLink.token_hash == token_hash(key), DocumentLink.expires_at > clock.now()
            )
        )
    if found is None:
        raise NotFound(msg("There is no paper at this address."))
    return found


def _new(session: Session, document: IssuedDocument) -> str:
    key, now = new_token(), clock.now()
    session.add(
        DocumentLink(
            store_id=document.store_id,
            document_id=document.id,
            token_hash=token_hash(key),
            made_at=now,
            expires_at=now + _LASTS,
        )
    )
    session.flush()
    return key

"""A national fiscal device, where a country asks for one, behind one interface.

A device signs each document that is issued to a customer, and each Z report. It is asked after the
commit, as the card service is: a sale never waits for it, and what it did not sign says so, with
the reason, until it does. The house ships no device and is certified by nobody; without one
(`NullSigner`) nothing is signed and no paper says that anything was.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from app.kernel import outbox
from app.kernel.errors import Unavailable
from app.kernel.text import msg
from app.payments.documents import DocumentContent, DocumentKind
from app.payments.fiscal_models import FiscalSignature
from app.payments.models import IssuedDocument

SIGN = "fiscal.sign"
SIGNED_KINDS = frozenset(
    {
        DocumentKind.RECEIPT,
        DocumentKind.INVOICE,
        DocumentKind.CREDIT_NOTE,
        DocumentKind.Z_REPORT,
    }
)
# Kept as the reason until the device was asked for the first time; shown as the sentence below.
NOT_ASKED = "not asked"
NOT_ANSWERED = msg("The device has not answered yet.")


@dataclass(frozen=True, slots=True)
class Statement:
    """What a device signs: a document by its label, its digest, and all that stands on it."""

    label: str
    sha256: str
    content: DocumentContent


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What it answers; printed as it is."""

    serial: str
    transaction: str
    counter: str
    signature: str
    signed_at: datetime


class Signer(Protocol):
    """A device. `name` is empty where there is none."""

    @property
    def name(self) -> str: ...

    def sign(self, statement: Statement) -> Signed:
        """Sign, once per label: asked again, the device gives the same answer.

        Raises Unavailable while it cannot; the sentence is kept and shown.
        """


class NullSigner:
    """No device."""

    name = ""

    def sign(self, statement: Statement) -> Signed:
        raise Unavailable(
            msg("No fiscal device is set up; {label} is not signed.", label=statement.label)
        )


_NONE: Signer = NullSigner()
_signer: Signer = _NONE


def sign_by(signer: Signer | None) -> None:
    """Say (in `app.wiring`, or where a device is plugged in) who signs; None: nobody."""
    global _signer  # noqa: PLW0603 - one device a process, named at its start
    _signer = signer or _NONE


def signer() -> Signer:
    return _signer


def ask(session: Session, document: IssuedDocument) -> None:
    """Have a document signed once this transaction is committed, where there is a device."""
    device = signer()
    if not device.name or document.kind not in SIGNED_KINDS:
        return
    session.add(
        FiscalSignature(
            store_id=document.store_id,
            document_id=document.id,
            device=device.name,
            reason=NOT_ASKED,
        )
    )
    session.flush()
    post(session, document.store_id, document.id)


def post(session: Session, store_id: int, document_id: int) -> None:
    outbox.post(session, store_id=store_id, kind=SIGN, payload={"document_id": document_id})

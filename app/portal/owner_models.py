"""What an owner asks for from the robot's page, and the keys to papers that letters carry."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.customers.models import Customer
from app.kernel.db import Base, Key, LongText
from app.kernel.text import Text, msg
from app.robots.models import Unit
from app.service.models import Ticket


class RequestKind(StrEnum):
    SERVICE = "service"
    TRANSFER = "transfer"


class RequestState(StrEnum):
    OPEN = "open"
    TAKEN = "taken"
    DECLINED = "declined"


KIND_LABELS: dict[RequestKind, Text] = {
    RequestKind.SERVICE: msg("Service"),
    RequestKind.TRANSFER: msg("Transfer of ownership"),
}
STATE_LABELS: dict[RequestState, Text] = {
    RequestState.OPEN: msg("Waits for the store"),
    RequestState.TAKEN: msg("Taken over"),
    RequestState.DECLINED: msg("Declined"),
}
STATE_TONES: dict[RequestState, str] = {
    RequestState.OPEN: "hold",
    RequestState.TAKEN: "ok",
    RequestState.DECLINED: "bad",
}
_OPEN_TRANSFER = text("kind = 'transfer' AND state = 'open'")


class OwnerRequest(Base):
    """What the owner of a robot wants of the store, until somebody takes it over or declines it.

    A transfer names who is to have the robot; their name and address are forgotten with a refusal.
    """

    __tablename__ = "owner_requests"
    __table_args__ = (
        UniqueConstraint("store_id", "number"),
        UniqueConstraint("form_key"),
        CheckConstraint("kind IN ('service', 'transfer')", name="kind_known"),
        CheckConstraint("state IN ('open', 'taken', 'declined')", name="state_known"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided_once"),
        CheckConstraint("ticket_id IS NULL OR kind = 'service'", name="ticket_of_service"),
        Index(
            "uq_owner_requests_transfer",
            "unit_id",
            unique=True,
            sqlite_where=_OPEN_TRANSFER,
            postgresql_where=_OPEN_TRANSFER,
        ),
        Index("ix_owner_requests_state", "store_id", "state", "id"),
        Index("ix_owner_requests_newest", "store_id", "id"),
        Index("ix_owner_requests_unit", "unit_id", "id"),
        Index("ix_owner_requests_customer", "customer_id", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    number: Mapped[int] = mapped_column(Integer)
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    # whose word it is: the owner at that time
    ownership_id: Mapped[int] = mapped_column(ForeignKey("ownerships.id"))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    kind: Mapped[RequestKind]
    # of the form that was sent: sent twice, it asks once
    form_key: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    state: Mapped[RequestState] = mapped_column(default=RequestState.OPEN)
    words: Mapped[LongText] = mapped_column(default="")
    new_name: Mapped[str] = mapped_column(String(200), default="")
    new_email: Mapped[str] = mapped_column(String(200), default="")
    decided_at: Mapped[datetime | None] = mapped_column(default=None)
    decided_by: Mapped[str] = mapped_column(default="")
    why: Mapped[LongText] = mapped_column(default="")
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"), default=None)

    unit: Mapped[Unit] = relationship(init=False, lazy="raise", viewonly=True)
    customer: Mapped[Customer] = relationship(init=False, lazy="raise", viewonly=True)
    ticket: Mapped[Ticket | None] = relationship(init=False, lazy="raise", viewonly=True)


class OwnerRequestPhoto(Base):
    """A picture in the file store, written anew so that only its dots are kept."""

    __tablename__ = "owner_request_photos"
    __table_args__ = (Index("ix_owner_request_photos_request", "request_id", "id"),)

    id: Mapped[Key] = mapped_column(init=False)
    request_id: Mapped[int] = mapped_column(ForeignKey("owner_requests.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class DocumentLink(Base):
    """A key that opens one issued paper, as a letter carries it; of the key only a hash is kept."""

    __tablename__ = "document_links"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index("ix_document_links_document", "document_id", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    document_id: Mapped[int] = mapped_column(ForeignKey("issued_documents.id"))
    token_hash: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]

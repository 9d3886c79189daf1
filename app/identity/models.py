"""Who works here, at which terminals, and which programs may call."""

from datetime import datetime

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.identity.roles import Role
from app.kernel.db import Base, Key


class Staff(Base):
    """A person of the store. Never deleted: documents name them; only disabled."""

    __tablename__ = "staff"
    __table_args__ = (
        UniqueConstraint("login_key"),
        UniqueConstraint("badge_hash"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    login: Mapped[str] = mapped_column(String(64))
    login_key: Mapped[str] = mapped_column(String(64))
    name: Mapped[str]
    role: Mapped[Role]
    password_hash: Mapped[str]
    pin_hash: Mapped[str | None] = mapped_column(default=None)
    # SHA-256 of the badge's code: a long random text, so a plain hash cannot be guessed back
    badge_hash: Mapped[str | None] = mapped_column(String(64), default=None)
    disabled_at: Mapped[datetime | None] = mapped_column(default=None)
    language: Mapped[str | None] = mapped_column(String(8), default=None)
    theme: Mapped[str] = mapped_column(String(8), default="auto")
    # None: as the terminal says
    density: Mapped[str | None] = mapped_column(String(8), default=None)
    sounds: Mapped[bool] = mapped_column(Boolean, default=True)
    letter_keys: Mapped[bool] = mapped_column(Boolean, default=True)


class Terminal(Base):
    """A device that a manager enrolled; only there a PIN or badge is enough."""

    __tablename__ = "terminals"
    __table_args__ = (UniqueConstraint("token_hash"),)

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    name: Mapped[str] = mapped_column(String(40))
    till_id: Mapped[int | None] = mapped_column(ForeignKey("tills.id"), default=None)
    token_hash: Mapped[str] = mapped_column(String(64))
    density: Mapped[str] = mapped_column(String(8), default="touch")
    enrolled_by_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    enrolled_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)


class StaffSession(Base):
    """One person's stay at one browser. The cookie's value is kept only as a hash."""

    __tablename__ = "staff_sessions"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        Index("ix_staff_sessions_staff", "staff_id", "ended_at"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    token_hash: Mapped[str] = mapped_column(String(64))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    terminal_id: Mapped[int | None] = mapped_column(ForeignKey("terminals.id"), default=None)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    # The person left the screen on purpose; the next touch asks who is there.
    locked_at: Mapped[datetime | None] = mapped_column(default=None)
    ended_at: Mapped[datetime | None] = mapped_column(default=None)


class WrongTries(Base):
    """Wrong tries in a row against one door; they outlive a restart.

    `subject` names the door: a login (hashed, whether anybody has it or not), a person's PIN, a
    terminal's badge box. So whoever tries passwords from afar cannot lock the PIN at the counter.
    """

    __tablename__ = "wrong_tries"
    __table_args__ = (
        UniqueConstraint("subject"),
        CheckConstraint("tries >= 0", name="tries_counted"),
        Index("ix_wrong_tries_last_at", "last_at"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    subject: Mapped[str] = mapped_column(String(100))
    tries: Mapped[int] = mapped_column(Integer)
    last_at: Mapped[datetime]
    locked_until: Mapped[datetime | None] = mapped_column(default=None)


class ApiToken(Base):
    """A program's key to `/api/v1`; shown once, kept as a hash."""

    __tablename__ = "api_tokens"
    __table_args__ = (UniqueConstraint("token_hash"),)

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    name: Mapped[str]
    role: Mapped[Role]
    token_hash: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None] = mapped_column(default=None)

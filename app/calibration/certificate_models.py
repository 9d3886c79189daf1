"""Issued certificates: frozen bytes in a chain. Triggers refuse any change."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.calibration.job_models import CalibrationJob
from app.kernel.db import Base, Key, LongText
from app.robots.models import new_passport_code


class CertificateKind(StrEnum):
    ORIGINAL = "original"
    AMENDMENT = "amendment"
    REPLACEMENT = "replacement"


class CalibrationCertificate(Base):
    """A certificate as issued. `snapshot` is canonical JSON, everything that is printed.

    `sha256` is over the snapshot's bytes; `previous_sha256` over everything that the store's
    certificate before it is known by, its own link included. Current is what nothing supersedes
    and nobody withdrew.
    """

    __tablename__ = "calibration_certificates"
    __table_args__ = (
        UniqueConstraint("store_id", "sequence"),
        UniqueConstraint("store_id", "number"),
        UniqueConstraint("supersedes_id"),
        UniqueConstraint("code"),
        CheckConstraint(
            "(kind = 'original') = (supersedes_id IS NULL)", name="original_or_supersedes"
        ),
        CheckConstraint("kind = 'original' OR reason <> ''", name="changed_for_a_reason"),
        Index("ix_calibration_certificates_unit", "unit_id", "id"),
        Index("ix_calibration_certificates_job", "job_id", "id"),
        Index("ix_calibration_certificates_newest", "store_id", "id"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    # Place in the store's chain, gapless
    sequence: Mapped[int] = mapped_column(Integer)
    # As printed, such as `C-2026-00017` or its revision `C-2026-00017/2`
    number: Mapped[str] = mapped_column(String(40))
    job_id: Mapped[int] = mapped_column(ForeignKey("calibration_jobs.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    kind: Mapped[CertificateKind] = mapped_column(default=CertificateKind.ORIGINAL)
    supersedes_id: Mapped[int | None] = mapped_column(
        ForeignKey("calibration_certificates.id", name="fk_calibration_certificates_supersedes"),
        default=None,
    )
    reason: Mapped[LongText] = mapped_column(default="")
    snapshot: Mapped[LongText]
    sha256: Mapped[str] = mapped_column(String(64))
    previous_sha256: Mapped[str] = mapped_column(String(64))
    # One language, or two side by side: `en`, `de,zh`, …
    languages: Mapped[str] = mapped_column(String(16))
    pdf: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    pdf_sha256: Mapped[str] = mapped_column(String(64))
    dcc: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    dcc_sha256: Mapped[str] = mapped_column(String(64))
    is_signed_xml: Mapped[bool] = mapped_column(Boolean, default=False)
    # Whether the customer agreed that a due date is printed (ISO/IEC 17025 7.8.4.3)
    is_interval_agreed: Mapped[bool] = mapped_column(Boolean, default=False)
    due_on: Mapped[date | None] = mapped_column(default=None)
    issued_at: Mapped[datetime]
    issued_by: Mapped[str]
    issuer_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), default=None)
    # 130 random bits for the public check (`/c/…`)
    code: Mapped[str] = mapped_column(String(32), default_factory=new_passport_code)

    job: Mapped[CalibrationJob] = relationship(init=False, lazy="raise")


class CertificateWithdrawal(Base):
    """A certificate no longer holds and nothing took its place. Append-only."""

    __tablename__ = "certificate_withdrawals"
    __table_args__ = (
        UniqueConstraint("certificate_id"),
        CheckConstraint("reason <> ''", name="for_a_reason"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    certificate_id: Mapped[int] = mapped_column(
        ForeignKey("calibration_certificates.id", name="fk_certificate_withdrawals_certificate")
    )
    reason: Mapped[LongText]
    at: Mapped[datetime]
    by: Mapped[str]

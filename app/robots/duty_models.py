"""What is owed around a robot: warranty, contracts, documents, data. Bulletins stand apart."""

from datetime import date, datetime
from enum import StrEnum

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

from app.kernel.db import Base, Key, LongText

_CODE = String(64)
_REFERENCE = String(64)


class Buyers(StrEnum):
    """For which owners a maker's terms are written."""

    EVERYBODY = "everybody"
    PERSONS = "persons"
    COMPANIES = "companies"


class PaperKind(StrEnum):
    """What can start a warranty (as in warranty_terms.StartBasis), or widens it."""

    RECEIPT = "receipt"
    INVOICE = "invoice"
    WARRANTY_CARD = "warranty_card"
    ACTIVATION = "activation"
    MANUFACTURE = "manufacture"
    ENTITLEMENT = "entitlement"


class FileKind(StrEnum):
    """What a document proves. `ai_class` is no file: a model's class under the EU AI Act."""

    CONFORMITY = "conformity"
    INCORPORATION = "incorporation"
    INSTRUCTIONS = "instructions"
    LABEL = "label"
    BATTERY = "battery"
    AI_CLASS = "ai_class"
    OTHER = "other"


class AiRole(StrEnum):
    """What the store is for a model: Regulation (EU) 2024/1689, article 3 (3) to (7)."""

    PROVIDER = "provider"
    DEPLOYER = "deployer"
    REPRESENTATIVE = "representative"
    IMPORTER = "importer"
    DISTRIBUTOR = "distributor"


class AiRisk(StrEnum):
    """Regulation (EU) 2024/1689: articles 5, 6, 50, and whatever is in none of them."""

    PROHIBITED = "prohibited"
    HIGH = "high"
    TRANSPARENCY = "transparency"
    MINIMAL = "minimal"


class DataDuty(StrEnum):
    """What was said or done about the data in a robot."""

    BACKUP_CONSENT = "backup_consent"
    BACKUP_REFUSED = "backup_refused"
    WIPE = "wipe"


class WarrantyTerms(Base):
    """One version of a maker's terms (JSON of warranty_terms.MakerTerms). Append-only.

    `valid_from` None: for every warranty that began before the next version.
    """

    __tablename__ = "warranty_terms"
    __table_args__ = (UniqueConstraint("maker_id", "terms_key", "version"),)

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    maker_id: Mapped[int] = mapped_column(ForeignKey("makers.id"))
    terms_key: Mapped[str] = mapped_column(_CODE)
    version: Mapped[int] = mapped_column(Integer)
    buyers: Mapped[Buyers]
    valid_from: Mapped[date | None]
    terms: Mapped[LongText]
    sha256: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime]
    made_by: Mapped[str]


class WarrantyPaper(Base):
    """A day that a warranty may start on, or an entitlement, and where it is from. Append-only.

    Of one kind the newest row counts.
    """

    __tablename__ = "warranty_papers"
    __table_args__ = (
        Index("ix_warranty_papers_unit", "unit_id", "id"),
        CheckConstraint("(kind = 'entitlement') = (entitlement <> '')", name="names_entitlement"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    kind: Mapped[PaperKind]
    day: Mapped[date]
    entitlement: Mapped[str] = mapped_column(_CODE, default="")
    source: Mapped[str] = mapped_column(default="")
    link: Mapped[LongText] = mapped_column(default="")
    at: Mapped[datetime]
    by: Mapped[str]


class ExclusionEvidence(Base):
    """Something seen on a robot that its maker's terms may exclude, `code` as the terms name it.

    With a slot it belongs to what sat there on that day; without, to the robot as a whole.
    """

    __tablename__ = "exclusion_evidence"
    __table_args__ = (Index("ix_exclusion_evidence_unit", "unit_id", "id"),)

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    code: Mapped[str] = mapped_column(_CODE)
    slot_id: Mapped[int | None] = mapped_column(ForeignKey("slots.id"), default=None)
    # False: a suspicion
    confirmed: Mapped[bool] = mapped_column(Boolean)
    seen_on: Mapped[date]
    note: Mapped[LongText] = mapped_column(default="")
    # A photo in the file store; empty: none was taken.
    photo_sha256: Mapped[str] = mapped_column(String(64), default="")
    reference: Mapped[str] = mapped_column(_REFERENCE, default="")
    at: Mapped[datetime]
    by: Mapped[str]
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)
    withdrawn_by: Mapped[str] = mapped_column(default="")
    withdrawal_reason: Mapped[str] = mapped_column(default="")


class PartPayer(Base):
    """Who paid for a part that was put in as a replacement. Append-only, the newest row counts."""

    __tablename__ = "part_payers"
    __table_args__ = (Index("ix_part_payers_occupant", "occupant_id", "id"),)

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    occupant_id: Mapped[int] = mapped_column(ForeignKey("occupants.id"))
    # False: the customer bought it
    under_warranty: Mapped[bool] = mapped_column(Boolean)
    reference: Mapped[str] = mapped_column(_REFERENCE, default="")
    at: Mapped[datetime]
    by: Mapped[str]


class ServiceContract(Base):
    """A plan that pays for work on one robot, from and to the days given, both included.

    `component_classes`: slot classes parted by commas; empty: all. `visits` None: without limit.
    """

    __tablename__ = "service_contracts"
    __table_args__ = (
        UniqueConstraint("store_id", "number"),
        Index("ix_service_contracts_unit", "unit_id", "id"),
        CheckConstraint("until >= since", name="in_order"),
        CheckConstraint("visits IS NULL OR visits > 0", name="visits_positive"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    number: Mapped[int] = mapped_column(Integer)
    name: Mapped[str]
    since: Mapped[date]
    until: Mapped[date]
    component_classes: Mapped[LongText] = mapped_column(default="")
    visits: Mapped[int | None] = mapped_column(Integer, default=None)
    # the sale that it came with
    reference: Mapped[str] = mapped_column(_REFERENCE, default="")
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    ended_on: Mapped[date | None] = mapped_column(default=None)
    end_reason: Mapped[str] = mapped_column(default="")


class ContractVisit(Base):
    """A visit that a contract paid for. Append-only; the same reference counts once."""

    __tablename__ = "contract_visits"
    __table_args__ = (UniqueConstraint("contract_id", "reference"),)

    id: Mapped[Key] = mapped_column(init=False)
    contract_id: Mapped[int] = mapped_column(ForeignKey("service_contracts.id"))
    day: Mapped[date]
    reference: Mapped[str] = mapped_column(_REFERENCE)
    at: Mapped[datetime]
    by: Mapped[str]


class RobotDocument(Base):
    """A document of a model or of one robot: a file in the store of files, or a paper at a place.

    `market` empty: for all; `language` empty: in none in particular.
    """

    __tablename__ = "robot_documents"
    __table_args__ = (
        Index("ix_robot_documents_model", "model_id", "kind"),
        Index("ix_robot_documents_unit", "unit_id", "kind"),
        CheckConstraint("(model_id IS NULL) <> (unit_id IS NULL)", name="of_one_thing"),
        CheckConstraint("(file_sha256 = '') = (media_type = '')", name="file_has_type"),
        CheckConstraint("file_sha256 <> '' OR kept_at <> ''", name="is_somewhere"),
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="in_order"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    model_id: Mapped[int | None] = mapped_column(ForeignKey("robot_models.id"), default=None)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("units.id"), default=None)
    kind: Mapped[FileKind]
    title: Mapped[str]
    version: Mapped[str] = mapped_column(String(64), default="")
    market: Mapped[str] = mapped_column(String(2), default="")
    language: Mapped[str] = mapped_column(String(8), default="")
    valid_from: Mapped[date]
    valid_until: Mapped[date | None] = mapped_column(default=None)
    file_sha256: Mapped[str] = mapped_column(String(64), default="")
    file_name: Mapped[str] = mapped_column(default="")
    media_type: Mapped[str] = mapped_column(String(64), default="")
    kept_at: Mapped[str] = mapped_column(default="")
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)
    withdrawn_by: Mapped[str] = mapped_column(default="")
    withdrawal_reason: Mapped[str] = mapped_column(default="")


class AiClass(Base):
    """A model's role and risk class under the EU AI Act, with the basis. Append-only."""

    __tablename__ = "ai_classes"
    __table_args__ = (Index("ix_ai_classes_model", "model_id", "id"),)

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    model_id: Mapped[int] = mapped_column(ForeignKey("robot_models.id"))
    role: Mapped[AiRole]
    risk: Mapped[AiRisk]
    basis: Mapped[LongText]
    assessed_on: Mapped[date]
    review_on: Mapped[date | None] = mapped_column(default=None)
    at: Mapped[datetime]
    by: Mapped[str]


class DocumentRequirement(Base):
    """That robots need a document before they are handed over in a market (a country, or EU)."""

    __tablename__ = "document_requirements"
    __table_args__ = (Index("ix_document_requirements_market", "market", "id"),)

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    market: Mapped[str] = mapped_column(String(2))
    kind: Mapped[FileKind]
    # None: of every model
    model_id: Mapped[int | None] = mapped_column(ForeignKey("robot_models.id"), default=None)
    language: Mapped[str] = mapped_column(String(8), default="")
    since: Mapped[date]
    basis: Mapped[LongText] = mapped_column(default="")
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    ended_at: Mapped[datetime | None] = mapped_column(default=None)
    ended_by: Mapped[str] = mapped_column(default="")


class DataRecord(Base):
    """A person's word on the data in a robot, or that they were wiped. Append-only.

    `number`: a certificate's, for a wipe.
    """

    __tablename__ = "data_records"
    __table_args__ = (
        UniqueConstraint("store_id", "number"),
        Index("ix_data_records_unit", "unit_id", "id"),
        CheckConstraint("(kind = 'wipe') = (number IS NOT NULL)", name="wipe_is_numbered"),
    )

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("units.id"))
    kind: Mapped[DataDuty]
    number: Mapped[int | None] = mapped_column(Integer, default=None)
    # who consented or refused; for a wipe, whose data they were
    person: Mapped[str] = mapped_column(default="")
    scope: Mapped[LongText] = mapped_column(default="")
    method: Mapped[LongText] = mapped_column(default="")
    reference: Mapped[str] = mapped_column(_REFERENCE, default="")
    at: Mapped[datetime]
    by: Mapped[str]


class ModelFigure(Base):
    """What one source says of a model. Sources that disagree stand side by side."""

    __tablename__ = "model_figures"
    __table_args__ = (Index("ix_model_figures_model", "model_id", "name_key", "id"),)

    id: Mapped[Key] = mapped_column(init=False)
    store_id: Mapped[int] = mapped_column(ForeignKey("stores.id"))
    model_id: Mapped[int] = mapped_column(ForeignKey("robot_models.id"))
    name: Mapped[str]
    name_key: Mapped[str]
    value: Mapped[str]
    unit: Mapped[str] = mapped_column(String(32), default="")
    source: Mapped[str]
    as_of: Mapped[date]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    withdrawn_at: Mapped[datetime | None] = mapped_column(default=None)
    withdrawn_by: Mapped[str] = mapped_column(default="")

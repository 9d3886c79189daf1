"""What measurement announces to its own rooms and to the floors above, in the same transaction."""

from dataclasses import dataclass
from datetime import datetime

from app.calibration.job_models import JobState
from app.kernel.actor import Actor
from app.kernel.events import Event


@dataclass(frozen=True, slots=True)
class EquipmentFoundBad(Event):
    """A reference was wrong within (since, until], by `bias` with its standard uncertainty."""

    actor: Actor
    store_id: int
    equipment_id: int
    certificate_id: int | None
    since: datetime
    until: datetime
    bias: str
    bias_standard: str
    unit: str
    reason: str


@dataclass(frozen=True, slots=True)
class JobMeasured(Event):
    """Everything that the procedure asks for has been read; the review is next."""

    actor: Actor
    store_id: int
    job_id: int
    unit_id: int


@dataclass(frozen=True, slots=True)
class JobReviewed(Event):
    """A second person, or in a store of one the same, stands for what was measured."""

    actor: Actor
    store_id: int
    job_id: int
    unit_id: int


@dataclass(frozen=True, slots=True)
class JobEnded(Event):
    """A job is certified, cancelled or voided."""

    actor: Actor
    store_id: int
    job_id: int
    unit_id: int
    state: JobState
    reason: str


@dataclass(frozen=True, slots=True)
class AsFoundFailed(Event):
    """A robot came in outside its limits; the results that say so, as found."""

    actor: Actor
    store_id: int
    job_id: int
    unit_id: int
    result_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CertificateIssued(Event):
    """A certificate stands, for the first time or in place of another."""

    actor: Actor
    store_id: int
    certificate_id: int
    job_id: int
    unit_id: int

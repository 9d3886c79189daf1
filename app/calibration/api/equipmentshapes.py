"""Reference equipment on the wire."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, Field

from app.calibration.equipment_models import EquipmentHappening, EquipmentState
from app.calibration.typedcertificate import MOST_RESULTS
from app.web.wire import Sent, Words

_Figure = Annotated[str, Field(max_length=60)]
_Long = Annotated[str, Field(max_length=2_000)]


class EquipmentIn(Sent):
    """Figures are texts, as they are kept; months and days are whole numbers as text, or empty."""

    asset_number: Words
    name: Words
    kind: Words
    maker: Words
    type_name: Words
    serial: Words
    unit: Words
    firmware: Words = ""
    location: Words = ""
    resolution: _Figure = ""
    interval_months: _Figure = ""
    check_days: _Figure = ""
    acceptance: _Long = ""
    maintenance: _Long = ""


class StateIn(Sent):
    """`found_bad`: what was measured with it is judged again; `bias` empty: nobody knows."""

    state: Annotated[EquipmentState, Field(strict=False)]
    reason: Words
    found_bad: bool = False
    bias: _Figure = ""
    bias_standard: _Figure = "0"


class CheckIn(Sent):
    passed: bool
    note: _Long = ""


class HappeningIn(Sent):
    kind: Annotated[EquipmentHappening, Field(strict=False)]
    note: _Long


class LineIn(Sent):
    """`error` is the indication minus the reference; phase as_found, as_left or empty."""

    unit: Words
    name: Words = ""
    quantity: Words = ""
    nominal: _Figure = ""
    value: _Figure = ""
    error: _Figure = ""
    expanded: _Figure = ""
    factor: _Figure = "2"
    phase: Words = ""


class CertificateIn(Sent):
    """`as_found_ok` is yes, no or empty for not said; `parents` are ids of references, and
    `sensitivities` says how much of the error of each reaches the piece, in the same order.
    """

    issuer: Words
    number: Words
    calibrated_on: Words
    due_on: Words = ""
    accreditation: Words = ""
    as_found_ok: Words = ""
    adjusted: bool = False
    note: _Long = ""
    results: Annotated[list[LineIn], Field(max_length=MOST_RESULTS)] = []
    parents: Annotated[list[int], Field(max_length=20)] = []
    sensitivities: Annotated[list[_Figure], Field(max_length=20)] = []


class UsersIn(Sent):
    """Ids of the staff who may measure with it; none: everybody who may measure."""

    staff: Annotated[list[int], Field(max_length=500)]


class WithdrawIn(Sent):
    reason: Words


class LineOut(BaseModel):
    name: str
    quantity: str
    unit: str
    nominal: str
    value: str
    error: str
    expanded: str
    factor: str
    phase: str


class EquipmentCertificateOut(BaseModel):
    id: int
    issuer: str
    number: str
    accreditation: str
    calibrated_on: date
    due_on: date | None
    as_found_ok: bool | None
    adjusted: bool
    dcc_sha256: str
    dcc_schema: str
    file_sha256: str
    file_name: str
    withdrawn_at: datetime | None
    results: list[LineOut]


class EquipmentOut(BaseModel):
    """`may_be_used` by whoever asks, now; else `why_not` says why."""

    id: int
    asset_number: str
    name: str
    kind: str
    maker: str
    type_name: str
    serial: str
    firmware: str
    location: str
    unit: str
    resolution: str
    interval_months: int | None
    check_days: int | None
    state: EquipmentState
    state_reason: str
    due_on: date | None


class OneEquipmentOut(EquipmentOut):
    may_be_used: bool
    why_not: str
    users: list[int]
    certificates: list[EquipmentCertificateOut]
    chain: list[str]

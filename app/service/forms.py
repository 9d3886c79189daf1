"""What the pages of service send, from text to typed input."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from app.kernel.canonical import canonical
from app.kernel.errors import Refused
from app.kernel.quantity import row_number
from app.kernel.searchkeys import clean
from app.kernel.signatures import Signed, read_signature
from app.kernel.text import msg
from app.robots.slotforms import read_moment
from app.robots.touches import read_touch
from app.service.diagnosis import DiagnosisInput
from app.service.intake import IntakeInput, Seen
from app.service.states import Backup, TicketState, WaitingReason
from app.web.forms import Reading, StoreForm, Typed

EVIDENCE = "evidence-"
_Word = TypeVar("_Word", bound=StrEnum)


class MoveForm(StoreForm):
    """Where to; `back` is the page to return to."""

    to: Typed = ""
    why: Typed = ""
    version: Typed = ""
    back: Typed = ""

    def read(self) -> tuple[TicketState, int]:
        return word(TicketState, self.to, field="to"), version(self.version)


class WaitForm(StoreForm):
    """For whom it waits; an empty reason: it goes on."""

    reason: Typed = ""
    note: Typed = ""
    back: Typed = ""

    def read(self) -> WaitingReason | None:
        return word(WaitingReason, self.reason, field="reason") if self.reason else None


class NoteForm(StoreForm):
    text: Typed = ""


class ScanForm(StoreForm):
    code: Typed = ""


class BareForm(StoreForm):
    """A button, and nothing more."""


class EditForm(StoreForm):
    """What is written on a ticket. `version` is the one that the page showed."""

    version: Typed = ""
    complaint: Typed = ""
    accessories: Typed = ""
    seal: Typed = ""
    soc_percent: Typed = ""
    brought_by: Typed = ""
    promised_at: Typed = ""
    technician: Typed = ""
    bench_place: Typed = ""
    outcome: Typed = ""
    customer: Typed = ""

    def read(self, zone: str) -> tuple[dict[str, object], int]:
        """The fields that were sent, by the columns' names. Raises Invalid."""
        seen = Reading()
        given: dict[str, object] = {
            "complaint": clean(self.complaint),
            "accessories": canonical(lines_of(self.accessories)).decode(),
            "seal": clean(self.seal),
            "soc_percent": seen.take("soc_percent", lambda: _percent(self.soc_percent), None),
            "brought_by": clean(self.brought_by),
            "promised_at": _moment(seen, "promised_at", self.promised_at, zone),
            "technician_id": row_number(self.technician) if self.technician else None,
            "bench_place": clean(self.bench_place),
            "outcome": clean(self.outcome),
        }
        seen.done()
        sent = self.model_fields_set | {"technician_id"} - (
            set() if "technician" in self.model_fields_set else {"technician_id"}
        )
        return {name: value for name, value in given.items() if name in sent}, version(self.version)


class DiagnosisForm(StoreForm):
    slot: Typed = ""
    symptom: Typed = ""
    cause: Typed = ""
    action: Typed = ""
    note: Typed = ""
    measurement: Typed = ""
    measured_in: Typed = ""

    def read(self) -> DiagnosisInput:
        return DiagnosisInput(
            symptom=clean(self.symptom),
            slot_path=clean(self.slot),
            cause=clean(self.cause),
            action=clean(self.action),
            note=self.note,
            measurement=self.measurement,
            measured_in=self.measured_in,
        )


class CodeForm(StoreForm):
    """A fault code of the store's own, or the one that is left out or taken back."""

    kind: Typed = ""
    code: Typed = ""
    label: Typed = ""


def read_intake(typed: Mapping[str, str], zone: str) -> IntakeInput:
    """Everything of the intake's form but the pictures. Raises Invalid."""
    seen = Reading()

    def text(name: str) -> str:
        return clean(typed.get(name, ""))

    evidence = {
        name.removeprefix(EVIDENCE): _seen(seen, name, value)
        for name, value in typed.items()
        if name.startswith(EVIDENCE) and value
    }
    signer = text("signature_typed")
    given = IntakeInput(
        complaint=text("complaint"),
        brought_by=text("brought_by"),
        accessories=tuple(lines_of(typed.get("accessories", ""))),
        seal=text("seal"),
        soc_percent=seen.take("soc_percent", lambda: _percent(text("soc_percent")), None),
        evidence=evidence,
        backup=seen.take("backup", lambda: _backup(text("backup")), None),
        signed=seen.take(
            "signature",
            lambda: read_signature(signer, typed.get("signature", "")),
            Signed(signer),
        ),
        touch=read_touch(typed, seen),
        promised_at=_moment(seen, "promised_at", text("promised_at"), zone),
        bench_place=text("bench_place"),
    )
    seen.done()
    return given


def word(kind: type[_Word], text: str, *, field: str) -> _Word:
    """One of the words of a list; raises Refused for another."""
    try:
        return kind(text)
    except ValueError:
        raise Refused(msg("Please choose one of the list."), field=field) from None


def version(text: str) -> int:
    """The version that a page showed; raises Refused for none."""
    number = row_number(text)
    if number is None:
        raise Refused(msg("This page is not of this ticket. Open it again."), field="version")
    return number


def lines_of(text: str) -> list[str]:
    """Lines, or what commas part in a single one."""
    lines = text.splitlines()
    parts = lines[0].split(",") if len(lines) == 1 else lines
    return [one for part in parts if (one := clean(part))]


def _seen(seen: Reading, name: str, text: str) -> Seen:
    return seen.take(name, lambda: word(Seen, text, field=name), Seen.NOT_SEEN)


def _moment(seen: Reading, name: str, text: str, zone: str) -> datetime | None:
    return seen.take(name, lambda: read_moment(text, zone, field=name), None)


def _percent(text: str) -> int | None:
    digits = clean(text).removesuffix("%").strip()
    if not digits:
        return None
    if not (digits.isascii() and digits.isdigit() and int(digits[:4]) <= 100):  # noqa: PLR2004
        raise Refused(msg("A charge is between 0 and 100 %."), field="soc_percent")
    return int(digits)


def _backup(text: str) -> Backup | None:
    return word(Backup, text, field="backup") if text else None

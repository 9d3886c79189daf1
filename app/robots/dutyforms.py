"""What the pages of bulletins, warranty, documents and data send."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from app.kernel.errors import Refused
from app.kernel.quantity import parse_quantity
from app.kernel.searchkeys import clean, search_key
from app.kernel.text import msg
from app.robots.aiclasses import ClassInput
from app.robots.bodyplan import SlotClass
from app.robots.bulletin_models import BulletinKind, Outcome
from app.robots.bulletincriteria import MOST_CRITERIA, Criterion
from app.robots.bulletins import BulletinInput
from app.robots.contracts import ContractInput
from app.robots.dataduties import WipeInput
from app.robots.daytext import read_day, required_day
from app.robots.documents import DocumentInput
from app.robots.duty_models import AiRisk, AiRole, Buyers, FileKind, PaperKind
from app.robots.figures import FigureInput
from app.robots.requirements import RequirementInput
from app.robots.warrantypapers import EvidenceInput
from app.web.forms import Reading, StoreForm, Typed

_MOST_DIGITS = 18  # of a number that a row can have
# Stands in for a day that could not be read, until the refusal is told.
_NO_DAY = date(2000, 1, 1)
Word = TypeVar("Word", bound=StrEnum)


class ReasonForm(StoreForm):
    """Why something is withdrawn or ended."""

    reason: Typed = ""


class BulletinForm(StoreForm):
    """Ranges of serials and lots are typed line by line; each is an alternative."""

    maker: Typed = ""
    code: Typed = ""
    title: Typed = ""
    kind: Typed = BulletinKind.RECOMMENDED.value
    issued_on: Typed = ""
    due_on: Typed = ""
    text: Typed = ""
    source: Typed = ""
    model: Typed = ""
    serials: Typed = ""
    revisions: Typed = ""
    firmware: Typed = ""
    part: Typed = ""
    lots: Typed = ""

    def read(self) -> BulletinInput:
        seen = Reading()
        typed = BulletinInput(
            maker_id=seen.take("maker", lambda: _id(self.maker, field="maker"), 0),
            code=self.code,
            title=self.title,
            kind=seen.take("kind", lambda: word(BulletinKind, self.kind, field="kind"),
                           BulletinKind.INFORMATION),
            issued_on=seen.take("issued_on", lambda: required_day(self.issued_on,
                                field="issued_on"), _NO_DAY),
            due_on=seen.take("due_on", lambda: read_day(self.due_on, field="due_on"), None),
            text=self.text,
            source=self.source,
            criteria=self._criteria(seen),
        )  # fmt: skip
        seen.done()
        return typed

    def _criteria(self, seen: Reading) -> tuple[Criterion, ...]:
        model_id = seen.take("model", lambda: optional_id(self.model, field="model"), None)
        serials = _lines(self.serials) or [""]
        lots = _lines(self.lots) or [""]
        if len(serials) * len(lots) > MOST_CRITERIA:
            seen.refuse(
                "serials",
                msg("At most {most} pairs of a range and a lot.", most=MOST_CRITERIA),
            )
            return ()
        return tuple(
            Criterion(
                model_id=model_id,
                serials=span,
                revisions=self.revisions,
                firmware=self.firmware,
                part_number=self.part,
                lot=lot,
            )
            for span in serials
            for lot in lots
        )


class SettleForm(StoreForm):
    outcome: Typed = ""
    reference: Typed = ""
    note: Typed = ""

    def read(self) -> Outcome:
        return word(Outcome, self.outcome, field="outcome")


@dataclass(frozen=True, slots=True)
class TermsInput:
    """For whom terms are, and from when."""

    maker_id: int
    buyers: Buyers
    valid_from: date | None


class TermsForm(StoreForm):
    maker: Typed = ""
    buyers: Typed = Buyers.EVERYBODY.value
    valid_from: Typed = ""

    def read(self) -> TermsInput:
        seen = Reading()
        typed = TermsInput(
            maker_id=seen.take("maker", lambda: _id(self.maker, field="maker"), 0),
            buyers=seen.take(
                "buyers", lambda: word(Buyers, self.buyers, field="buyers"), Buyers.EVERYBODY
            ),
            valid_from=seen.take(
                "valid_from", lambda: read_day(self.valid_from, field="valid_from"), None
            ),
        )
        seen.done()
        return typed


class MakerForm(StoreForm):
    maker: Typed = ""

    def read(self) -> int:
        return _id(self.maker, field="maker")


class PaperForm(StoreForm):
    kind: Typed = PaperKind.RECEIPT.value
    day: Typed = ""
    source: Typed = ""
    entitlement: Typed = ""

    def read(self) -> tuple[PaperKind, date]:
        seen = Reading()
        kind = seen.take("kind", lambda: word(PaperKind, self.kind, field="kind"),
                         PaperKind.RECEIPT)  # fmt: skip
        day = seen.take("day", lambda: required_day(self.day, field="day"), _NO_DAY)
        seen.done()
        return kind, day


class EvidenceForm(StoreForm):
    code: Typed = ""
    slot: Typed = ""
    certainty: Typed = "confirmed"
    seen_on: Typed = ""
    note: Typed = ""
    reference: Typed = ""

    def read(self) -> EvidenceInput:
        return EvidenceInput(
            code=clean(self.code),
            seen_on=required_day(self.seen_on, field="seen_on"),
            confirmed=self.certainty == "confirmed",
            slot_path=clean(self.slot),
            note=self.note,
            reference=self.reference,
        )


class PayerForm(StoreForm):
    """Who paid for a part that was replaced: `warranty` or `customer`."""

    occupant: Typed = ""
    paid: Typed = ""
    reference: Typed = ""

    def read(self) -> tuple[int, bool]:
        if self.paid not in {"warranty", "customer"}:
            raise Refused(msg("Say who paid."), field="paid")
        return _id(self.occupant, field="paid"), self.paid == "warranty"


class ContractForm(StoreForm):
    name: Typed = ""
    since: Typed = ""
    months: Typed = ""
    classes: list[Typed] = []
    visits: Typed = ""

    def read(self) -> ContractInput:
        seen = Reading()
        typed = ContractInput(
            name=self.name,
            since=seen.take("since", lambda: required_day(self.since, field="since"), _NO_DAY),
            months=seen.take("months", lambda: parse_quantity(self.months, field="months"), 1),
            component_classes=seen.take("classes", self._classes, ()),
            visits=seen.take("visits", self._visits, None),
        )
        seen.done()
        return typed

    def _classes(self) -> tuple[SlotClass, ...]:
        return tuple(word(SlotClass, one, field="classes") for one in self.classes)

    def _visits(self) -> int | None:
        return parse_quantity(self.visits, field="visits") if clean(self.visits) else None


class VisitForm(StoreForm):
    reference: Typed = ""


class DocumentForm(StoreForm):
    kind: Typed = FileKind.CONFORMITY.value
    title: Typed = ""
    version: Typed = ""
    market: Typed = ""
    language: Typed = ""
    valid_from: Typed = ""
    valid_until: Typed = ""
    kept_at: Typed = ""

    def read(self) -> DocumentInput:
        seen = Reading()
        typed = DocumentInput(
            kind=seen.take("kind", lambda: word(FileKind, self.kind, field="kind"),
                           FileKind.OTHER),
            title=self.title,
            valid_from=seen.take("valid_from", lambda: required_day(self.valid_from,
                                 field="valid_from"), _NO_DAY),
            valid_until=seen.take("valid_until", lambda: read_day(self.valid_until,
                                  field="valid_until"), None),
            version=self.version,
            market=self.market,
            language=self.language,
            kept_at=self.kept_at,
        )  # fmt: skip
        seen.done()
        return typed


class ClassForm(StoreForm):
    role: Typed = AiRole.DISTRIBUTOR.value
    risk: Typed = AiRisk.HIGH.value
    basis: Typed = ""
    assessed_on: Typed = ""
    review_on: Typed = ""

    def read(self) -> ClassInput:
        seen = Reading()
        typed = ClassInput(
            role=seen.take("role", lambda: word(AiRole, self.role, field="role"),
                           AiRole.DISTRIBUTOR),
            risk=seen.take("risk", lambda: word(AiRisk, self.risk, field="risk"), AiRisk.HIGH),
            basis=self.basis,
            assessed_on=seen.take("assessed_on", lambda: required_day(self.assessed_on,
                                  field="assessed_on"), _NO_DAY),
            review_on=seen.take("review_on", lambda: read_day(self.review_on,
                                field="review_on"), None),
        )  # fmt: skip
        seen.done()
        return typed


class FigureForm(StoreForm):
    name: Typed = ""
    value: Typed = ""
    unit: Typed = ""
    source: Typed = ""
    as_of: Typed = ""

    def read(self) -> FigureInput:
        day = required_day(self.as_of, field="as_of")
        return FigureInput(self.name, self.value, self.unit, self.source, day)


class RequirementForm(StoreForm):
    market: Typed = ""
    kind: Typed = FileKind.CONFORMITY.value
    model: Typed = ""
    language: Typed = ""
    since: Typed = ""
    basis: Typed = ""

    def read(self) -> RequirementInput:
        seen = Reading()
        typed = RequirementInput(
            market=self.market,
            kind=seen.take("kind", lambda: word(FileKind, self.kind, field="kind"),
                           FileKind.OTHER),
            since=seen.take("since", lambda: read_day(self.since, field="since"), None) or _NO_DAY,
            model_id=seen.take("model", lambda: optional_id(self.model, field="model"), None),
            language=self.language,
            basis=self.basis,
        )  # fmt: skip
        seen.done()
        return typed


class WipeForm(StoreForm):
    person: Typed = ""
    scope: Typed = ""
    method: Typed = ""
    reference: Typed = ""

    def read(self) -> WipeInput:
        return WipeInput(self.scope, self.method, self.person, self.reference)


class BackupForm(StoreForm):
    person: Typed = ""
    backup: Typed = ""
    reference: Typed = ""

    def read(self) -> bool:
        """Whether the owner has a backup."""
        if self.backup not in {"yes", "no"}:
            raise Refused(msg("Please answer this."), field="backup")
        return self.backup == "yes"


def word(kind: type[Word], text: str, *, field: str) -> Word:
    """One of the words that a list offers; raises Refused for any other."""
    try:
        return kind(text)
    except ValueError:
        raise Refused(msg("Please choose from the list."), field=field) from None


def optional_id(text: str, *, field: str) -> int | None:
    """The number of something chosen from a list; None for nothing chosen."""
    return _id(text, field=field) if clean(text) else None


def _id(text: str, *, field: str) -> int:
    digits = search_key(text)
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= _MOST_DIGITS):
        raise Refused(msg("Please choose from the list."), field=field)
    return int(digits)


def _lines(text: str) -> list[str]:
    """What was typed line by line, empty lines left out."""
    return [line for raw in text.splitlines() if (line := clean(raw))]

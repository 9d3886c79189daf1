"""A maker's warranty terms as data: what is covered for how long, from when, and what ends it.

Terms are kept as frozen text (`app.kernel.frozen`) and change without a change of code. Each rule
names its clause; a clause says in the store's own words what the maker's text says, and where.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.kernel.errors import Refused
from app.kernel.frozen import thaw
from app.kernel.text import Text, msg

MAX_BYTES = 200_000
MAX_MONTHS = 600
MAX_DAYS = 3_650


class StartBasis(StrEnum):
    """The papers and events that can start a warranty."""

    RECEIPT = "receipt"
    INVOICE = "invoice"
    WARRANTY_CARD = "warranty_card"
    ACTIVATION = "activation"
    MANUFACTURE = "manufacture"


class Reach(StrEnum):
    """How far an exclusion goes: the fault it caused, or everything from then on."""

    FAULT = "fault"
    UNIT = "unit"


class ReplacedPart(StrEnum):
    """What becomes of the term when a part is replaced under warranty."""

    INHERITS = "inherits"
    NEW_TERM = "new_term"
    LONGER = "longer"
    UNSAID = "unsaid"


class DutyKind(StrEnum):
    SHIP_ITEM = "ship_item"
    BACK_UP_DATA = "back_up_data"
    RETURN_OLD_PART = "return_old_part"
    MAKER_SENDS_PART = "maker_sends_part"


@dataclass(frozen=True, slots=True)
class Clause:
    """`code` names it on verdicts and claims; `source` is where the maker publishes it."""

    code: str
    wording: str
    source: str

    @property
    def text(self) -> Text:
        return Text(self.wording.replace("{", "{{").replace("}", "}}"))


@dataclass(frozen=True, slots=True)
class StartRule:
    basis: StartBasis
    plus_days: int = 0


@dataclass(frozen=True, slots=True)
class Cover:
    """A period of cover: it ends with the first of its limits; None is no limit of that kind.

    `component_classes` empty means the whole robot; `only_for` names entitlements of the buyer.
    """

    clause: str
    months: int | None = None
    hours: int | None = None
    cycles: int | None = None
    component_classes: tuple[str, ...] = ()
    only_for: tuple[str, ...] = ()

    def concerns(self, component_class: str) -> bool:
        return not self.component_classes or component_class in self.component_classes


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Evidence that ends cover; where the terms are not clear about it, the maker is asked."""

    evidence: str
    clause: str
    reach: Reach = Reach.FAULT
    component_classes: tuple[str, ...] = ()
    clear: bool = True

    def concerns(self, component_class: str) -> bool:
        return not self.component_classes or component_class in self.component_classes


@dataclass(frozen=True, slots=True)
class Duty:
    """Something to be done around a claim; `days` None is a time agreed claim by claim."""

    kind: DutyKind
    clause: str
    days: int | None = None


@dataclass(frozen=True, slots=True)
class MakerTerms:
    """All terms of one maker for one kind of buyer.

    `start` is in order of precedence; empty means that the published terms do not say it.
    `replaced_months` is the term of a replaced part where it gets one (None: its cover anew),
    `bought_months` that of a part the customer paid for (None: the terms do not say).
    """

    key: str
    maker: str
    clauses: tuple[Clause, ...]
    cover: tuple[Cover, ...]
    start: tuple[StartRule, ...] = ()
    start_clause: str = ""
    exclusions: tuple[Exclusion, ...] = ()
    replaced: ReplacedPart = ReplacedPart.UNSAID
    replaced_clause: str = ""
    replaced_months: int | None = None
    bought_months: int | None = None
    bought_clause: str = ""
    longest_clause: str = ""
    foreign_part_clause: str = ""
    duties: tuple[Duty, ...] = ()

    def clause(self, code: str) -> Clause | None:
        return next((clause for clause in self.clauses if clause.code == code), None)

    def duty(self, kind: DutyKind) -> Duty | None:
        return next((duty for duty in self.duties if duty.kind is kind), None)


def read_terms(data: bytes) -> MakerTerms:
    """Terms from their JSON; refused with a sentence when they do not hold together."""
    if len(data) > MAX_BYTES:
        raise _refused(msg("Warranty terms of more than {most} bytes.", most=MAX_BYTES))
    try:
        terms = thaw(MakerTerms, data)
    except (ValueError, RecursionError) as misfit:
        raise _refused(msg("These are not warranty terms.")) from misfit
    check_terms(terms)
    return terms


def check_terms(terms: MakerTerms) -> None:
    """Refuse terms whose rules name clauses that are not there, or limit nothing."""
    codes = [clause.code for clause in terms.clauses]
    if len(set(codes)) < len(codes):
        raise _refused(msg("Two clauses have the same code."))
    named = [cover.clause for cover in terms.cover]
    named += [exclusion.clause for exclusion in terms.exclusions]
    named += [duty.clause for duty in terms.duties]
    named += filter(
        None,
        (
            terms.start_clause,
            terms.replaced_clause,
            terms.bought_clause,
            terms.longest_clause,
            terms.foreign_part_clause,
        ),
    )
    missing = next((code for code in named if code not in codes), None)
    if missing is not None:
        raise _refused(msg("A rule names the clause {code}, which is not there.", code=missing))
    for cover in terms.cover:
        limits = [limit for limit in (cover.months, cover.hours, cover.cycles) if limit is not None]
        if not limits or min(limits) < 1 or (cover.months or 1) > MAX_MONTHS:
            raise _refused(
                msg("Cover by {code} needs a limit of months, hours or cycles.", code=cover.clause)
            )
    days = [rule.plus_days for rule in terms.start] + [duty.days or 0 for duty in terms.duties]
    months = [count for count in (terms.replaced_months, terms.bought_months) if count is not None]
    if any(not 0 <= count <= MAX_DAYS for count in days) or any(
        not 1 <= count <= MAX_MONTHS for count in months
    ):
        raise _refused(msg("A number of days or months in the terms is out of reason."))


def _refused(message: Text) -> Refused:
    return Refused(message, field="terms")

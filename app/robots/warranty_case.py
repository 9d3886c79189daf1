"""What a warranty verdict is made from, and what it says."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from app.kernel.text import Text
from app.robots.warranty_periods import NEW, Counters, Replacement, StartDates
from app.robots.warranty_terms import Clause, DutyKind, StartBasis


class VerdictKind(StrEnum):
    COVERED = "covered"
    NOT_COVERED = "not_covered"
    ASK_MAKER = "ask_maker"


class PayerKind(StrEnum):
    MAKER_WARRANTY = "maker_warranty"
    CONTRACT = "contract"
    STORE = "store"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Something seen at intake that a maker excludes; `confirmed` False is a suspicion.

    `this_fault` says that it belongs to the fault at hand, not to an old one.
    """

    code: str
    confirmed: bool = True
    this_fault: bool = True


@dataclass(frozen=True, slots=True)
class Claim:
    """How far the matter with the maker has come. `reported_on`: the day cover is judged for."""

    reported_on: date | None = None
    confirmed_on: date | None = None
    agreed_ship_by: date | None = None
    shipped_on: date | None = None
    arrived_on: date | None = None
    new_part_on: date | None = None
    old_part_sent_on: date | None = None


@dataclass(frozen=True, slots=True)
class Contract:
    """A service contract that is in force from and to the days given, both included."""

    number: str
    starts_on: date
    ends_on: date | None = None
    component_classes: tuple[str, ...] = ()
    visits_left: int | None = None

    def pays(self, component_class: str, day: date) -> bool:
        return (
            self.starts_on <= day <= (self.ends_on or date.max)
            and (not self.component_classes or component_class in self.component_classes)
            and self.visits_left != 0
        )


@dataclass(frozen=True, slots=True)
class WarrantyFacts:
    """What is known of the component (or, by class `robot`, of the whole robot) and its claim."""

    component_class: str
    starts: StartDates = field(default_factory=StartDates)
    counters: Counters = field(default_factory=Counters)
    counters_at_start: Counters = NEW
    replacements: tuple[Replacement, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    entitlements: tuple[str, ...] = ()
    of_maker: bool = True
    data_backed_up: bool | None = None
    claim: Claim = field(default_factory=Claim)
    contracts: tuple[Contract, ...] = ()


@dataclass(frozen=True, slots=True)
class ComputedFrom:
    label: Text
    value: date | int


@dataclass(frozen=True, slots=True)
class DutyStatus:
    """`due_on` None: no day can be named (yet). `done` None: nobody has said."""

    kind: DutyKind
    clause: Clause | None
    due_on: date | None
    done: bool | None


@dataclass(frozen=True, slots=True)
class Payer:
    """Who may be asked to pay, best first; not `certain` where somebody must agree first."""

    kind: PayerKind
    reference: str
    certain: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """`clause` decides; `also` are the clauses that its dates rest on."""

    kind: VerdictKind
    clause: Clause | None
    also: tuple[Clause, ...]
    sentence: Text
    judged_for: date
    starts_on: date | None
    start_basis: StartBasis | None
    ends_on: date | None
    ends_at: Counters
    evidence: tuple[str, ...]
    computed_from: tuple[ComputedFrom, ...]
    duties: tuple[DutyStatus, ...]
    payers: tuple[Payer, ...]

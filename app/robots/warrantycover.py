"""A robot's warranty as it stands: facts put together from the records, verdicts computed anew."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.customers.models import Customer, CustomerKind
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.text import msg
from app.robots import bodies, contracts, counters, fittimes, termsbook, warrantypapers
from app.robots.contracts import InForce
from app.robots.counters import Standing as CounterStanding
from app.robots.duty_models import DataDuty, DataRecord, ExclusionEvidence, PartPayer, WarrantyPaper
from app.robots.models import Ownership, Unit
from app.robots.slot_models import Counter, Occupant, Slot
from app.robots.termsbook import TermsOnFile
from app.robots.warranty import (
    Contract,
    Counters,
    Evidence,
    Replacement,
    StartDates,
    Verdict,
    WarrantyFacts,
    warranty_verdict,
)
from app.stores import desk
from app.stores.models import Store

WHOLE_ROBOT = "robot"


@dataclass(frozen=True, slots=True)
class SlotCover:
    """A slot, what sits in it, the verdict; `unsaid`: replaced parts of which nobody said who paid
    (they count as replaced under warranty).
    """

    slot: Slot
    occupant: Occupant | None
    verdict: Verdict
    unsaid: tuple[Occupant, ...]


@dataclass(frozen=True, slots=True)
class Cover:
    """A robot's warranty on a day, with all that it was computed from."""

    day: date
    terms: TermsOnFile | None
    papers: list[WarrantyPaper]
    evidence: list[ExclusionEvidence]
    contracts: list[InForce]
    robot: Verdict
    slots: tuple[SlotCover, ...]

    def of_slot(self, path: str) -> SlotCover:
        """The slot of this path; raises NotFound."""
        found = next((one for one in self.slots if one.slot.path == path), None)
        if found is None:
            raise NotFound(msg("There is no such slot in this robot."), field="slot")
        return found


@dataclass(frozen=True, slots=True)
class _Known:
    """What all verdicts of a robot share."""

    unit: Unit
    store: Store
    day: date
    starts: StartDates
    counters: Counters
    evidence: tuple[ExclusionEvidence, ...]
    entitlements: tuple[str, ...]
    contracts: tuple[Contract, ...]
    data_backed_up: bool | None
    under_warranty: dict[int, bool]
    counters_at_fit: dict[int, Counters]


def cover_of(
    session: Session,
    actor: Actor,
    unit: Unit,
    *,
    on: date | None = None,
    read: Mapping[Counter, CounterStanding] | None = None,
) -> Cover:
    """Verdicts for the robot and each of its slots, on a day (None: the store's today).

    `read`: the robot's counters, if somebody has asked for them already. Nine statements without
    them, however many slots. Nothing of it is stored.
    """
    actor.require("robots.view")
    around = _around(session, unit)
    store = around.store
    day = on or desk.business_day_of(store)
    papers = warrantypapers.papers_of(session, unit.id)
    valid = warrantypapers.in_force(papers)
    starts = warrantypapers.start_dates(valid)
    terms = _binding(session, unit, around.owner, _began(starts) or day)
    _, slots = bodies.plan_with_slots(session, unit)
    stays, under_warranty = _stays(session, unit) if slots else ({}, {})
    evidence = warrantypapers.evidence_of(session, unit.id)
    signed = contracts.of_unit(session, unit.id)
    known = _Known(
        unit=unit,
        store=store,
        day=day,
        starts=starts,
        counters=_counters_now(counters.latest(session, unit.id) if read is None else read),
        evidence=tuple(one for one in evidence if one.withdrawn_at is None),
        entitlements=warrantypapers.entitlements(valid),
        contracts=tuple(one.as_payer() for one in signed),
        data_backed_up=around.backed_up,
        under_warranty=under_warranty,
        counters_at_fit=_counters_at_fit(session, unit, terms) if stays else {},
    )
    return Cover(
        day=day,
        terms=terms,
        papers=papers,
        evidence=evidence,
        contracts=signed,
        robot=_verdict(terms, known, WHOLE_ROBOT, None, ()),
        slots=tuple(_slot_cover(terms, known, slot, stays.get(slot.id, ())) for slot in slots),
    )


def of_whole_robot(session: Session, unit: Unit) -> Verdict:
    """The verdict on the robot as a whole, today: at most six statements."""
    return terms_and_verdict(session, unit)[1]


def terms_and_verdict(session: Session, unit: Unit) -> tuple[TermsOnFile | None, Verdict]:
    """The same, with the terms that it rests on."""
    around = _around(session, unit)
    day = desk.business_day_of(around.store)
    valid = warrantypapers.in_force(warrantypapers.papers_of(session, unit.id))
    starts = warrantypapers.start_dates(valid)
    terms = _binding(session, unit, around.owner, _began(starts) or day)
    seen = warrantypapers.evidence_of(session, unit.id)
    counts = terms is not None and _counts_use(terms)
    known = _Known(
        unit=unit,
        store=around.store,
        day=day,
        starts=starts,
        counters=_counters_now(counters.latest(session, unit.id)) if counts else Counters(),
        evidence=tuple(one for one in seen if one.withdrawn_at is None),
        entitlements=warrantypapers.entitlements(valid),
        contracts=(),
        data_backed_up=around.backed_up,
        under_warranty={},
        counters_at_fit={},
    )
    return terms, _verdict(terms, known, WHOLE_ROBOT, None, ())


def binding_terms(session: Session, unit: Unit) -> TermsOnFile | None:
    """The version of the maker's terms that binds a robot."""
    around = _around(session, unit)
    papers = warrantypapers.in_force(warrantypapers.papers_of(session, unit.id))
    began = _began(warrantypapers.start_dates(papers))
    return _binding(session, unit, around.owner, began or desk.business_day_of(around.store))


def _binding(
    session: Session, unit: Unit, owner: CustomerKind | None, day: date
) -> TermsOnFile | None:
    return termsbook.binding(termsbook.of_maker(session, unit.maker_id), owner=owner, day=day)


def _slot_cover(
    terms: TermsOnFile | None, known: _Known, slot: Slot, stays: Sequence[Occupant]
) -> SlotCover:
    now = next((stay for stay in stays if stay.until is None), None)
    replaced = _replacements(stays, now)
    verdict = _verdict(terms, known, str(slot.slot_class), (slot, now), replaced)
    unsaid = tuple(stay for stay in replaced if stay.id not in known.under_warranty)
    return SlotCover(slot, now, verdict, unsaid)


def _verdict(
    terms: TermsOnFile | None,
    known: _Known,
    component_class: str,
    place: tuple[Slot, Occupant | None] | None,
    replaced: Sequence[Occupant],
) -> Verdict:
    occupant = place[1] if place else None
    facts = WarrantyFacts(
        component_class=component_class,
        starts=known.starts,
        counters=known.counters,
        replacements=tuple(_replacement(known, stay) for stay in replaced),
        evidence=tuple(_evidence(known, place)),
        entitlements=known.entitlements,
        of_maker=_is_of_maker(known.unit, occupant),
        data_backed_up=known.data_backed_up,
        contracts=known.contracts,
    )
    return warranty_verdict(terms.terms if terms else None, facts, on=known.day)


def _replacements(stays: Sequence[Occupant], now: Occupant | None) -> list[Occupant]:
    """The chain of parts that led to the one now in place, without the first of all.

    What was taken out and put back is still the same part; only its first stay counts.
    """
    if now is None:
        return []
    chain: list[Occupant] = []
    for stay in stays:  # oldest first
        if not chain or not _is_same(chain[-1], stay):
            chain.append(stay)
        if _is_same(stay, now):
            break
    return [stay for stay in chain[1:] if not stay.as_built]


def _is_same(one: Occupant, other: Occupant) -> bool:
    """The very component; parts without a serial are the same only in the same stay."""
    return one is other or (one.component_id is not None and one.component_id == other.component_id)


def _replacement(known: _Known, stay: Occupant) -> Replacement:
    return Replacement(
        fitted_on=stay.since.astimezone(ZoneInfo(known.store.zone)).date(),
        under_warranty=known.under_warranty.get(stay.id, True),
        counters=known.counters_at_fit.get(stay.id, Counters()),
    )


def _evidence(known: _Known, place: tuple[Slot, Occupant | None] | None) -> Iterable[Evidence]:
    """What was seen, as it concerns one slot (or, without, the whole robot).

    In this very slot, on this very part, it belongs to the fault. Elsewhere it counts only where
    the terms end cover for the whole robot. On the robot as a whole it is besides a suspicion
    against each part that was in it on that day.
    """
    slot, occupant = place or (None, None)
    for seen in known.evidence:
        came_later = (
            occupant is not None
            and not occupant.as_built
            and occupant.since.astimezone(ZoneInfo(known.store.zone)).date() > seen.seen_on
        )
        of_this = slot is not None and seen.slot_id == slot.id and not came_later
        yield Evidence(seen.code, confirmed=seen.confirmed, this_fault=of_this)
        if seen.slot_id is None and not came_later:
            yield Evidence(seen.code, confirmed=False, this_fault=True)


def _is_of_maker(unit: Unit, occupant: Occupant | None) -> bool:
    component = occupant.component if occupant else None
    return component is None or component.maker_id in {None, unit.maker_id}


def _began(starts: StartDates) -> date | None:
    """Whose version of the terms binds is asked by the first day that is known of the robot."""
    days = (starts.receipt, starts.invoice, starts.warranty_card, starts.activation)
    return min((day for day in days if day is not None), default=None)


@dataclass(frozen=True, slots=True)
class _Around:
    """Whose the robot is, and what the owner said last of a backup; None: nobody asked."""

    store: Store
    owner: CustomerKind | None
    backed_up: bool | None


def _around(session: Session, unit: Unit) -> _Around:
    owner = (
        select(Customer.kind)
        .join(Ownership, Ownership.customer_id == Customer.id)
        .where(Ownership.unit_id == unit.id, Ownership.until.is_(None))
        .scalar_subquery()
    )
    said = (
        select(DataRecord.kind)
        .where(DataRecord.unit_id == unit.id, DataRecord.kind != DataDuty.WIPE)
        .order_by(DataRecord.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    store, kind, backup = session.execute(
        select(Store, owner, said).where(Store.id == unit.store_id)
    ).one()
    backed_up = None if backup is None else backup is DataDuty.BACKUP_CONSENT
    return _Around(store, kind, backed_up)


def _stays(session: Session, unit: Unit) -> tuple[dict[int, list[Occupant]], dict[int, bool]]:
    """Everything that has been in each slot, oldest first, with its component; and, of those of
    which somebody said who paid, whether it was the warranty.
    """
    last_word = (
        select(PartPayer.under_warranty)
        .where(PartPayer.occupant_id == Occupant.id)
        .order_by(PartPayer.id.desc())
        .limit(1)
        .correlate(Occupant)
        .scalar_subquery()
    )
    stays: dict[int, list[Occupant]] = defaultdict(list)
    under_warranty: dict[int, bool] = {}
    rows = session.execute(
        select(Occupant, last_word)
        .where(Occupant.unit_id == unit.id)
        .order_by(Occupant.since, Occupant.id)
        .options(joinedload(Occupant.component))
    )
    for stay, paid in rows:
        stays[stay.slot_id].append(stay)
        if paid is not None:
            under_warranty[stay.id] = paid
    return stays, under_warranty


def _counters_now(read: Mapping[Counter, CounterStanding]) -> Counters:
    hours, cycles = read.get(Counter.HOURS), read.get(Counter.CYCLES)
    return Counters(
        hours=fittimes.begun_hours(hours.total) if hours else None,
        cycles=cycles.total if cycles else None,
    )


def _counters_at_fit(
    session: Session, unit: Unit, terms: TermsOnFile | None
) -> dict[int, Counters]:
    if terms is None or not _counts_use(terms):
        return {}
    return fittimes.counters_at_fit(session, unit.id)


def _counts_use(terms: TermsOnFile) -> bool:
    """Do the terms limit hours or cycles? Else nobody needs to ask the counters."""
    return any(cover.hours or cover.cycles for cover in terms.terms.cover)

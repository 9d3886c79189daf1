"""Is this fault covered? Computed from the maker's terms and the facts whenever it is asked.

Nothing here is stored. The verdict cites its clause, says what it was computed from and who else
would pay. A period of months ends on the same day of its last month, that day included: one year
from 1 March 2023 ends on 1 March 2024. It is always counted from its first day, so that clamping
at a month's end never adds up.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from app.kernel.text import Text, msg
from app.robots.warranty_case import (
    Claim,
    ComputedFrom,
    Contract,
    DutyStatus,
    Evidence,
    Payer,
    PayerKind,
    Verdict,
    VerdictKind,
    WarrantyFacts,
)
from app.robots.warranty_periods import (
    Counters,
    History,
    Period,
    Replacement,
    Standing,
    Start,
    StartDates,
    found_start,
    history,
    longest,
)
from app.robots.warranty_terms import (
    Clause,
    Cover,
    Duty,
    DutyKind,
    Exclusion,
    MakerTerms,
    Reach,
    StartBasis,
)

__all__ = [
    "Claim",
    "Contract",
    "Counters",
    "Evidence",
    "Replacement",
    "StartDates",
    "Verdict",
    "VerdictKind",
    "WarrantyFacts",
    "evidence_to_look_for",
    "warranty_verdict",
]

START_LABELS: dict[StartBasis, Text] = {
    StartBasis.RECEIPT: msg("Receipt of the robot"),
    StartBasis.INVOICE: msg("Invoice"),
    StartBasis.WARRANTY_CARD: msg("Warranty card"),
    StartBasis.ACTIVATION: msg("Activation"),
    StartBasis.MANUFACTURE: msg("Manufacture"),
}


def warranty_verdict(terms: MakerTerms | None, facts: WarrantyFacts, *, on: date) -> Verdict:
    """The verdict as it stands on a day. Cover is judged for the day the fault was reported."""
    case = _case(terms, facts, on)
    ruling = next(ruling for judge in _JUDGES if (ruling := judge(case)) is not None)
    period, start = case.period, case.start
    return Verdict(
        kind=ruling.kind,
        clause=terms.clause(ruling.clause) if terms else None,
        also=tuple(_resting_on(case)),
        sentence=ruling.sentence,
        judged_for=case.day,
        starts_on=period.starts_on if period else None,
        start_basis=start.basis if start and period and start.day == period.starts_on else None,
        ends_on=period.ends_on if period else None,
        ends_at=period.ends_at if period else Counters(),
        evidence=ruling.evidence,
        computed_from=tuple(_computed_from(case)),
        duties=tuple(_duty_status(case, duty) for duty in (terms.duties if terms else ())),
        payers=tuple(_payers(case, ruling)),
    )


def evidence_to_look_for(
    terms: MakerTerms, component_class: str
) -> tuple[tuple[str, Clause | None], ...]:
    """The intake checklist: what this maker excludes for such a component, with the clause."""
    return tuple(
        (exclusion.evidence, terms.clause(exclusion.clause))
        for exclusion in terms.exclusions
        if exclusion.concerns(component_class)
    )


@dataclass(frozen=True, slots=True)
class _Case:
    terms: MakerTerms | None
    facts: WarrantyFacts
    on: date
    day: date
    covers: tuple[Cover, ...]
    start: Start | None
    history: History
    period: Period | None
    standing: Standing | None


@dataclass(frozen=True, slots=True)
class _Ruling:
    kind: VerdictKind
    clause: str
    sentence: Text
    evidence: tuple[str, ...] = ()


def _case(terms: MakerTerms | None, facts: WarrantyFacts, on: date) -> _Case:
    day = facts.claim.reported_on or on
    if terms is None:
        return _Case(terms, facts, on, day, (), None, History(()), None, None)
    covers = tuple(
        cover
        for cover in terms.cover
        if cover.concerns(facts.component_class) and set(cover.only_for) <= set(facts.entitlements)
    )
    start = found_start(terms, facts.starts)
    past = History(())
    if start is not None:
        past = history(
            terms,
            covers,
            start=start,
            counters_at_start=facts.counters_at_start,
            replacements=facts.replacements,
        )
    period, standing = longest(past.periods, day, facts.counters) or (None, None)
    return _Case(terms, facts, on, day, covers, start, past, period, standing)


def _ask(clause: str, sentence: Text, evidence: tuple[str, ...] = ()) -> _Ruling:
    return _Ruling(VerdictKind.ASK_MAKER, clause, sentence, evidence)


def _refuse(clause: str, sentence: Text, evidence: tuple[str, ...] = ()) -> _Ruling:
    return _Ruling(VerdictKind.NOT_COVERED, clause, sentence, evidence)


def _without_terms(case: _Case) -> _Ruling | None:
    if case.terms is None:
        return _ask("", msg("No warranty terms of this maker are on file."))
    return None


def _foreign_part(case: _Case) -> _Ruling | None:
    if case.facts.of_maker:
        return None
    sentence = msg("The part is not the maker's own.")
    clause = case.terms.foreign_part_clause if case.terms else ""
    return _refuse(clause, sentence) if clause else _ask("", sentence)


def _without_cover(case: _Case) -> _Ruling | None:
    if case.covers or case.terms is None:
        return None
    for cover in case.terms.cover:
        if cover.concerns(case.facts.component_class):
            return _ask(cover.clause, msg("The terms cover only certain buyers."))
    return _ask("", msg("The published terms do not name such a component."))


def _without_start(case: _Case) -> _Ruling | None:
    clause = case.terms.start_clause if case.terms else ""
    if case.start is None:
        return _ask(clause, msg("Nothing on file says when the warranty started."))
    if case.day < case.start.day:
        return _ask(clause, msg("The warranty starts on {day} only.", day=case.start.day))
    return None


def _bought_part(case: _Case) -> _Ruling | None:
    if case.history.bought_unsaid:
        return _ask(
            "", msg("The part was bought; the published terms do not say how it is covered.")
        )
    return None


def _over(case: _Case) -> _Ruling | None:
    """The end of the term, certain only where its start and the last part's term are."""
    if case.period is None or case.standing is not Standing.OVER:
        return None
    clause, sentence = case.period.cover.clause, _ended(case.period, case.day)
    if case.start is not None and not case.start.said:
        return _ask(clause, msg("{ended} The terms do not say when it starts.", ended=sentence))
    if case.history.replaced_unsaid:
        return _ask(clause, msg("{ended} A part was replaced in it.", ended=sentence))
    return _refuse(clause, sentence)


def _ended(period: Period, day: date) -> Text:
    if period.ends_on is not None and day > period.ends_on:
        return msg("The warranty ended on {day}.", day=period.ends_on)
    return msg("The warranty ended at {counters}.", counters=_counter_limits(period.ends_at))


def _counter_limits(ends_at: Counters) -> Text:
    hours, cycles = ends_at.hours, ends_at.cycles
    if cycles is None:
        return msg("{hours} h", hours=hours)
    if hours is None:
        return msg("{cycles} cycles", cycles=cycles)
    return msg("{hours} h or {cycles} cycles", hours=hours, cycles=cycles)


def _applying(case: _Case) -> Iterator[tuple[Exclusion, Evidence]]:
    exclusions = case.terms.exclusions if case.terms else ()
    for exclusion in exclusions:
        for evidence in case.facts.evidence:
            if (
                evidence.code == exclusion.evidence
                and exclusion.concerns(case.facts.component_class)
                and (exclusion.reach is Reach.UNIT or evidence.this_fault)
            ):
                yield exclusion, evidence


def _excluded(case: _Case) -> _Ruling | None:
    """Confirmed evidence of something that the terms clearly exclude."""
    found = [pair for pair in _applying(case) if pair[0].clear and pair[1].confirmed]
    return _refuse(*_cited(case, found)) if found else None


def _doubtful(case: _Case) -> _Ruling | None:
    """A suspicion, or an exclusion that the terms are not clear about."""
    found = list(_applying(case))
    return _ask(*_cited(case, found)) if found else None


def _cited(
    case: _Case, found: list[tuple[Exclusion, Evidence]]
) -> tuple[str, Text, tuple[str, ...]]:
    code = found[0][0].clause
    clause = case.terms.clause(code) if case.terms else None
    wording = clause.text if clause else Text(code)
    return code, wording, tuple(dict.fromkeys(evidence.code for _, evidence in found))


def _ship_by(case: _Case) -> date | None:
    """The last day to send the item in: as agreed, else as many days as the terms say."""
    duty = case.terms.duty(DutyKind.SHIP_ITEM) if case.terms else None
    claim = case.facts.claim
    if duty is None:
        return None
    return claim.agreed_ship_by or _after(claim.confirmed_on, duty.days)


def _after(day: date | None, days: int | None) -> date | None:
    return None if day is None or days is None else day + timedelta(days=days)


def _shipped_late(case: _Case) -> _Ruling | None:
    ship_by, duty = _ship_by(case), case.terms.duty(DutyKind.SHIP_ITEM) if case.terms else None
    if ship_by is None or duty is None or (case.facts.claim.shipped_on or case.on) <= ship_by:
        return None
    return _refuse(duty.clause, msg("The item was to be sent in by {day}.", day=ship_by))


def _counter_missing(case: _Case) -> _Ruling | None:
    if case.period is None or case.standing is not Standing.UNDECIDED:
        return None
    return _ask(
        case.period.cover.clause,
        msg("The cover has a limit of hours or cycles, and that counter was not read."),
    )


def _covered(case: _Case) -> _Ruling:
    if case.period is None:
        return _ask("", msg("Nothing on file says when the warranty started."))
    ends_on, ends_at = case.period.ends_on, case.period.ends_at
    counted = ends_at != Counters()
    if ends_on is None:
        sentence = msg("Covered up to {counters}.", counters=_counter_limits(ends_at))
    elif counted:
        sentence = msg(
            "Covered until {day} or {counters}, whichever comes first.",
            day=ends_on,
            counters=_counter_limits(ends_at),
        )
    else:
        sentence = msg("Covered until {day}.", day=ends_on)
    return _Ruling(VerdictKind.COVERED, case.period.cover.clause, sentence)


# The first that speaks decides: what cannot be argued about comes before what can.
_JUDGES: tuple[Callable[[_Case], _Ruling | None], ...] = (
    _without_terms,
    _foreign_part,
    _without_cover,
    _without_start,
    _bought_part,
    _over,
    _excluded,
    _shipped_late,
    _doubtful,
    _counter_missing,
    _covered,
)


def _resting_on(case: _Case) -> Iterator[Clause]:
    """The clauses behind the dates: start, longest of several, replaced part."""
    if case.terms is None or case.period is None:
        return
    replaced = case.terms.replaced_clause if case.facts.replacements else ""
    several = case.terms.longest_clause if len(case.history.periods) > 1 else ""
    for code in (case.terms.start_clause, several, replaced):
        clause = case.terms.clause(code)
        if clause is not None:
            yield clause


def _computed_from(case: _Case) -> Iterator[ComputedFrom]:
    if case.start is not None:
        day = case.facts.starts.on(case.start.basis) or case.start.day
        yield ComputedFrom(START_LABELS[case.start.basis], day)
        if day != case.start.day:
            yield ComputedFrom(msg("Days added to it"), (case.start.day - day).days)
    for replacement in case.facts.replacements:
        yield ComputedFrom(msg("Part replaced"), replacement.fitted_on)
    if case.period is not None:
        cover = case.period.cover
        for label, limit in (
            (msg("Months of cover"), cover.months),
            (msg("Hours of cover"), cover.hours),
            (msg("Cycles of cover"), cover.cycles),
        ):
            if limit is not None:
                yield ComputedFrom(label, limit)
    for label, reading in (
        (msg("Hours counter"), case.facts.counters.hours),
        (msg("Cycle counter"), case.facts.counters.cycles),
    ):
        if reading is not None:
            yield ComputedFrom(label, reading)
    yield ComputedFrom(msg("Judged for"), case.day)


def _duty_status(case: _Case, duty: Duty) -> DutyStatus:
    claim = case.facts.claim
    due_on, done = {
        DutyKind.SHIP_ITEM: (_ship_by(case), claim.shipped_on is not None),
        DutyKind.BACK_UP_DATA: (None, case.facts.data_backed_up),
        DutyKind.RETURN_OLD_PART: (
            _after(claim.new_part_on, duty.days),
            claim.old_part_sent_on is not None,
        ),
        DutyKind.MAKER_SENDS_PART: (
            _after(claim.arrived_on, duty.days),
            claim.new_part_on is not None,
        ),
    }[duty.kind]
    clause = case.terms.clause(duty.clause) if case.terms else None
    return DutyStatus(duty.kind, clause, due_on, done)


def _payers(case: _Case, ruling: _Ruling) -> Iterator[Payer]:
    """The maker if it covers; then a contract in force; the customer last."""
    if ruling.kind is not VerdictKind.NOT_COVERED:
        maker = case.terms.maker if case.terms else ""
        yield Payer(PayerKind.MAKER_WARRANTY, maker, ruling.kind is VerdictKind.COVERED)
    for contract in case.facts.contracts:
        if contract.pays(case.facts.component_class, case.day):
            yield Payer(PayerKind.CONTRACT, contract.number, certain=True)
    if not case.facts.of_maker:
        # Who sold the foreign part answers for it; whether the store did is for a person to say.
        yield Payer(PayerKind.STORE, "", certain=False)
    yield Payer(PayerKind.CUSTOMER, "", certain=True)

"""Suggestions for the next interval, from what was found at recalibration; a person decides.

Nothing changes by itself. What was suggested, by which method and figures, and what was made of it
stays on record, declined ones too (ILAC-G24:2022).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.calibration import intervalevidence, procedures
from app.calibration.equipment_models import Equipment, EquipmentEvent, EquipmentHappening
from app.calibration.figures import read_figure
from app.calibration.impact_models import IntervalSuggestion
from app.calibration.intervalevidence import Evidence
from app.calibration.metrology.errors import MeasurementRefused
from app.calibration.metrology.interval import (
    clamp,
    days_until_hours,
    reliability_test,
    staircase,
)
from app.calibration.procedure_models import ProcedureVersion
from app.calibration.procedureinputs import VersionInput
from app.kernel import audit, clock, queueing, words
from app.kernel.actor import Actor
from app.kernel.canonical import canonical
from app.kernel.errors import Conflict, Invalid, Refused
from app.kernel.text import Text, msg

DAYS_A_MONTH = 30.4375
RELIABILITY, STAIRCASE, HOURS, DRIFT = "reliability", "staircase", "hours", "drift"
METHOD_LABELS: dict[str, Text] = {
    RELIABILITY: msg("Share found in tolerance (NCSLI A3)"),
    STAIRCASE: msg("Staircase by the last result"),
    HOURS: msg("Hours of use"),
    DRIFT: msg("Drift and its prediction"),
}
_MOST_MONTHS = 240
_LONGEST_REASON = 1_000


@dataclass(frozen=True, slots=True)
class Policy:
    """What the store wants: share in tolerance, confidence, and the factors of the staircase."""

    target: float = 0.95
    confidence: float = 0.5
    lengthen: float = 1.5
    shorten: float = 0.67

    @classmethod
    def read(cls, typed: dict[str, str]) -> "Policy":
        """From what was typed; empty: as the house has it. Raises Invalid by field."""
        problems: dict[str, Text] = {}
        values: dict[str, float] = {}
        for name, (low, high) in _BOUNDS.items():
            try:
                said = read_figure(typed.get(name, ""), field=name)
            except Refused as refusal:
                problems[name] = refusal.message
                continue
            if said:
                values[name] = float(said)
                if not low <= values[name] <= high:
                    problems[name] = msg("Between {low} and {high}.", low=str(low), high=str(high))
        if problems:
            raise Invalid(msg("Please look at the marked fields."), problems=problems)
        return cls(**values)

    def facts(self) -> dict[str, str]:
        return {name: repr(getattr(self, name)) for name in _BOUNDS}


_BOUNDS = {
    "target": (0.5, 0.999),
    "confidence": (0.0, 0.99),
    "lengthen": (1.0, 2.0),
    "shorten": (0.5, 1.0),
}
HOUSE = Policy()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a method comes to, in days; `why` in words, `facts` for the record."""

    method: str
    before_days: int
    after_days: int
    why: Text
    facts: dict[str, str]

    @property
    def changes(self) -> bool:
        return months_of(self.after_days) != months_of(self.before_days)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose interval it is: a piece of equipment, or a released version of a procedure."""

    name: str
    months: int
    equipment: Equipment | None = None
    version: ProcedureVersion | None = None

    @property
    def days(self) -> int:
        return round(self.months * DAYS_A_MONTH)

    @property
    def kind(self) -> str:
        return "equipment" if self.equipment is not None else "procedure"

    @property
    def key(self) -> int:
        if self.equipment is not None:
            return self.equipment.id
        return self.version.procedure_id if self.version is not None else 0

    @property
    def page(self) -> str:
        at = self.version.id if self.version is not None else self.key
        return f"/calibration/intervals/{self.kind}/{at}"


def of_equipment(equipment: Equipment) -> Subject:
    if equipment.interval_months is None:
        raise Refused(msg("{asset} has no interval.", asset=equipment.asset_number))
    return Subject(
        f"{equipment.asset_number} · {equipment.name}",
        equipment.interval_months,
        equipment=equipment,
    )


def of_version(version: ProcedureVersion) -> Subject:
    if version.valid_months is None:
        raise Refused(msg("A pass of this procedure holds until an event, without a date."))
    return Subject(
        f"{version.procedure.code} · {version.title}", version.valid_months, version=version
    )


def months_of(days: float) -> int:
    """Whole months of an interval, never longer than the days but for their own rounding."""
    return min(max(int((days + 0.5) / DAYS_A_MONTH), 1), _MOST_MONTHS)


def suggestions(
    session: Session, actor: Actor, subject: Subject, policy: Policy = HOUSE
) -> list[Suggestion]:
    """What each method that has evidence comes to; a constant number of statements."""
    actor.require("calibration.view")
    evidence = (
        intervalevidence.of_equipment(session, subject.equipment)
        if subject.equipment is not None
        else intervalevidence.of_version(session, actor, _version(subject))
    )
    made = (
        _by_reliability(subject, evidence, policy),
        _by_staircase(subject, evidence, policy),
        _by_hours(subject, evidence),
        _by_drift(subject, evidence),
    )
    return [each for each in made if each is not None]


def decide(
    session: Session,
    actor: Actor,
    subject: Subject,
    *,
    method: str,
    expected_days: int,
    policy: Policy,
    accepted: bool,
    reason: str = "",
) -> IntervalSuggestion:
    """Take a suggestion up or turn it down; it is computed anew, and must still be the same.

    Taken up, it changes the equipment's interval, or drafts the procedure's next version.
    """
    actor.require(
        "calibration.equipment" if subject.equipment is not None else "calibration.procedures"
    )
    read_why = words.fitting if accepted else words.why
    why = read_why(reason, most=_LONGEST_REASON, field="reason")
    queueing.enter(session, actor.store_id)
    found = _still_made(session, actor, subject, policy, method=method, days=expected_days)
    if accepted and not found.changes:
        raise Refused(msg("The interval is {months} months already.", months=subject.months))
    row = IntervalSuggestion(
        store_id=actor.store_id,
        equipment_id=subject.key if subject.equipment is not None else None,
        procedure_id=subject.key if subject.version is not None else None,
        method=method,
        before_days=found.before_days,
        after_days=found.after_days,
        evidence=canonical({**found.facts, "policy": policy.facts()}).decode(),
        decided_at=clock.now(),
        decided_by=actor.name,
        accepted=accepted,
        reason=why,
    )
    session.add(row)
    session.flush()
    if accepted:
        _change(session, actor, subject, months_of(found.after_days), method)
    audit.record(
        session,
        actor,
        "interval.accepted" if accepted else "interval.declined",
        subject=f"{subject.kind}:{subject.key}",
        before={"months": subject.months},
        after={"months": months_of(found.after_days), "method": method},
        reason=why or None,
    )
    return row


def _still_made(
    session: Session, actor: Actor, subject: Subject, policy: Policy, *, method: str, days: int
) -> Suggestion:
    """The suggestion that was read, made anew; raises Conflict when it is another one by now."""
    made = suggestions(session, actor, subject, policy)
    found = next((each for each in made if each.method == method), None)
    if found is None or found.after_days != days:
        raise Conflict(msg("The suggestion is another one by now. Look again."), link=subject.page)
    return found


def decisions(
    session: Session, subject: Subject, *, most: int = 50
) -> Sequence[IntervalSuggestion]:
    """What was made of earlier suggestions, the newest first."""
    column = (
        IntervalSuggestion.equipment_id
        if subject.equipment is not None
        else IntervalSuggestion.procedure_id
    )
    return session.scalars(
        select(IntervalSuggestion)
        .where(column == subject.key)
        .order_by(IntervalSuggestion.id.desc())
        .limit(most)
    ).all()


def draft_of(session: Session, subject: Subject) -> ProcedureVersion:
    """The draft that a taken up suggestion made of a procedure."""
    return session.scalars(
        select(ProcedureVersion)
        .where(ProcedureVersion.procedure_id == subject.key)
        .order_by(ProcedureVersion.number.desc())
        .limit(1)
    ).one()


def _by_reliability(subject: Subject, evidence: Evidence, policy: Policy) -> Suggestion | None:
    if not evidence.calibrations:
        return None
    test = reliability_test(
        float(subject.days),
        in_tolerance=evidence.in_tolerance,
        calibrations=evidence.calibrations,
        target=policy.target,
        needed_confidence=policy.confidence,
    )
    return _suggestion(
        subject,
        RELIABILITY,
        test.suggested,
        msg(
            "{within} of {all} were found in tolerance; the target is {target} %. Confidence that"
            " the interval is too long: {confidence} %.",
            within=evidence.in_tolerance,
            all=evidence.calibrations,
            target=f"{100 * policy.target:g}",
            confidence=f"{100 * test.confidence:.0f}",
        ),
        {
            "in_tolerance": str(evidence.in_tolerance),
            "calibrations": str(evidence.calibrations),
            "confidence": repr(test.confidence),
        },
    )


def _by_staircase(subject: Subject, evidence: Evidence, policy: Policy) -> Suggestion | None:
    share = evidence.last_share
    if share is None:
        return None
    after = staircase(
        float(subject.days),
        found_share=share,
        lengthen=policy.lengthen,
        shorten=policy.shorten,
    )
    return _suggestion(
        subject,
        STAIRCASE,
        after,
        msg(
            "The last recalibration was found at {share} % of its limit ({what}).",
            share=f"{100 * share:.0f}",
            what=evidence.last_what,
        ),
        {"share": repr(share), "what": evidence.last_what},
    )


def _by_hours(subject: Subject, evidence: Evidence) -> Suggestion | None:
    hours = subject.version.valid_hours if subject.version is not None else None
    if hours is None or not evidence.hours_per_day:
        return None
    days = days_until_hours(
        hours_now=0.0, hours_due=float(hours), hours_per_day=evidence.hours_per_day
    )
    return _suggestion(
        subject,
        HOURS,
        days,
        msg(
            "A pass holds {hours} hours; robots run {rate} hours a day (median of {robots}).",
            hours=hours,
            rate=f"{evidence.hours_per_day:.2g}",
            robots=evidence.hours_of,
        ),
        {
            "valid_hours": str(hours),
            "hours_per_day": repr(evidence.hours_per_day),
            "robots": str(evidence.hours_of),
        },
    )


def _by_drift(subject: Subject, evidence: Evidence) -> Suggestion | None:
    if evidence.drift_days is None:
        return None
    return _suggestion(
        subject,
        DRIFT,
        max(evidence.drift_days, 1.0),
        msg(
            "Of {series} drifting figures the first reaches its limit {days} days after its last"
            " calibration: {what}.",
            series=evidence.drift_series,
            days=round(evidence.drift_days),
            what=evidence.drift_what,
        ),
        {
            "days": repr(evidence.drift_days),
            "series": str(evidence.drift_series),
            "what": evidence.drift_what,
        },
    )


def _suggestion(
    subject: Subject, method: str, after: float, why: Text, facts: dict[str, str]
) -> Suggestion | None:
    try:
        held = clamp(after, float(subject.days))
    except MeasurementRefused:
        return None
    return Suggestion(method, subject.days, max(round(held), 1), why, facts)


def _change(session: Session, actor: Actor, subject: Subject, months: int, method: str) -> None:
    if subject.equipment is None:
        version = procedures.loaded(session, _version(subject).id)
        wanted = replace(VersionInput.of(version), valid_months=months)
        procedures.new_draft(session, actor, version.procedure, of=version, wanted=wanted)
        return
    equipment = subject.equipment
    session.add(
        EquipmentEvent(
            equipment_id=equipment.id,
            kind=EquipmentHappening.NOTE,
            at=clock.now(),
            by=actor.name,
            before=str(equipment.interval_months),
            after=str(months),
            note=f"interval, {method}",
        )
    )
    equipment.interval_months = months
    equipment.version += 1
    session.flush()


def _version(subject: Subject) -> ProcedureVersion:
    if subject.version is None:
        raise TypeError("this subject is no procedure")
    return subject.version

"""What a robot's public page says of warranty and AI class: the state, not what led to it."""

from sqlalchemy.orm import Session

from app.kernel.text import Text, msg
from app.robots import aiclasses, warrantycover
from app.robots.aiclasses import RISK_LABELS, RISK_TONES
from app.robots.models import Unit
from app.robots.openpassport import NO_DATA, Fact
from app.robots.verdictwords import VERDICT_TONES
from app.robots.warranty_case import Verdict, VerdictKind


def warranty(session: Session, unit: Unit) -> Fact:
    """How the whole robot stands today, without clause and evidence: those are the owner's."""
    verdict = warrantycover.of_whole_robot(session, unit)
    label = msg("Warranty")
    if verdict.starts_on is None:
        return Fact(label, NO_DATA)
    return Fact(label, _said(verdict), VERDICT_TONES[verdict.kind])


def ai_class(session: Session, unit: Unit) -> Fact:
    label = msg("Class under the EU AI Act")
    current = aiclasses.current(session, unit.model_id)
    if current is None:
        return Fact(label, NO_DATA)
    return Fact(label, RISK_LABELS[current.risk], RISK_TONES[current.risk])


def _said(verdict: Verdict) -> Text:
    if verdict.kind is VerdictKind.ASK_MAKER:
        return msg("The maker has to be asked")
    if verdict.kind is VerdictKind.NOT_COVERED:
        return msg("Not covered any more")
    if verdict.ends_on is None:
        return msg("Covered")
    return msg("Covered until {day}", day=verdict.ends_on)

"""What a model is under the EU AI Act, Regulation (EU) 2024/1689: our role, its risk, the basis."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.text import Text, msg
from app.robots.duty_models import AiClass, AiRisk, AiRole
from app.robots.models import RobotModel
from app.stores import desk
from app.web.forms import Reading

ROLE_LABELS: dict[AiRole, Text] = {
    AiRole.PROVIDER: msg("Provider"),
    AiRole.DEPLOYER: msg("Deployer"),
    AiRole.REPRESENTATIVE: msg("Authorised representative"),
    AiRole.IMPORTER: msg("Importer"),
    AiRole.DISTRIBUTOR: msg("Distributor"),
}
RISK_LABELS: dict[AiRisk, Text] = {
    AiRisk.PROHIBITED: msg("Prohibited practice"),
    AiRisk.HIGH: msg("High risk"),
    AiRisk.TRANSPARENCY: msg("Transparency duties"),
    AiRisk.MINIMAL: msg("Minimal risk"),
}
RISK_TONES: dict[AiRisk, str] = {
    AiRisk.PROHIBITED: "bad",
    AiRisk.HIGH: "warn",
    AiRisk.TRANSPARENCY: "info",
    AiRisk.MINIMAL: "ok",
}
_LONGEST_BASIS = 2_000


@dataclass(frozen=True, slots=True)
class ClassInput:
    """An assessment as typed; `review_on` None: until something changes."""

    role: AiRole
    risk: AiRisk
    basis: str
    assessed_on: date
    review_on: date | None = None


def assess(session: Session, actor: Actor, model: RobotModel, typed: ClassInput) -> AiClass:
    """A new assessment, which counts from now on; earlier ones stay on record. Raises Invalid."""
    actor.require("robots.edit")
    seen = Reading()
    basis = seen.text("basis", typed.basis, most=_LONGEST_BASIS, required=True)
    if typed.assessed_on > desk.business_day_of(desk.store_of(session, actor.store_id)):
        seen.refuse("assessed_on", msg("This day has not come yet."))
    if typed.review_on is not None and typed.review_on <= typed.assessed_on:
        seen.refuse("review_on", msg("The review comes after the assessment."))
    seen.done()
    row = AiClass(
        store_id=actor.store_id,
        model_id=model.id,
        role=typed.role,
        risk=typed.risk,
        basis=basis,
        assessed_on=typed.assessed_on,
        review_on=typed.review_on,
        at=clock.now(),
        by=actor.name,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor,
        "ai_class.assessed",
        subject=f"robot_model:{model.code}",
        after={"role": row.role, "risk": row.risk},
        reason=basis,
    )
    return row


def current(session: Session, model_id: int) -> AiClass | None:
    """The assessment that counts."""
    return session.scalar(
        select(AiClass).where(AiClass.model_id == model_id).order_by(AiClass.id.desc()).limit(1)
    )


def history(session: Session, model_id: int) -> list[AiClass]:
    """Every assessment, the newest first."""
    return list(
        session.scalars(
            select(AiClass).where(AiClass.model_id == model_id).order_by(AiClass.id.desc())
        )
    )

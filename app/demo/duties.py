"""What is owed around the demo store's robots: bulletins, documents, figures, evidence, a wipe.

Bulletins and documents are invented and say so; figures are public ones with their sources.
"""

from datetime import date

from sqlalchemy.orm import Session

from app.demo import assortment, deliveries
from app.demo.bodies import ACTUATOR
from app.demo.opening import Crew
from app.demo.upkeep import LOT_OF_THE_KNEE
from app.kernel.actor import Actor
from app.robots import (
    aiclasses,
    bodies,
    bulletins,
    dataduties,
    documents,
    figures,
    makers,
    registry,
    requirements,
    warrantypapers,
)
from app.robots.aiclasses import ClassInput
from app.robots.bulletin_models import Bulletin, BulletinKind, Outcome
from app.robots.bulletincriteria import Criterion
from app.robots.bulletins import BulletinInput
from app.robots.dataduties import WipeInput
from app.robots.documents import DocumentInput
from app.robots.duty_models import AiRisk, AiRole, FileKind
from app.robots.figures import FigureInput
from app.robots.makers import ModelInput
from app.robots.models import RobotModel
from app.robots.requirements import RequirementInput
from app.robots.warrantypapers import EvidenceInput
from app.stores import desk

_INVENTED = "Invented for the demonstration, no legal document"
_READ_ON = date(2025, 11, 1)
_VALID_FROM = date(2025, 1, 1)
# Robots that are not for sale yet have no papers, so that one sees what is missing then.
_WITHOUT_PAPERS = (assortment.GR3, assortment.WALKER_S2)
_PAPERS = (
    (FileKind.CONFORMITY, "Declaration of conformity", ""),
    (FileKind.INSTRUCTIONS, "Betriebsanleitung", "de"),
    (FileKind.LABEL, "Type plate with CE mark", ""),
)
_AI_BASIS = (
    "Invented for the demonstration. Article 50 (1): it speaks with people, who are told so. "
    "Article 6 is looked at anew for each use that an owner plans."
)
_FIGURES = (
    FigureInput("Height", "132", "cm", "gitea.opentesla.org/unitree-g1", _READ_ON),
    FigureInput("Height", "127", "cm", "dongbeigou.com/post/32700", _READ_ON),
    FigureInput("Battery", "421.2", "Wh", "battery manual at manuals.plus", _READ_ON),
    FigureInput("Battery", "960", "Wh", "qtvue.com", _READ_ON),
    FigureInput("Runtime", "about 2", "h", "docs.quadruped.de", _READ_ON),
)


def file_papers(session: Session, crew: Crew) -> None:
    """What the market asks for, and what is on file of each model."""
    requirements.put_usual_for_eu(session, crew.petra)
    german = RequirementInput("DE", FileKind.INSTRUCTIONS, language="de", basis="§ 3 (4) ProdSG")
    requirements.require(session, crew.petra, german)
    for offer in assortment.ROBOTS:
        if offer.model not in _WITHOUT_PAPERS:
            _papers_of(session, crew.petra, offer.model)
    g1 = _model(session, crew.petra, assortment.G1)
    for figure in _FIGURES:
        figures.say(session, crew.petra, g1, figure)


def publish_bulletins(session: Session, crew: Crew) -> None:
    """Three bulletins: by firmware, by serial number, by a lot inside; the first settled once."""
    g1 = _model(session, crew.petra, assortment.G1)
    firmware = _publish(
        session,
        crew.petra,
        assortment.G1,
        code="DEMO-SB-1",
        title="Balance after a push: newer firmware",
        kind=BulletinKind.RECOMMENDED,
        text="Invented. Bring the firmware to 1.5.0 or newer, then walk ten steps.",
        means=Criterion(model_id=g1.id, firmware="<1.5"),
    )
    _publish(
        session,
        crew.petra,
        assortment.T1,
        code="DEMO-SB-2",
        title="Ankle sensor: cable may break",
        kind=BulletinKind.STOP_SALE,
        text="Invented. Replace the cable of the right ankle’s force-torque sensor.",
        means=Criterion(serials=f"DEMO-T1-0300..{deliveries.FAULTY}"),
    )
    _publish(
        session,
        crew.petra,
        assortment.G1,
        code="DEMO-SB-3",
        title="Actuators: listen for noise",
        kind=BulletinKind.RECOMMENDED,
        text="Invented. Actuators of this lot may be noisy under load: listen, and report.",
        means=Criterion(part_number=ACTUATOR, lot=LOT_OF_THE_KNEE),
    )
    looked_after = registry.by_serial(session, crew.emre, deliveries.LOOKED_AFTER)
    bulletins.settle(
        session,
        crew.emre,
        firmware,
        looked_after,
        outcome=Outcome.NOT_AFFECTED,
        note="Stands after a push.",
    )


def _publish(
    session: Session,
    actor: Actor,
    of: ModelInput,
    *,
    code: str,
    title: str,
    kind: BulletinKind,
    text: str,
    means: Criterion,
) -> Bulletin:
    """A bulletin of a model's maker, issued on the day that is lived."""
    typed = BulletinInput(
        maker_id=makers.maker_called(session, of.maker).id,
        code=code,
        title=title,
        kind=kind,
        issued_on=desk.business_day_of(desk.store_of(session, actor.store_id)),
        text=text,
        criteria=(means,),
    )
    return bulletins.publish(session, actor, typed)


def look_at_a_knee(session: Session, crew: Crew) -> None:
    """Before a knee is replaced, what speaks against its warranty is written down; and the robot
    forgets the showroom.
    """
    unit = registry.by_serial(session, crew.emre, deliveries.LOOKED_AFTER)
    slot = bodies.slot_called(session, unit, "left_knee.actuator")
    seen_on = desk.business_day_of(desk.store_of(session, unit.store_id))
    warrantypapers.record_evidence(
        session,
        crew.emre,
        unit,
        EvidenceInput("fall", seen_on, confirmed=False, note="One fall on the counter."),
        terms=None,
        slot=slot,
    )
    wipe = WipeInput("Maps and recordings of the showroom", "The maker’s reset to delivery")
    dataduties.certify_wipe(session, crew.emre, unit, wipe)


def _papers_of(session: Session, actor: Actor, offer: ModelInput) -> None:
    model = _model(session, actor, offer)
    for kind, title, language in _PAPERS:
        typed = DocumentInput(
            kind=kind,
            title=f"{title}, {offer.name}",
            valid_from=_VALID_FROM,
            version="1",
            language=language,
            kept_at=_INVENTED,
        )
        documents.add(session, actor, model, typed, sent=None, files=None)
    today = desk.business_day_of(desk.store_of(session, actor.store_id))
    assessed = ClassInput(AiRole.DISTRIBUTOR, AiRisk.TRANSPARENCY, _AI_BASIS, today)
    aiclasses.assess(session, actor, model, assessed)


def _model(session: Session, actor: Actor, offer: ModelInput) -> RobotModel:
    return makers.model(session, actor, makers.maker_called(session, offer.maker), offer.code)

"""What the demo's customers answered when they were asked: some well, one badly.

The words are invented.
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.demo import visitors
from app.demo.opening import Crew
from app.demo.visitors import Visitor
from app.kernel.signatures import Signed
from app.service import acceptance, linesdone, quality, release, safety, tickets
from app.service.operation_models import SafetyTick
from app.service.payers import Measure, Payer, Share
from app.service.quality import Verdict
from app.service.states import TicketState
from app.survey import answering, followups
from app.survey.models import Survey, SurveyAnswer

CAFE = Visitor("Café Lindenblüte (Demo)", "Ida Lehnert", "Noetix", "Bumi", "DEMO-BUMI-00027",
               "+49 69 90009 451")  # fmt: skip


_GIFT = (Share(Payer.STORE, Measure.PERCENT, 10_000),)


@dataclass(frozen=True, slots=True)
class _Said:
    owner: str
    score: int
    comment: str
    language: str


_SAID = (
    _Said("Kammertheater Südvorstadt", 9, "Pünktlich fertig, und er läuft wieder leise.", "de"),
    _Said("Stadtbibliothek Auental (Demo)", 10, "", "de"),
    _Said(
        "Terminaldienste Nord (Demo)",
        4,
        "Acht Tage ohne Roboter, und niemand hat angerufen. Der Knöchel hält jetzt.",
        "de",
    ),
    _Said("Hochschule Elsterbogen, Labor für Laufroboter", 9, "Great introduction.", "en"),
)


def answer(session: Session, crew: Crew) -> None:
    """Those who were asked and are silent yet answer now; Petra begins to see to the bad answer."""
    asked = session.execute(
        select(Survey, Customer.name)
        .join(Customer, Customer.id == Survey.customer_id)
        .outerjoin(SurveyAnswer, SurveyAnswer.survey_id == Survey.id)
        .where(SurveyAnswer.id.is_(None))
        .order_by(Survey.id)
    ).all()
    said = {one.owner: one for one in _SAID}
    for survey, name in asked:
        if name in said:
            _say(session, survey, said[name])
            _see_to(session, crew, survey)


def _see_to(session: Session, crew: Crew, survey: Survey) -> None:
    row = followups.of_survey(session, survey)
    if row is not None:
        followups.assign(session, crew.petra, row, crew.petra.staff_id)
        followups.note(session, crew.petra, row, "Called, reached the mailbox. Again tomorrow.")


def serve_a_cafe(session: Session, crew: Crew) -> None:
    """A short repair, fetched while its owner waits, who answers at once."""
    ticket = visitors.take(session, crew, CAFE, "Stops at the door sill", soc=80, falls=0)
    visitors.find(session, crew, ticket, "other", note="Left sole worn through")
    visitors.ask(session, crew, ticket, visitors.by_the_clock(("Sole glued on", 20), shares=_GIFT))
    visitors.answer(session, crew, ticket, CAFE.contact)
    if ticket.state is not TicketState.IN_WORK:
        tickets.move(session, crew.emre, ticket, TicketState.IN_WORK)
    safety.confirm(session, crew.emre, ticket, list(SafetyTick))
    for line in linesdone.of_ticket(session, ticket):
        linesdone.finish(session, crew.emre, ticket, line.key)
    tickets.move(session, crew.emre, ticket, TicketState.CHECKING)
    quality.check(session, crew.petra, ticket, Verdict())
    release.release(session, crew.petra, ticket)
    acceptance.give_back(
        session, crew.petra, ticket, signed=Signed(CAFE.contact), outcome="Sole renewed"
    )
    asked = session.scalar(select(Survey).where(Survey.ticket_id == ticket.id))
    if asked is not None:
        _say(session, asked, _Said(CAFE.owner, 10, "Während eines Kaffees erledigt!", "de"))


def _say(session: Session, survey: Survey, said: _Said) -> None:
    answering.answer(
        session, survey, score=str(said.score), comment=said.comment, language=said.language
    )

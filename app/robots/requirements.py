"""Which documents a market asks for before a robot is handed over, and whether they are there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound
from app.kernel.searchkeys import search_key
from app.kernel.text import Text, msg
from app.robots import addresses, aiclasses, documents
from app.robots.documents import KIND_LABELS
from app.robots.duty_models import AiClass, AiRisk, DocumentRequirement, FileKind, RobotDocument
from app.robots.gate import Reason
from app.robots.markets import EU, markets_of, read_market
from app.robots.models import RobotModel, Unit
from app.stores import desk
from app.web.forms import Reading

_LONGEST_BASIS = 500
_LONGEST_LANGUAGE = 8
_BEGINS = date(2000, 1, 1)

# What the Union asks of a machine that is sold in it; put on file by a person, and changed there.
USUAL_IN_EU: tuple[tuple[FileKind, Text], ...] = (
    (
        FileKind.CONFORMITY,
        msg(
            "Directive 2006/42/EC, article 5 (1) e; from 20 January 2027 Regulation (EU) "
            "2023/1230, article 10 (8)"
        ),
    ),
    (
        FileKind.INSTRUCTIONS,
        msg(
            "Directive 2006/42/EC, annex I, 1.7.4; from 20 January 2027 Regulation (EU) "
            "2023/1230, article 10 (7)"
        ),
    ),
    (
        FileKind.LABEL,
        msg("Directive 2006/42/EC, annex I, 1.7.3: marking of machinery, CE mark"),
    ),
    (
        FileKind.AI_CLASS,
        msg("Regulation (EU) 2024/1689, articles 6 and 50: the class decides the duties"),
    ),
)


class Standing(StrEnum):
    """Whether a required document is there."""

    THERE = "there"
    MISSING = "missing"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    FORBIDDEN = "forbidden"


STANDING_LABELS: dict[Standing, Text] = {
    Standing.THERE: msg("On file"),
    Standing.MISSING: msg("Missing"),
    Standing.EXPIRED: msg("Expired"),
    Standing.NOT_YET: msg("Not valid yet"),
    Standing.FORBIDDEN: msg("Prohibited"),
}


@dataclass(frozen=True, slots=True)
class RequirementInput:
    """A rule as typed. `model_id` None: for every model; `language` empty: in any."""

    market: str
    kind: FileKind
    since: date = _BEGINS
    model_id: int | None = None
    language: str = ""
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A requirement and what answers it: a document, or a class under the AI Act."""

    requirement: DocumentRequirement
    standing: Standing
    document: RobotDocument | None = None
    ai_class: AiClass | None = None

    @property
    def is_met(self) -> bool:
        return self.standing is Standing.THERE


def require(session: Session, actor: Actor, typed: RequirementInput) -> DocumentRequirement:
    """A new rule. Raises Invalid, or Conflict when it holds already."""
    actor.require("robots.edit")
    seen = Reading()
    market = seen.take("market", lambda: read_market(typed.market), "")
    if not market:
        seen.refuse("market", msg("Please fill this in."))
    basis = seen.text("basis", typed.basis, most=_LONGEST_BASIS)
    language = seen.text("language", search_key(typed.language), most=_LONGEST_LANGUAGE)
    if typed.model_id is not None and session.get(RobotModel, typed.model_id) is None:
        seen.refuse("model", msg("There is no such robot model."))
    seen.done()
    rule = DocumentRequirement(
        store_id=actor.store_id,
        market=market,
        kind=typed.kind,
        model_id=typed.model_id,
        language=language,
        since=typed.since,
        basis=basis,
        made_at=clock.now(),
        made_by=actor.name,
    )
    if any(_says_the_same(rule, other) for other in in_force(session)):
        raise Conflict(msg("{market} asks for this already.", market=market), field="kind")
    session.add(rule)
    session.flush()
    audit.record(
        session,
        actor,
        "requirement.made",
        subject=f"market:{market}",
        after={"kind": rule.kind, "model": rule.model_id, "language": rule.language},
        reason=basis or None,
    )
    return rule


def put_usual_for_eu(session: Session, actor: Actor) -> list[DocumentRequirement]:
    """The rules that hold in all of the EU, as far as they are not on file."""
    known = {(one.market, one.kind) for one in in_force(session)}
    return [
        require(session, actor, RequirementInput(EU, kind, basis=str(basis)))
        for kind, basis in USUAL_IN_EU
        if (EU, kind) not in known
    ]


def end(session: Session, actor: Actor, requirement_id: int) -> None:
    """A rule that holds no more."""
    actor.require("robots.edit")
    rule = session.get(DocumentRequirement, requirement_id)
    if rule is None:
        raise NotFound(msg("There is no such rule."))
    if rule.ended_at is not None:
        raise Conflict(msg("This rule has ended already."))
    rule.ended_at, rule.ended_by = clock.now(), actor.name
    session.flush()
    audit.record(
        session,
        actor,
        "requirement.ended",
        subject=f"market:{rule.market}",
        before={"kind": rule.kind, "model": rule.model_id},
    )


def in_force(session: Session) -> list[DocumentRequirement]:
    """Every rule that has not ended, by market."""
    return list(
        session.scalars(
            select(DocumentRequirement)
            .where(DocumentRequirement.ended_at.is_(None))
            .order_by(DocumentRequirement.market, DocumentRequirement.id)
        )
    )


def answers(session: Session, unit: Unit) -> list[Answer]:
    """What the store's market asks for this robot, and whether it is there today.

    One statement while nothing is asked, at most four.
    """
    store = desk.store_of(session, unit.store_id)
    day = desk.business_day_of(store)
    asked = session.scalars(
        select(DocumentRequirement)
        .where(
            DocumentRequirement.market.in_(markets_of(store.country)),
            DocumentRequirement.ended_at.is_(None),
            DocumentRequirement.since <= day,
            or_(
                DocumentRequirement.model_id.is_(None),
                DocumentRequirement.model_id == unit.model_id,
            ),
        )
        .order_by(DocumentRequirement.id)
    ).all()
    if not asked:
        return []
    on_file = documents.of_unit(session, unit)
    wants_class = any(rule.kind is FileKind.AI_CLASS for rule in asked)
    ai_class = aiclasses.current(session, unit.model_id) if wants_class else None
    return [_answer(rule, on_file, ai_class, day) for rule in asked]


def reasons(session: Session, actor: Actor, unit: Unit) -> list[Reason]:  # noqa: ARG001
    """What the gate hears: each document that is asked for and not there."""
    return [
        Reason(_why(answer), _where(answer, unit))
        for answer in answers(session, unit)
        if not answer.is_met
    ]


def _answer(
    rule: DocumentRequirement,
    on_file: Sequence[RobotDocument],
    ai_class: AiClass | None,
    day: date,
) -> Answer:
    if rule.kind is FileKind.AI_CLASS:
        return Answer(rule, _standing_of_class(ai_class, day), ai_class=ai_class)
    fitting = documents.fitting(on_file, kind=rule.kind, market=rule.market, language=rule.language)
    valid = next((one for one in fitting if documents.is_valid(one, day)), None)
    if valid is not None:
        return Answer(rule, Standing.THERE, valid)
    return _none_valid(rule, fitting, day)


def _none_valid(rule: DocumentRequirement, fitting: Iterable[RobotDocument], day: date) -> Answer:
    past = [one for one in fitting if (one.valid_until or date.max) < day]
    if past:
        return Answer(rule, Standing.EXPIRED, max(past, key=lambda one: one.valid_until or day))
    coming = min(fitting, key=lambda one: one.valid_from, default=None)
    if coming is not None:
        return Answer(rule, Standing.NOT_YET, coming)
    return Answer(rule, Standing.MISSING)


def _standing_of_class(ai_class: AiClass | None, day: date) -> Standing:
    if ai_class is None:
        return Standing.MISSING
    if ai_class.risk is AiRisk.PROHIBITED:
        return Standing.FORBIDDEN
    if ai_class.review_on is not None and ai_class.review_on < day:
        return Standing.EXPIRED
    return Standing.THERE


def _why(answer: Answer) -> Text:
    rule, document = answer.requirement, answer.document
    kind = KIND_LABELS[rule.kind]
    if answer.standing is Standing.EXPIRED and document is not None:
        return msg("{kind} ran out on {day}.", kind=kind, day=document.valid_until)
    if answer.standing is Standing.EXPIRED and answer.ai_class is not None:
        return msg("{kind} was to be reviewed by {day}.", kind=kind, day=answer.ai_class.review_on)
    if answer.standing is Standing.NOT_YET and document is not None:
        return msg("{kind} is valid from {day} only.", kind=kind, day=document.valid_from)
    if answer.standing is Standing.FORBIDDEN:
        return msg("This model’s use is prohibited under the EU AI Act.")
    if rule.language:
        return msg(
            "{kind} in {language} is missing; {market} asks for it.",
            kind=kind,
            language=rule.language,
            market=rule.market,
        )
    return msg("{kind} is missing; {market} asks for it.", kind=kind, market=rule.market)


def _where(answer: Answer, unit: Unit) -> str:
    if answer.requirement.kind is FileKind.AI_CLASS:
        return addresses.model_documents_page(unit.model_id)
    return addresses.page_below(unit.serial, "documents")


def _says_the_same(one: DocumentRequirement, other: DocumentRequirement) -> bool:
    return (one.market, one.kind, one.model_id, one.language) == (
        other.market,
        other.kind,
        other.model_id,
        other.language,
    )

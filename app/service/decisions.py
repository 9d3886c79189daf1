"""What the customer approves and declines, line by line: frozen with who, when, how and a hash."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit, clock, events
from app.kernel.actor import Actor
from app.kernel.canonical import sha256_hex
from app.kernel.errors import Conflict, Refused
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.service import estimates, frozenlines, tickets
from app.service.errors import NewerVersion
from app.service.estimate_models import (
    AnswerSignature,
    Decision,
    Estimate,
    EstimateLine,
    EstimateState,
    How,
)
from app.service.estimates import Sheet
from app.service.events import EstimateDecided
from app.service.models import Ticket
from app.service.states import TicketState

HOW_LABELS: dict[How, Text] = {
    How.LINK: msg("On the status page"),
    How.COUNTER: msg("At the counter"),
    How.PHONE: msg("By phone"),
    How.WRITING: msg("In writing"),
    How.PROGRAM: msg("By a program"),
}
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What was decided of which lines (by key), by whom, and how it came to the store.

    `noted_by` is whoever of the store wrote it down; `link` is where the customer is sent when a
    newer version has come; `signature` is what they drew, if they did.
    """

    approved: Mapping[str, bool]
    by: str
    how: How
    noted_by: str = ""
    link: str = ""
    signature: bytes = b""


def decide(session: Session, actor: Actor, sheet: Sheet, answer: Answer) -> None:
    """Write down what was decided. When nothing is open any more, the ticket goes on by it.

    The same answer twice is one answer. Raises NewerVersion for a version that was replaced,
    Conflict for a line that was decided otherwise.
    """
    actor.require("service.estimate")
    by = clean(answer.by)
    if not 1 <= len(by) <= _LONGEST_NAME:
        raise Refused(msg("Write who decided."), field="by")
    ticket, estimate = sheet.ticket, sheet.estimate
    _require_current(session, ticket, estimate, answer.link)
    wanted = _wanted(estimate, answer.approved)
    fresh = [line for line in wanted if line.decision is None]
    session.add_all(_decision(line, sheet, answer, by) for line in fresh)
    if fresh and answer.signature:
        session.add(
            AnswerSignature(
                estimate_id=estimate.id, by=by, at=clock.now(), signature=answer.signature
            )
        )
    session.flush()
    if fresh:
        audit.record(
            session,
            actor,
            "estimate.decided",
            subject=sheet.subject,
            after={
                "how": answer.how,
                "approved": sorted(line.key for line in fresh if wanted[line]),
                "declined": sorted(line.key for line in fresh if not wanted[line]),
            },
        )
    decided = estimates.loaded(session, estimate.id)
    if decided.state is EstimateState.SENT and all(line.decision for line in decided.lines):
        _finish(session, actor, Sheet(ticket, decided))


def signatures_of(session: Session, estimate: Estimate) -> Sequence[AnswerSignature]:
    """What was drawn under the answers to a version."""
    if not any(line.decision for line in estimate.lines):
        return ()
    return session.scalars(
        select(AnswerSignature)
        .where(AnswerSignature.estimate_id == estimate.id)
        .order_by(AnswerSignature.id)
    ).all()


def approved_before(session: Session, sheet: Sheet) -> set[str]:
    """Keys of lines that the customer has approved just so in an earlier version."""
    earlier = estimates.in_force(session, sheet.ticket)
    if earlier is None or earlier.id == sheet.estimate.id:
        return set()
    known = {
        line.key: line.decision.sha256 for line in estimates.approved_of(earlier) if line.decision
    }
    return {
        line.key
        for line in sheet.estimate.lines
        if known.get(line.key) == frozenlines.hash_of(line, sheet.ticket, sheet.estimate.currency)
    }


def _require_current(session: Session, ticket: Ticket, estimate: Estimate, link: str) -> None:
    if estimate.state is EstimateState.SUPERSEDED:
        newer = estimates.shown_to_customer(session, ticket)
        raise NewerVersion(
            msg(
                "Version {version} was replaced by version {newer}. Look at that one.",
                version=estimate.version,
                newer=newer.version if newer else estimate.version,
            ),
            link=link or estimates.page(ticket),
        )
    if estimate.state is EstimateState.DRAFT:
        raise Conflict(
            msg("Version {version} was not sent yet.", version=estimate.version),
            link=link or estimates.page(ticket),
        )
    if estimate.state is EstimateState.SENT and ticket.state is not TicketState.ESTIMATED:
        raise Conflict(
            msg("This estimate is being written anew. Please wait for the next version."),
            link=link or estimates.page(ticket),
        )


def _wanted(estimate: Estimate, approved: Mapping[str, bool]) -> dict[EstimateLine, bool]:
    """The lines that are answered; raises Conflict for one that was answered otherwise before."""
    by_key = {line.key: line for line in estimate.lines}
    if not approved:
        raise Refused(msg("Say which lines are approved, and which declined."), field="form")
    if approved.keys() - by_key.keys():
        raise Refused(msg("There is no such line in this version any more."), field="form")
    for key, yes in approved.items():
        decision = by_key[key].decision
        if decision is not None and decision.approved is not yes:
            raise Conflict(
                msg(
                    "“{line}” was decided already by {who}, {when}.",
                    line=by_key[key].description,
                    who=decision.by,
                    when=decision.at,
                )
            )
    return {by_key[key]: yes for key, yes in approved.items()}


def _decision(line: EstimateLine, sheet: Sheet, answer: Answer, by: str) -> Decision:
    content = frozenlines.bytes_of(line, sheet.ticket, sheet.estimate.currency)
    return Decision(
        line_id=line.id,
        approved=answer.approved[line.key],
        at=clock.now(),
        by=by,
        noted_by=answer.noted_by,
        how=answer.how,
        content=content,
        sha256=sha256_hex(content),
    )


def _finish(session: Session, actor: Actor, sheet: Sheet) -> None:
    """Everything is decided: work on what was approved, or the robot goes back as it is."""
    ticket, estimate = sheet.ticket, sheet.estimate
    estimate.state, estimate.decided_at = EstimateState.DECIDED, clock.now()
    session.flush()
    to = TicketState.APPROVED if estimates.approved_of(estimate) else TicketState.DECLINED
    if ticket.state is TicketState.ESTIMATED:
        tickets.move(session, actor, ticket, to)
    events.announce(
        session,
        EstimateDecided(
            actor=actor,
            store_id=ticket.store_id,
            ticket_id=ticket.id,
            estimate_id=estimate.id,
        ),
    )

"""Out of the workshop: only with the work done and checked, parts settled, and the gate open.

What speaks against it is a list of reasons, each with a link to where it is put right. A manager
may let the robot go all the same, with a reason that stands on the job sheet.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit, clock, words
from app.kernel.actor import Actor
from app.kernel.canonical import canonical
from app.kernel.errors import Conflict
from app.kernel.text import Text, msg
from app.parts import issuing
from app.parts.issuing import Issued
from app.robots import gate
from app.robots.gate import Answer, Reason, Way
from app.service import acceptance, labour, linesdone, quality, tickets
from app.service.estimate_models import EstimateLine
from app.service.guards import NotYet
from app.service.models import Ticket, TicketChange
from app.service.states import STATE_LABELS, TicketState
from app.service.work_models import QualityCheck, Release

_FROM = frozenset({TicketState.CHECKING, TicketState.DECLINED})
_LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Override:
    """A manager's word that the robot may go although something speaks against it."""

    manager: Actor
    reason: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the work is: lines not done, whose clock runs, what lies about, the passed check."""

    undone: Sequence[EstimateLine]
    running: Text | None
    lying: Sequence[Issued]
    passed: QualityCheck | None


def questions(session: Session, actor: Actor, ticket: Ticket, standing: Standing) -> list[Answer]:
    """Everything that is asked before a robot leaves, with what was found."""
    return _own(ticket, standing) + gate.answers(session, actor, ticket.unit, way=Way.RELEASE)


def release(
    session: Session, actor: Actor, ticket: Ticket, *, override: Override | None = None
) -> Release:
    """The robot may leave: the ticket is ready. Raises NotYet with the first reason against it.

    Work that is not done, and parts that lie about, nobody can wave through; the gate a manager
    can, with a reason.
    """
    actor.require("service.release")
    if ticket.state not in _FROM:
        raise Conflict(
            msg(
                "{number} is {state}. It is released after the check.",
                number=tickets.label(ticket),
                state=STATE_LABELS[ticket.state],
            ),
            link=tickets.page(ticket),
        )
    for answer in _own(ticket, _standing(session, ticket)):
        for reason in answer.reasons:
            raise NotYet(reason.text, link=reason.link or None)
    found = gate.reasons(session, actor, ticket.unit, way=Way.RELEASE)
    by, why = _overridden(found, override)
    row = Release(
        ticket_id=ticket.id,
        found=canonical([str(reason.text) for reason in found]).decode(),
        override_by=by,
        override_reason=why,
        at=clock.now(),
        by=actor.name,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor,
        "ticket.released",
        subject=tickets.reference(ticket),
        after={"found": [str(reason.text) for reason in found], "override_by": by},
        reason=why or None,
    )
    tickets.move(session, actor, ticket, TicketState.READY, why=why)
    return row


def latest(session: Session, ticket: Ticket) -> Release | None:
    return session.scalar(
        select(Release).where(Release.ticket_id == ticket.id).order_by(Release.id.desc()).limit(1)
    )


def not_released(session: Session, actor: Actor, ticket: Ticket) -> Iterator[Reason]:  # noqa: ARG001
    """The guard before `ready`: nobody moves a robot past the release on the board."""
    arrived = session.scalar(
        select(TicketChange.at)
        .where(TicketChange.ticket_id == ticket.id, TicketChange.to_state == ticket.state)
        .order_by(TicketChange.version.desc())
        .limit(1)
    )
    row = latest(session, ticket)
    if row is None or (arrived is not None and row.at < arrived):
        yield Reason(
            msg("{number} is released first.", number=tickets.label(ticket)),
            f"{tickets.page(ticket)}/work#release",
        )


def _overridden(found: Sequence[Reason], override: Override | None) -> tuple[str, str]:
    """Who lets the robot go all the same, and why; nothing where nothing speaks against it."""
    if not found:
        return "", ""
    if override is None:
        raise NotYet(found[0].text, link=found[0].link or None)
    override.manager.require("service.override")
    why = words.why(override.reason, most=_LONGEST_REASON)
    return override.manager.name, why


def _standing(session: Session, ticket: Ticket) -> Standing:
    return Standing(
        undone=linesdone.open_lines(session, ticket),
        running=labour.still_running(session, ticket),
        lying=issuing.outstanding(session, ticket.store_id, tickets.reference(ticket)),
        passed=quality.passed(session, ticket),
    )


def _own(ticket: Ticket, standing: Standing) -> list[Answer]:
    """What the workshop itself asks. What was declined is not worked on."""
    is_work = ticket.state is not TicketState.DECLINED
    work = linesdone.against(ticket, standing.undone, standing.running) if is_work else ()
    return [
        Answer("work", msg("Work done"), tuple(work)),
        Answer("parts", msg("Parts settled"), tuple(acceptance.against(ticket, standing.lying))),
        Answer(
            "check",
            msg("Checked by a second person"),
            tuple(quality.against(ticket, standing.passed)),
        ),
    ]

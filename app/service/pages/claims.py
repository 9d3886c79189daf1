"""Claims as pages: the list, how old they are, one claim and its steps, its file."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel.actor import Actor
from app.kernel.csvfile import MEDIA_TYPE
from app.kernel.errors import Refused as RefusedByRule
from app.kernel.errors import StoreError
from app.kernel.money import Money
from app.kernel.text import msg
from app.robots.counters import COUNTER_LABELS
from app.robots.slot_models import Counter
from app.robots.slotnames import name_of
from app.service import claimfacts, claimfile, claimlists, claims, faults, tickets
from app.service.claim_models import Claim, ClaimState
from app.service.claims import CLAIM_LABELS, CLAIM_MOVES
from app.service.estimateforms import ClaimForm
from app.service.payers import PAYER_LABELS
from app.service.states import FaultKind
from app.stores import desk
from app.web.errors import status_of
from app.web.forms import problems_of
from app.web.i18n import language_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Number

router = APIRouter(prefix="/service/claims")

CLAIM_TONES: dict[ClaimState, str] = {
    ClaimState.DRAFT: "hold",
    ClaimState.SUBMITTED: "info",
    ClaimState.RESUBMITTED: "info",
    ClaimState.ACCEPTED: "ok",
    ClaimState.SETTLED: "ok",
    ClaimState.SHORT_PAID: "warn",
    ClaimState.REJECTED: "bad",
    ClaimState.WRITTEN_OFF: "",
}


@router.get("")
def list_claims(
    request: Request, session: ReadSession, actor: SignedIn, state: str = "", cursor: str = ""
) -> Response:
    wanted = ClaimState(state) if state in set(ClaimState) else None
    return render(
        request,
        "service/claims.html",
        page=claimlists.page(session, actor, state=wanted, cursor=cursor),
        chosen=wanted.value if wanted else "",
        cursor=cursor,
        ageing=claimlists.ageing(session, actor),
        ages=[word for _, word in claimlists.AGES],
        states=CLAIM_LABELS,
        tones=CLAIM_TONES,
        payers=PAYER_LABELS,
        label=claims.label,
        claim_page=claims.page,
        amount=claims.amount_of,
        ticket_label=tickets.label,
        ticket_page=tickets.page,
    )


@router.get("/{number}")
def show_claim(request: Request, session: ReadSession, actor: SignedIn, number: Number) -> Response:
    return _page(request, session, actor, number)


@router.get("/{number}/file.pdf")
def claim_pdf(request: Request, session: ReadSession, actor: SignedIn, number: Number) -> Response:
    claim = _asked(session, actor, number)
    ticket = tickets.by_id(session, actor, claim.ticket_id)
    store = desk.store_of(session, actor.store_id)
    content = claimfile.paper(session, claim, ticket, store, language_of(request))
    name = f"{claims.label(claim)}.pdf"
    session.rollback()  # a PDF takes a second
    return _file(claimfile.pdf_of(content), "application/pdf", name)


@router.get("/{number}/file.csv")
def claim_csv(session: ReadSession, actor: SignedIn, number: Number) -> Response:
    claim = _asked(session, actor, number)
    ticket = tickets.by_id(session, actor, claim.ticket_id)
    return _file(claimfile.csv(claim, ticket), MEDIA_TYPE, f"{claims.label(claim)}.csv")


@router.post("/{number}")
@once
def take_step(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[ClaimForm, Form()],
) -> Response:
    """Submit, answer, submit again, settle, write off: which one stands in `step`."""
    claim = _asked(session, actor, number)
    try:
        _step(session, actor, claim, form)
    except StoreError as refusal:
        session.rollback()
        return _page(request, session, actor, number, form=form, refusal=refusal)
    return RedirectResponse(claims.page(claim), 303)


def _step(session: Session, actor: Actor, claim: Claim, form: ClaimForm) -> None:
    match form.step:
        case "submit":
            claims.submit(session, actor, claim, debtor=form.debtor)
        case "answer":
            claims.answer(
                session,
                actor,
                claim,
                granted=form.read_granted(claim.currency),
                note=form.note,
                their_reference=form.their_reference,
            )
        case "resubmit":
            claims.resubmit(session, actor, claim, note=form.note)
        case "settle":
            claims.settle(session, actor, claim, note=form.note)
        case "write_off":
            claims.write_off(session, actor, claim, note=form.note)
        case _:
            raise RefusedByRule(msg("Please choose one of the list."), field="form")


def _page(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    *,
    form: ClaimForm | None = None,
    refusal: StoreError | None = None,
) -> Response:
    claim = _asked(session, actor, number)
    ticket = tickets.by_id(session, actor, claim.ticket_id)
    currency = claim.currency
    return render(
        request,
        "service/claim.html",
        status=status_of(refusal) if refusal else 200,
        claim=claim,
        ticket=ticket,
        label=claims.label(claim),
        here=claims.page(claim),
        amount=claims.amount_of(claim),
        granted=None if claim.granted_minor is None else Money(claim.granted_minor, currency),
        lines=[(line, Money(line.amount_minor, currency)) for line in claim.lines],
        steps=[
            (one, None if one.amount_minor is None else Money(one.amount_minor, currency))
            for one in reversed(claim.steps)
        ],
        next_states={state.value for state in CLAIM_MOVES.allowed(claim.state)},
        old_parts=claimfacts.old_parts(session, ticket),
        found=claimfacts.faults_read(claim),
        counters=[
            (COUNTER_LABELS[Counter(word)], count)
            for word, count in claimfacts.counters_read(claim).items()
        ],
        codes=faults.codes_of(session, actor.store_id),
        kinds=FaultKind,
        states=CLAIM_LABELS,
        tones=CLAIM_TONES,
        payers=PAYER_LABELS,
        name_of=name_of,
        ticket_label=tickets.label(ticket),
        ticket_page=tickets.page(ticket),
        today=desk.business_day_of(desk.store_of(session, actor.store_id)),
        typed=form.typed() if form else _empty(),
        problems=problems_of(refusal) if refusal else {},
        refusal=refusal,
    )


def _asked(session: Session, actor: Actor, number: int) -> Claim:
    actor.require("service.claims")
    return claims.by_number(session, actor, number)


def _empty() -> dict[str, Any]:
    return ClaimForm().typed()


def _file(content: bytes, media_type: str, name: str) -> Response:
    return Response(
        content,
        media_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )

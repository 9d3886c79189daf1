"""A ticket's estimate, its decisions and the robot's way back, as JSON."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from app.identity.guard import ApiReading, ApiWriting
from app.kernel.errors import NotFound
from app.kernel.signatures import Signed
from app.kernel.text import msg
from app.payments import issuing
from app.payments.taxforms import TaxIn
from app.payments.treatments import Treatment
from app.robots import warrantycover
from app.service import (
    acceptance,
    decisions,
    estimates,
    lines,
    sending,
    taxchoice,
    tickets,
    totals,
)
from app.service.api.asked import asked_ticket
from app.service.decisions import Answer
from app.service.estimate_models import Estimate, EstimateLine, EstimateState, How, LineKind
from app.service.estimates import Sheet
from app.service.lineitems import LineInput
from app.service.models import Ticket
from app.service.payers import Measure, Payer, Share
from app.service.states import TicketState
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import MoneyOut, PriceIn, Sent, Words

router = APIRouter(prefix="/api/v1/tickets", tags=["service"])

_Number = Annotated[str, Path(max_length=20, description="`T-12`, or 12.")]
_MOST_AT_ONCE = 200


class ShareIn(Sent):
    """Basis points (`percent`), minor units (`amount`), or what the others leave (`rest`)."""

    payer: Annotated[Payer, Field(strict=False)]
    measure: Annotated[Measure, Field(strict=False)]
    value: Annotated[int, Field(ge=0, le=10**14)] = 0
    reference: Annotated[str, Field(max_length=64)] = ""

    def read(self) -> Share:
        return Share(self.payer, self.measure, self.value, self.reference)


class LineIn(Sent):
    """By `code` an operation or a part; without, a fee, freight, or work by the minute."""

    code: Annotated[str, Field(max_length=64)] = ""
    kind: Annotated[LineKind, Field(strict=False)] = LineKind.FEE
    description: Words = ""
    quantity: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    minutes: Annotated[int, Field(ge=0, le=6_000)] = 0
    price: PriceIn | None = None
    price_reason: Words = ""
    slot: Annotated[str, Field(max_length=160)] = ""
    shares: Annotated[list[ShareIn], Field(max_length=6)] | None = None

    def read(self) -> LineInput:
        return LineInput(
            code=self.code,
            kind=self.kind,
            description=self.description,
            quantity=self.quantity,
            minutes=self.minutes,
            price=self.price.money() if self.price else None,
            price_reason=self.price_reason,
            slot_path=self.slot,
            shares=None if self.shares is None else tuple(one.read() for one in self.shares),
        )


class EstimateIn(Sent):
    """Lines to add to the ticket's draft; with `send` the customer sees it from then on."""

    lines: Annotated[list[LineIn], Field(max_length=_MOST_AT_ONCE)] = []
    note: Annotated[str, Field(max_length=2_000)] | None = None
    send: bool = False


class ApproveIn(Sent):
    """What was decided of which lines, by key: all at once, or one after the other."""

    version: Annotated[int, Field(ge=1, le=10**6)]
    lines: Annotated[dict[str, bool], Field(max_length=500)]
    by: Annotated[str, Field(min_length=1, max_length=200)]
    how: Annotated[How, Field(strict=False)] = How.PROGRAM


class ReturnIn(Sent):
    """Who takes the robot over, and what came of the repair."""

    signer: Annotated[str, Field(min_length=1, max_length=200)]
    outcome: Annotated[str, Field(max_length=10_000)] = ""
    note: Annotated[str, Field(max_length=2_000)] = ""


class ShareOut(BaseModel):
    payer: Payer
    measure: Measure
    value: int
    amount: MoneyOut
    reference: str


class DecisionOut(BaseModel):
    approved: bool
    by: str
    how: How
    at: datetime
    sha256: str


class LineOut(BaseModel):
    key: str
    kind: LineKind
    description: str
    part_number: str
    operation: str
    slot: str
    quantity: int
    minutes: int
    unit_price: MoneyOut
    total: MoneyOut
    tax_bp: int
    shares: list[ShareOut]
    decision: DecisionOut | None

    @classmethod
    def of(cls, line: EstimateLine, currency: str) -> "LineOut":
        decision = line.decision
        return cls(
            key=line.key,
            kind=line.kind,
            description=line.description,
            part_number=line.part_number,
            operation=line.operation_code,
            slot=line.slot_path,
            quantity=line.quantity,
            minutes=line.minutes,
            unit_price=MoneyOut.minor(line.unit_price_minor, currency),
            total=MoneyOut.minor(line.total_minor, currency),
            tax_bp=line.tax_bp,
            shares=[
                ShareOut(
                    payer=share.payer,
                    measure=share.measure,
                    value=share.value,
                    amount=MoneyOut.minor(share.amount_minor, currency),
                    reference=share.reference,
                )
                for share in line.shares
            ],
            decision=None
            if decision is None
            else DecisionOut(
                approved=decision.approved,
                by=decision.by,
                how=decision.how,
                at=decision.at,
                sha256=decision.sha256,
            ),
        )


class PayerOut(BaseModel):
    """What one payer pays, tax included and computed once per rate."""

    payer: Payer
    net: MoneyOut
    tax: MoneyOut
    gross: MoneyOut


class EstimateOut(BaseModel):
    """One version. `sha256` is of what was sent; empty for a draft."""

    ticket: str
    version: int
    state: EstimateState
    note: str
    sent_at: datetime | None
    decided_at: datetime | None
    sha256: str
    tax_treatment: Treatment = Field(
        description="How the customer's part is taxed: by rule, unless `tax_reason` says why not."
    )
    tax_reason: str
    lines: list[LineOut]
    payers: list[PayerOut]

    @classmethod
    def of(cls, ticket: Ticket, estimate: Estimate) -> "EstimateOut":
        sums = totals.sums(estimate, estimate.lines)
        return cls(
            ticket=tickets.label(ticket),
            version=estimate.version,
            state=estimate.state,
            note=estimate.note,
            sent_at=estimate.sent_at,
            decided_at=estimate.decided_at,
            sha256=estimate.sha256,
            tax_treatment=estimate.tax_treatment,
            tax_reason=estimate.tax_reason,
            lines=[LineOut.of(line, estimate.currency) for line in estimate.lines],
            payers=[
                PayerOut(
                    payer=one.payer,
                    net=MoneyOut.of(one.net),
                    tax=MoneyOut.of(one.tax),
                    gross=MoneyOut.of(one.gross),
                )
                for one in sums.payers
            ],
        )


class ReturnOut(BaseModel):
    """`closed` is false while something is still to do before the ticket closes."""

    ticket: str
    state: TicketState
    closed: bool
    signer: str
    protocol: str


@router.get("/{number}/estimate", responses=refusals(404))
def show_estimate(
    session: ReadSession, actor: ApiReading, *, number: _Number, version: int | None = None
) -> EstimateOut:
    """The newest version, or one by its number."""
    actor.require("service.view")
    ticket = asked_ticket(session, actor, number)
    if version is not None and 0 < version < 10**6:
        return EstimateOut.of(ticket, estimates.by_version(session, ticket, version))
    found = estimates.newest(session, ticket)
    if found is None:
        raise NotFound(msg("Nothing is estimated yet"))
    return EstimateOut.of(ticket, found)


@router.post("/{number}/estimate", status_code=201, responses=refusals_of_writing(404))
@once
def write_estimate(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: _Number,
    sent: EstimateIn,
) -> EstimateOut:
    """Add lines to the draft (begun where there is none), and send it if asked. All or nothing."""
    ticket = asked_ticket(session, actor, number)
    sheet = estimates.draft(session, actor, ticket)
    cover = warrantycover.cover_of(session, actor, ticket.unit) if sent.lines else None
    for line in sent.lines:
        lines.add(session, actor, sheet, line.read(), cover=cover)
    if sent.note is not None:
        estimates.write_note(session, actor, sheet, sent.note)
    estimate = estimates.loaded(session, sheet.estimate.id)
    if sent.send:
        sending.send(session, actor, Sheet(ticket, estimate))
    return EstimateOut.of(ticket, estimate)


@router.post("/{number}/approve", responses=refusals_of_writing(404))
@once
def approve(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: _Number,
    sent: ApproveIn,
) -> EstimateOut:
    """Write down what the customer decided. 409 where a newer version was sent."""
    ticket = asked_ticket(session, actor, number)
    estimate = estimates.by_version(session, ticket, sent.version)
    answer = Answer(sent.lines, by=sent.by, how=sent.how, noted_by=actor.name)
    decisions.decide(session, actor, Sheet(ticket, estimate), answer)
    return EstimateOut.of(ticket, estimates.loaded(session, estimate.id))


@router.post("/{number}/tax", responses=refusals_of_writing(404))
@once
def tax_repair(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: _Number,
    sent: TaxIn,
) -> EstimateOut:
    """Tax what the customer pays otherwise than by rule, with a reason; or by rule again. 409 once
    money has come or the invoice is issued.
    """
    ticket = asked_ticket(session, actor, number)
    if sent.treatment is None:
        taxchoice.by_rule(session, actor, ticket)
    else:
        taxchoice.choose(session, actor, ticket, sent.treatment, reason=sent.reason)
    found = estimates.newest(session, ticket)
    if found is None:
        raise NotFound(msg("Nothing is estimated yet"))
    return EstimateOut.of(ticket, found)


@router.post("/{number}/return", responses=refusals_of_writing(404))
@once
def give_back(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    *,
    number: _Number,
    sent: ReturnIn,
) -> ReturnOut:
    """The customer takes the robot over, signing by name. 409 while something is due."""
    ticket = asked_ticket(session, actor, number)
    row = acceptance.give_back(
        session, actor, ticket, signed=Signed(sent.signer), outcome=sent.outcome, note=sent.note
    )
    return ReturnOut(
        ticket=tickets.label(ticket),
        state=ticket.state,
        closed=ticket.state is TicketState.CLOSED,
        signer=row.signer,
        protocol=issuing.document(session, actor, row.document_id).label,
    )

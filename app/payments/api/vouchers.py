"""The vouchers that customers used, and claims on authorities, as JSON."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, UploadFile
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.identity.guard import ApiReading, ApiWriting
from app.kernel import uploads
from app.kernel.actor import Actor
from app.kernel.errors import Invalid
from app.kernel.money import Money
from app.kernel.text import Text, msg
from app.payments import schemes, voucherclaims, voucherdesk, voucherpapers, vouchers
from app.payments.voucher_models import Voucher
from app.payments.voucherdesk import ClaimRow, Row
from app.web.files import files_of
from app.web.idempotent import once
from app.web.problems import refusals, refusals_of_writing
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Cursor, MoneyOut, Number, PageOut, PriceIn, RowId, Sent, Words

router = APIRouter(prefix="/api/v1", tags=["vouchers"])
Id = Annotated[int, Field(ge=1, le=2**63 - 1)]


class FileOut(BaseModel):
    """A file that shows one of the papers asked for."""

    id: int
    paper: int
    name: str
    media_type: str
    sha256: str
    at: datetime
    by: str


class VoucherOut(BaseModel):
    """`reference` names the sale (`order:12`); `missing` are the papers that are still asked for.
    `open` below nothing is to be sent back to the authority.
    """

    id: int
    code: str
    scheme: int
    customer: int
    reference: str
    used_on: date
    days: int
    evidence: str
    amount: MoneyOut
    back: MoneyOut
    paid: MoneyOut
    charged: MoneyOut
    lost: MoneyOut
    open: MoneyOut
    claim: int | None
    missing: list[str]


class OneVoucherOut(VoucherOut):
    files: list[FileOut]


class AgeOut(BaseModel):
    """What is owed for sales that are this old; the last bucket has no end."""

    from_days: int
    to_days: int | None
    open: MoneyOut


class AgeingOut(BaseModel):
    buckets: list[AgeOut]


class ClaimIn(Sent):
    """Without `vouchers`: all of the scheme that wait."""

    scheme: Id
    vouchers: Annotated[list[Id], Field(min_length=1, max_length=1000)] | None = None


class PaidIn(Sent):
    voucher: Id
    amount: PriceIn


class AnswerIn(Sent):
    """What the authority paid for each voucher of the claim, and the transfer's text."""

    paid: Annotated[list[PaidIn], Field(max_length=1000)]
    note: Words


class ClaimOut(BaseModel):
    number: int
    scheme: int
    sent_at: datetime
    sent_by: str
    days: int
    vouchers: int
    asked: MoneyOut
    paid: MoneyOut
    open: MoneyOut
    settled_at: datetime | None
    note: str


class OneClaimOut(ClaimOut):
    rows: list[VoucherOut]


@router.get("/vouchers", responses=refusals(404))
def list_vouchers(
    session: ReadSession,
    actor: ApiReading,
    *,
    waiting_of: Annotated[int | None, Field(ge=1, le=2**63 - 1)] = None,
    owed_back: bool = False,
    cursor: Cursor = "",
) -> PageOut[VoucherOut]:
    """Every voucher that was used, the oldest first, 50 a page; `waiting_of` a scheme those that
    wait to be claimed, `owed_back` those that go back to their authority.
    """
    voucherdesk.require_view(actor)
    after = cursor or None
    if waiting_of is not None:
        scheme = schemes.by_id(session, actor, waiting_of)
        page = voucherdesk.waiting_page(session, scheme, cursor=after)
    elif owed_back:
        page = voucherdesk.owed_back(session, actor.store_id, cursor=after)
    else:
        page = voucherdesk.all_of(session, actor.store_id, cursor=after)
    return PageOut(items=[_voucher(row) for row in page.items], next=page.next)


@router.get("/vouchers/ageing", responses=refusals())
def show_ageing(session: ReadSession, actor: ApiReading) -> AgeingOut:
    """What authorities owe, by the age of the sale in days of the store."""
    voucherdesk.require_view(actor)
    begins = (0, *(days + 1 for days in voucherdesk.BUCKETS))
    ends = (*voucherdesk.BUCKETS, None)
    amounts = [amount for _, amount in voucherdesk.ageing(session, actor.store_id)]
    return AgeingOut(
        buckets=[
            AgeOut(from_days=begin, to_days=end, open=MoneyOut.of(amount))
            for begin, end, amount in zip(begins, ends, amounts, strict=True)
        ]
    )


@router.get("/vouchers/{voucher_id}", responses=refusals(404))
def show_voucher(session: ReadSession, actor: ApiReading, voucher_id: RowId) -> OneVoucherOut:
    """A voucher with its files."""
    actor.require("orders.view")
    return _one(session, vouchers.by_id(session, actor, voucher_id).id)


@router.post("/vouchers/{voucher_id}/papers", status_code=201, responses=refusals_of_writing(404))
@once
def add_voucher_paper(
    request: Request,
    session: WriteSession,
    actor: ApiWriting,
    *,
    voucher_id: RowId,
    file: Annotated[UploadFile, File(description="A PDF, PNG or JPEG of at most 20 MB.")],
    paper: Annotated[int, Form(ge=1, le=2**63 - 1)],
) -> OneVoucherOut:
    """A file that shows `paper`, one of those that the scheme asks for."""
    actor.require("counter.sell")
    found = vouchers.by_id(session, actor, voucher_id)
    # one byte more than allowed is enough to be refused
    upload = uploads.read_document(file.file.read(uploads.MOST_BYTES + 1))
    voucherpapers.attach(session, actor, found, paper, upload, name=file.filename or "")
    files_of(request).put(upload.content)
    return _one(session, found.id)


@router.post("/vouchers/{voucher_id}/send-back", responses=refusals_of_writing(404))
@once
def send_voucher_back(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    voucher_id: RowId,
) -> OneVoucherOut:
    """What was paid for a sale that came back was sent back to the authority by bank."""
    return _one(session, voucherclaims.send_back(session, actor, voucher_id).id)


@router.get("/voucher-claims", responses=refusals())
def list_voucher_claims(
    session: ReadSession, actor: ApiReading, *, settled: bool = False, cursor: Cursor = ""
) -> PageOut[ClaimOut]:
    """Claims without an answer, the oldest first; or those answered, the newest first."""
    voucherdesk.require_view(actor)
    page = voucherdesk.claims(session, actor.store_id, settled=settled, cursor=cursor or None)
    return PageOut(items=[ClaimOut(**_claim(row)) for row in page.items], next=page.next)


@router.post("/voucher-claims", status_code=201, responses=refusals_of_writing(404))
@once
def send_claim(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    body: ClaimIn,
) -> OneClaimOut:
    """Ask an authority for vouchers of its scheme; 422 while a paper is missing."""
    scheme = schemes.by_id(session, actor, body.scheme)
    made = voucherclaims.send(session, actor, scheme, body.vouchers)
    return _one_claim(session, actor, made.number)


@router.get("/voucher-claims/{number}", responses=refusals(404))
def show_voucher_claim(session: ReadSession, actor: ApiReading, number: Number) -> OneClaimOut:
    voucherdesk.require_view(actor)
    return _one_claim(session, actor, number)


@router.post("/voucher-claims/{number}/settle", responses=refusals_of_writing(404))
@once
def settle_claim(
    request: Request,  # noqa: ARG001 - `once` asks for it
    session: WriteSession,
    actor: ApiWriting,
    number: Number,
    body: AnswerIn,
) -> OneClaimOut:
    """The authority's answer: each voucher of the claim is named once."""
    found = voucherclaims.by_number(session, actor, number)
    paid: dict[int, Money] = {}
    known = {voucher.id for voucher in voucherclaims.of_claim(session, found.id)}
    problems: dict[str, Text] = {}
    for index, row in enumerate(body.paid):
        if row.voucher not in known or row.voucher in paid:
            problems[f"paid.{index}.voucher"] = msg(
                "The claim has no such voucher, or has it twice."
            )
        paid[row.voucher] = row.amount.money()
    if problems:
        raise Invalid(msg("Please look at the marked fields."), problems=problems)
    voucherclaims.settle(session, actor, found, paid, note=body.note)
    return _one_claim(session, actor, number)


def _voucher(row: Row) -> VoucherOut:
    voucher = row.voucher
    return VoucherOut(
        id=voucher.id,
        code=voucher.code,
        scheme=row.scheme.id,
        customer=row.customer.number,
        reference=row.reference,
        used_on=voucher.used_on,
        days=row.days,
        evidence=voucher.evidence,
        amount=MoneyOut.of(row.amount),
        back=MoneyOut.minor(voucher.back_minor, voucher.currency),
        paid=MoneyOut.of(row.paid),
        charged=MoneyOut.of(row.charged),
        lost=MoneyOut.of(row.lost),
        open=MoneyOut.of(row.open),
        claim=row.claim_number,
        missing=list(row.lacks),
    )


def _one(session: Session, voucher_id: int) -> OneVoucherOut:
    found = session.get_one(Voucher, voucher_id)
    return OneVoucherOut(
        **dict(_voucher(voucherdesk.row_of(session, found))),
        files=[
            FileOut(
                id=file.id,
                paper=file.paper_id,
                name=file.name,
                media_type=file.media_type,
                sha256=file.sha256,
                at=file.at,
                by=file.by,
            )
            for file in voucherpapers.of_voucher(session, found)
        ],
    )


def _claim(row: ClaimRow) -> dict[str, object]:
    return {
        "number": row.claim.number,
        "scheme": row.scheme.id,
        "sent_at": row.claim.sent_at,
        "sent_by": row.claim.sent_by,
        "days": row.days,
        "vouchers": row.count,
        "asked": MoneyOut.of(row.asked),
        "paid": MoneyOut.of(row.paid),
        "open": MoneyOut.of(row.open),
        "settled_at": row.claim.settled_at,
        "note": row.claim.note,
    }


def _one_claim(session: Session, actor: Actor, number: int) -> OneClaimOut:
    found = voucherclaims.by_number(session, actor, number)
    return OneClaimOut(
        **_claim(voucherdesk.claim_row(session, found)),
        rows=[_voucher(row) for row in voucherdesk.rows_of_claim(session, found)],
    )

"""The desk at which authorities are asked for what their vouchers paid, and a voucher's papers."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request, UploadFile
from pydantic import ConfigDict, Field
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from app.identity.guard import Acting, SignedIn
from app.kernel import csvfile, uploads
from app.kernel.actor import Actor
from app.kernel.errors import Invalid, Refused, StoreError
from app.kernel.money import Money, parse_money
from app.kernel.quantity import row_number
from app.kernel.text import Text, msg
from app.payments import (
    issuing,
    schemes,
    voucherclaims,
    voucherdesk,
    voucherfiles,
    voucherpapers,
    voucherrest,
    vouchers,
)
from app.payments.voucher_models import Voucher
from app.web.errors import status_of
from app.web.files import file_response, files_of
from app.web.forms import Reading, StoreForm, Typed, problems_of
from app.web.idempotent import once
from app.web.rendering import render
from app.web.sessions import ReadSession, WriteSession
from app.web.wire import Number, RowId

router = APIRouter()
DESK = "/books/vouchers"
LISTS: dict[str, Text] = {
    "waiting": msg("To be claimed"),
    "claimed": msg("With the authority"),
    "settled": msg("Answered"),
    "back": msg("To be sent back"),
    "all": msg("All vouchers"),
}


class ClaimForm(StoreForm):
    """The vouchers that are claimed; without any said, all that wait."""

    voucher: Annotated[list[Typed], Field(default_factory=list, max_length=500)]
    chosen: Typed = ""

    def ids(self) -> list[int] | None:
        if not self.chosen and not self.voucher:
            return None
        found = [row_number(one) for one in self.voucher]
        if not found:
            raise Refused(msg("Choose what is claimed."))
        return [one or 0 for one in found]


class SettleForm(StoreForm):
    """Fields `paid-12` say what came for each voucher."""

    model_config = ConfigDict(extra="allow")

    note: Typed = ""

    def read(self, batch: list[Voucher]) -> dict[int, Money]:
        seen = Reading()
        paid = {
            voucher.id: seen.take(
                f"paid-{voucher.id}",
                partial(self._paid, voucher),
                Money(0, voucher.currency),
            )
            for voucher in batch
        }
        seen.done()
        return paid

    def _paid(self, voucher: Voucher) -> Money:
        field = f"paid-{voucher.id}"
        text = str((self.model_extra or {}).get(field, ""))[:40]
        return parse_money(text, voucher.currency, field=field)


@router.get(DESK)
def show_desk(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    show: str = "waiting",
    cursor: str | None = None,
) -> Response:
    """What waits to be claimed, what was claimed, and what goes back; and how old it all is."""
    voucherdesk.require_view(actor)
    chosen = show if show in LISTS else "waiting"
    page: Any = None
    if chosen in ("claimed", "settled"):
        page = voucherdesk.claims(
            session, actor.store_id, settled=chosen == "settled", cursor=cursor
        )
    elif chosen == "back":
        page = voucherdesk.owed_back(session, actor.store_id, cursor=cursor)
    elif chosen == "all":
        page = voucherdesk.all_of(session, actor.store_id, cursor=cursor)
    return render(
        request,
        "payments/vouchers.html",
        shown=chosen,
        lists=LISTS,
        page=page,
        cursor=cursor,
        waiting=(
            voucherdesk.schemes_waiting(session, actor.store_id) if chosen == "waiting" else []
        ),
        ageing=voucherdesk.ageing(session, actor.store_id),
    )


@router.get(DESK + "/schemes/{scheme_id}")
def show_waiting(
    request: Request,
    session: ReadSession,
    actor: SignedIn,
    scheme_id: RowId,
    cursor: str | None = None,
) -> Response:
    """The vouchers of one scheme that wait, and what each still lacks."""
    voucherdesk.require_view(actor)
    return _waiting(request, session, actor, scheme_id, cursor=cursor)


@router.post(DESK + "/claim/{scheme_id}")
@once
def claim(
    request: Request,
    session: WriteSession,
    actor: Acting,
    scheme_id: RowId,
    form: Annotated[ClaimForm, Form()],
) -> Response:
    try:
        scheme = schemes.by_id(session, actor, scheme_id)
        made = voucherclaims.send(session, actor, scheme, form.ids())
    except StoreError as refusal:
        session.rollback()
        return _waiting(request, session, actor, scheme_id, chosen=form.voucher, refusal=refusal)
    return RedirectResponse(f"{DESK}/claims/{made.number}", 303)


@router.get(DESK + "/claims/{number}")
def show_claim(request: Request, session: ReadSession, actor: SignedIn, number: Number) -> Response:
    voucherdesk.require_view(actor)
    return _claim(request, session, actor, number)


@router.get(DESK + "/claims/{number}/claim.csv")
def claim_file(session: ReadSession, actor: SignedIn, number: Number) -> Response:
    """A claim as a table, for the authority's portal."""
    voucherdesk.require_view(actor)
    found = voucherclaims.by_number(session, actor, number)
    return Response(
        voucherfiles.claim_table(session, found),
        media_type=csvfile.MEDIA_TYPE,
        headers=_download(f"claim-{number}.csv"),
    )


@router.get(DESK + "/claims/{number}/pack.zip")
def claim_pack(request: Request, session: ReadSession, actor: SignedIn, number: Number) -> Response:
    """The same with every paper."""
    voucherdesk.require_view(actor)
    found = voucherclaims.by_number(session, actor, number)
    return Response(
        voucherfiles.claim_pack(session, found, files_of(request)),
        media_type="application/zip",
        headers=_download(f"claim-{number}.zip"),
    )


@router.post(DESK + "/{number}/settle")
@once
def settle(
    request: Request,
    session: WriteSession,
    actor: Acting,
    number: Number,
    form: Annotated[SettleForm, Form()],
) -> Response:
    try:
        found = voucherclaims.by_number(session, actor, number)
        paid = form.read(voucherclaims.of_claim(session, found.id))
        voucherclaims.settle(session, actor, found, paid, note=form.note)
    except StoreError as refusal:
        session.rollback()
        return _claim(request, session, actor, number, typed=form.typed(), refusal=refusal)
    return RedirectResponse(f"{DESK}/claims/{number}", 303)


@router.post(DESK + "/send-back/{voucher_id}")
@once
def send_back(
    request: Request,
    session: WriteSession,
    actor: Acting,
    voucher_id: RowId,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - carries the CSRF token
) -> Response:
    return _done(
        request,
        session,
        actor,
        voucher_id,
        lambda: voucherclaims.send_back(session, actor, voucher_id),
    )


@router.get(DESK + "/{voucher_id}")
def show_voucher(
    request: Request, session: ReadSession, actor: SignedIn, voucher_id: RowId
) -> Response:
    """A voucher with its papers, its sale, and what became of its money."""
    actor.require("orders.view")
    return _voucher(request, session, actor, voucher_id)


@router.post(DESK + "/{voucher_id}/papers")
@once
def add_paper(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    voucher_id: RowId,
    paper: Annotated[Typed, Form()] = "",
    token: Annotated[Typed, Form()] = "",  # noqa: ARG001 - `once` reads it
    file: UploadFile | None = None,
) -> Response:
    def act() -> None:
        voucher = vouchers.by_id(session, actor, voucher_id)
        actor.require("counter.sell")
        # one byte more than allowed is enough to be refused
        data = file.file.read(uploads.MOST_BYTES + 1) if file else b""
        upload = uploads.read_document(data, field=f"file-{paper}"[:30])
        name = (file.filename or "") if file else ""
        voucherpapers.attach(session, actor, voucher, row_number(paper) or 0, upload, name=name)
        files_of(request).put(upload.content)

    return _done(request, session, actor, voucher_id, act)


@router.post(DESK + "/{voucher_id}/papers/{file_id}/remove")
@once
def remove_paper(
    request: Request,
    session: WriteSession,
    actor: Acting,
    *,
    voucher_id: RowId,
    file_id: RowId,
    form: Annotated[StoreForm, Form()],  # noqa: ARG001 - carries the CSRF token
) -> Response:
    def act() -> None:
        voucher = vouchers.by_id(session, actor, voucher_id)
        voucherpapers.take_away(session, actor, voucher, file_id)

    return _done(request, session, actor, voucher_id, act)


@router.get(DESK + "/{voucher_id}/papers/{file_id}")
def show_paper(
    request: Request, session: ReadSession, actor: SignedIn, *, voucher_id: RowId, file_id: RowId
) -> Response:
    actor.require("orders.view")
    voucher = vouchers.by_id(session, actor, voucher_id)
    found = voucherpapers.by_id(session, voucher, file_id)
    content = files_of(request).get(found.sha256)
    return file_response(content, media_type=found.media_type, name=found.name)


def _done(
    request: Request, session: Session, actor: Actor, voucher_id: int, act: Callable[[], object]
) -> Response:
    try:
        act()
    except StoreError as refusal:
        session.rollback()
        return _voucher(request, session, actor, voucher_id, refusal=refusal)
    return RedirectResponse(f"{DESK}/{voucher_id}", 303)


def _waiting(
    request: Request,
    session: Session,
    actor: Actor,
    scheme_id: int,
    *,
    cursor: str | None = None,
    chosen: list[str] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    scheme = schemes.by_id(session, actor, scheme_id)
    page = voucherdesk.waiting_page(session, scheme, cursor=cursor)
    return render(
        request,
        "payments/voucher_scheme.html",
        status=status_of(refusal) if refusal else 200,
        scheme=scheme,
        page=page,
        cursor=cursor,
        chosen=chosen,
        ready=sum(1 for row in page.items if not row.lacks),
        rests=schemes.REST_LABELS,
        problems=problems_of(refusal) if refusal else {},
    )


def _claim(
    request: Request,
    session: Session,
    actor: Actor,
    number: int,
    *,
    typed: dict[str, Any] | None = None,
    refusal: StoreError | None = None,
) -> Response:
    found = voucherclaims.by_number(session, actor, number)
    return render(
        request,
        "payments/voucher_claim.html",
        status=status_of(refusal) if refusal else 200,
        row=voucherdesk.claim_row(session, found),
        rows=voucherdesk.rows_of_claim(session, found),
        rests=schemes.REST_LABELS,
        typed=typed or {},
        problems=problems_of(refusal) if refusal else {},
    )


def _voucher(
    request: Request,
    session: Session,
    actor: Actor,
    voucher_id: int,
    *,
    refusal: StoreError | None = None,
) -> Response:
    voucher = vouchers.by_id(session, actor, voucher_id)
    row = voucherdesk.row_of(session, voucher)
    problems = problems_of(refusal) if refusal else {}
    if isinstance(refusal, Invalid):
        problems = {**problems, "form": refusal.message}
    return render(
        request,
        "payments/voucher.html",
        status=status_of(refusal) if refusal else 200,
        row=row,
        parts=list(_parts(voucher)),
        claim=voucherclaims.of_voucher(session, voucher),
        asked=schemes.papers_of(session, [voucher.scheme_id]).get(voucher.scheme_id, []),
        files=voucherpapers.of_voucher(session, voucher),
        documents=issuing.documents_of(session, voucher.store_id, row.reference),
        rest_bill=voucherrest.bill_of(session, voucher),
        problems=problems,
    )


def _parts(voucher: Voucher) -> Iterator[tuple[Text, Money]]:
    """What became of a voucher's money, as far as anything did."""
    for label, minor in (
        (msg("Paid for the sale"), voucher.amount_minor),
        (msg("Went back with the sale"), voucher.back_minor),
        (msg("Paid by the authority"), voucher.paid_minor),
        (msg("Charged to the customer"), voucher.charged_minor),
        (msg("Lost"), voucher.lost_minor),
    ):
        if minor:
            yield label, Money(minor, voucher.currency)


def _download(name: str) -> dict[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
    }

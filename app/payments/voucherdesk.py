"""What the claims desk shows: what waits, what was asked for, what goes back, and how old it is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session

from app.customers.models import Customer
from app.kernel.actor import Actor
from app.kernel.money import Money
from app.kernel.text import Text, msg
from app.payments import voucherpapers, vouchers
from app.payments.models import Bill
from app.payments.voucher_models import Voucher, VoucherClaim, VoucherScheme
from app.robots import addresses
from app.stores import desk
from app.web import paging

# The last day of each bucket, counted from the day of the sale; after the last one: older.
BUCKETS = (30, 60, 90)
BUCKET_LABELS: tuple[Text, ...] = (
    msg("up to 30 days"),
    msg("31 to 60 days"),
    msg("61 to 90 days"),
    msg("over 90 days"),
)
_answered = Voucher.paid_minor + Voucher.lost_minor + Voucher.charged_minor
OPEN = Voucher.amount_minor - Voucher.back_minor - _answered
_WAITS = (Voucher.claim_id.is_(None), Voucher.back_minor < Voucher.amount_minor)


@dataclass(frozen=True, slots=True)
class Row:
    """A voucher with its sale; `lacks` are the papers that its authority still asks for."""

    voucher: Voucher
    scheme: VoucherScheme
    customer: Customer
    reference: str
    open: Money
    days: int
    claim_number: int | None = None
    lacks: Sequence[str] = ()

    @property
    def page(self) -> str:
        return addresses.owner_page(self.reference)

    @property
    def sale(self) -> str:
        return self.reference.partition(":")[2]

    @property
    def amount(self) -> Money:
        return self._money(self.voucher.amount_minor)

    @property
    def paid(self) -> Money:
        return self._money(self.voucher.paid_minor)

    @property
    def charged(self) -> Money:
        return self._money(self.voucher.charged_minor)

    @property
    def lost(self) -> Money:
        return self._money(self.voucher.lost_minor)

    @property
    def to_send(self) -> Money:
        """What goes back to the authority: of what is too much, as far as it had paid."""
        return max(min(-self.open, self.paid), self._money(0))

    def _money(self, minor: int) -> Money:
        return Money(minor, self.voucher.currency)


@dataclass(frozen=True, slots=True)
class SchemeRow:
    """What waits of one scheme."""

    scheme: VoucherScheme
    count: int
    open: Money
    oldest_days: int


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim: what was asked for, what came of it, and what stands open."""

    claim: VoucherClaim
    scheme: VoucherScheme
    count: int
    asked: Money
    paid: Money
    open: Money
    days: int


def ageing(session: Session, store_id: int) -> list[tuple[Text, Money]]:
    """What authorities owe by the age of the sale, in days of the store."""
    store = desk.store_of(session, store_id)
    today = desk.business_day_of(store)
    ends = [today - timedelta(days=days) for days in BUCKETS]
    conditions: list[ColumnElement[bool]] = [
        Voucher.used_on >= ends[0],
        *(
            (Voucher.used_on < later) & (Voucher.used_on >= earlier)
            for later, earlier in pairwise(ends)
        ),
        Voucher.used_on < ends[-1],
    ]
    sums = session.execute(
        select(*(func.sum(case((each, OPEN), else_=0)) for each in conditions)).where(
            Voucher.store_id == store_id, OPEN > 0
        )
    ).one()
    return [
        (label, Money(int(minor or 0), store.currency))
        for label, minor in zip(BUCKET_LABELS, sums, strict=True)
    ]


def schemes_waiting(session: Session, store_id: int) -> list[SchemeRow]:
    """The schemes of which vouchers wait to be claimed, the longest waiting first."""
    today = desk.business_day_of(desk.store_of(session, store_id))
    oldest = func.min(Voucher.used_on)
    rows = session.execute(
        select(VoucherScheme, func.count(), func.sum(OPEN), oldest)
        .join(Voucher, Voucher.scheme_id == VoucherScheme.id)
        .where(VoucherScheme.store_id == store_id, *_WAITS)
        .group_by(VoucherScheme.id)
        .order_by(oldest, VoucherScheme.id)
    )
    return [
        SchemeRow(scheme, count, Money(int(minor), scheme.currency), (today - since).days)
        for scheme, count, minor, since in rows
    ]


def waiting_of(
    session: Session, scheme: VoucherScheme, voucher_ids: Collection[int] | None = None
) -> list[Voucher]:
    """The vouchers of a scheme that no claim has asked for, oldest first; of these, if any."""
    query = select(Voucher).where(Voucher.scheme_id == scheme.id, *_WAITS).order_by(Voucher.id)
    if voucher_ids is not None:
        query = query.where(Voucher.id.in_(voucher_ids))
    return list(session.scalars(query))


def waiting_page(
    session: Session, scheme: VoucherScheme, *, cursor: str | None
) -> paging.Page[Row]:
    """The same, 50 at a time, with what each still lacks."""
    query = _rows().where(Voucher.scheme_id == scheme.id, *_WAITS)
    return _page(session, query, scheme.store_id, cursor=cursor)


def owed_back(session: Session, store_id: int, *, cursor: str | None) -> paging.Page[Row]:
    """Vouchers that were answered, and whose sale came back afterwards."""
    return _page(
        session, _rows().where(Voucher.store_id == store_id, OPEN < 0), store_id, cursor=cursor
    )


def all_of(session: Session, store_id: int, *, cursor: str | None) -> paging.Page[Row]:
    """Every voucher that was used, oldest first."""
    return _page(session, _rows().where(Voucher.store_id == store_id), store_id, cursor=cursor)


def rows_of_claim(session: Session, claim: VoucherClaim) -> list[Row]:
    query = _rows().where(Voucher.claim_id == claim.id).order_by(Voucher.id)
    return _as_rows(session, query, claim.store_id)


def row_of(session: Session, voucher: Voucher) -> Row:
    """One of them."""
    (row,) = _as_rows(session, _rows().where(Voucher.id == voucher.id), voucher.store_id)
    return row


def claims(
    session: Session, store_id: int, *, settled: bool, cursor: str | None
) -> paging.Page[ClaimRow]:
    """Claims without an answer, the oldest first; or those that were answered, the newest first."""
    query = _claims().where(VoucherClaim.store_id == store_id)
    if settled:
        query = query.where(VoucherClaim.settled_at.is_not(None)).order_by(
            VoucherClaim.number.desc()
        )
    else:
        query = query.where(VoucherClaim.settled_at.is_(None)).order_by(VoucherClaim.number)
    if cursor:
        (last,) = paging.decode(cursor, int)
        past = VoucherClaim.number < last if settled else VoucherClaim.number > last
        query = query.where(past)
    rows = _as_claims(session, query.limit(paging.PAGE + 1), store_id)
    shown = rows[: paging.PAGE]
    following = paging.encode(shown[-1].claim.number) if len(rows) > paging.PAGE else None
    return paging.Page(shown, following)


def claim_row(session: Session, claim: VoucherClaim) -> ClaimRow:
    """One of them."""
    (row,) = _as_claims(session, _claims().where(VoucherClaim.id == claim.id), claim.store_id)
    return row


def require_view(actor: Actor) -> None:
    actor.require("books.view")


def _rows() -> Select[Voucher, VoucherScheme, Customer, str, int | None]:
    return (
        select(Voucher, VoucherScheme, Customer, Bill.reference, VoucherClaim.number)
        .join(VoucherScheme, VoucherScheme.id == Voucher.scheme_id)
        .join(Customer, Customer.id == Voucher.customer_id)
        .join(Bill, Bill.id == Voucher.bill_id)
        .outerjoin(VoucherClaim, VoucherClaim.id == Voucher.claim_id)
    )


def _page(
    session: Session,
    query: Select[Voucher, VoucherScheme, Customer, str, int | None],
    store_id: int,
    *,
    cursor: str | None,
) -> paging.Page[Row]:
    if cursor:
        (last_id,) = paging.decode(cursor, int)
        query = query.where(Voucher.id > last_id)
    rows = _as_rows(session, query.order_by(Voucher.id).limit(paging.PAGE + 1), store_id)
    shown = rows[: paging.PAGE]
    following = paging.encode(shown[-1].voucher.id) if len(rows) > paging.PAGE else None
    return paging.Page(shown, following)


def _as_rows(
    session: Session,
    query: Select[Voucher, VoucherScheme, Customer, str, int | None],
    store_id: int,
) -> list[Row]:
    today = desk.business_day_of(desk.store_of(session, store_id))
    found = list(session.execute(query))
    lacks = voucherpapers.missing(session, [voucher for voucher, *_ in found])
    return [
        Row(
            voucher,
            scheme,
            customer,
            reference,
            vouchers.open_value(voucher),
            (today - voucher.used_on).days,
            claim_number,
            lacks.get(voucher.id, ()),
        )
        for voucher, scheme, customer, reference, claim_number in found
    ]


def _claims() -> Select[VoucherClaim, VoucherScheme, int, int, int, int]:
    return (
        select(
            VoucherClaim,
            VoucherScheme,
            func.count(Voucher.id),
            func.coalesce(func.sum(Voucher.amount_minor), 0),
            func.coalesce(func.sum(Voucher.paid_minor), 0),
            func.coalesce(func.sum(OPEN), 0),
        )
        .join(VoucherScheme, VoucherScheme.id == VoucherClaim.scheme_id)
        .outerjoin(Voucher, Voucher.claim_id == VoucherClaim.id)
        .group_by(VoucherClaim.id, VoucherScheme.id)
    )


def _as_claims(
    session: Session,
    query: Select[VoucherClaim, VoucherScheme, int, int, int, int],
    store_id: int,
) -> list[ClaimRow]:
    store = desk.store_of(session, store_id)
    today: date = desk.business_day_of(store)
    return [
        ClaimRow(
            claim,
            scheme,
            count,
            Money(int(asked), scheme.currency),
            Money(int(paid), scheme.currency),
            Money(int(left), scheme.currency),
            (today - desk.business_day_of(store, claim.sent_at)).days,
        )
        for claim, scheme, count, asked, paid, left in session.execute(query)
    ]

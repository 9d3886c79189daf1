"""Schemes of authorities: set up once, ended by hand or by their last day at the store."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import Invalid, NotFound
from app.kernel.money import Money
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.payments.voucher_models import Buyers, VoucherScheme
from app.stores import desk

BUYER_LABELS: dict[Buyers, Text] = {
    Buyers.ANYBODY: msg("Anybody"),
    Buyers.PERSON: msg("Private persons"),
    Buyers.COMPANY: msg("Companies"),
}
_WHOLE_BP = 10_000


@dataclass(frozen=True, slots=True)
class SchemeInput:
    """`share_bp` 0: `most` is a fixed amount. A cap of 0 is none."""

    name: str
    authority: str
    most: Money
    valid_from: date
    valid_until: date
    share_bp: int = 0
    buyers: Buyers = Buyers.ANYBODY
    model_id: int | None = None
    per_buyer: int = 1
    in_all: int = 0
    evidence: str = ""


def create(session: Session, actor: Actor, said: SchemeInput) -> VoucherScheme:
    """A scheme that can be used from its first day on."""
    actor.require("vouchers.edit")
    store = desk.store_of(session, actor.store_id)
    name, authority = clean(said.name)[:200], clean(said.authority)[:200]
    problems: dict[str, Text] = {}
    if not name:
        problems["name"] = msg("Please fill this in.")
    elif _named(session, store.id, name) is not None:
        problems["name"] = msg("There is a scheme of this name.")
    if not authority:
        problems["authority"] = msg("Say who pays.")
    if said.most.minor <= 0 or said.most.currency != store.currency:
        problems["most"] = msg("Say how much is paid.")
    if not 0 <= said.share_bp <= _WHOLE_BP:
        problems["share"] = msg("A share is between 0 and 100 per cent.")
    if said.valid_until < said.valid_from:
        problems["valid_until"] = msg("This is before the first day.")
    if problems:
        raise Invalid(msg("Please look at the marked fields."), problems=problems)
    scheme = VoucherScheme(
        store_id=store.id,
        name=name,
        authority=authority,
        share_bp=said.share_bp,
        most_minor=said.most.minor,
        currency=said.most.currency,
        valid_from=said.valid_from,
        valid_until=said.valid_until,
        buyers=said.buyers,
        model_id=said.model_id,
        per_buyer=said.per_buyer,
        in_all=said.in_all,
        evidence=clean(said.evidence)[:200],
        made_at=clock.now(),
        made_by=actor.name,
    )
    session.add(scheme)
    session.flush()
    audit.record(
        session,
        actor,
        "scheme.created",
        subject=f"scheme:{scheme.id}",
        after={"name": name, "most": said.most, "share_bp": said.share_bp},
    )
    return scheme


def end(session: Session, actor: Actor, scheme: VoucherScheme) -> None:
    """No more of it from now on; what was used stays to be claimed."""
    actor.require("vouchers.edit")
    if scheme.ended_at is not None:
        return
    scheme.ended_at = clock.now()
    session.flush()
    audit.record(session, actor, "scheme.ended", subject=f"scheme:{scheme.id}")


def of_store(session: Session, store_id: int) -> list[VoucherScheme]:
    return list(
        session.scalars(
            select(VoucherScheme)
            .where(VoucherScheme.store_id == store_id)
            .order_by(VoucherScheme.id.desc())
        )
    )


def open_today(session: Session, store_id: int) -> list[VoucherScheme]:
    """The schemes that can be used on the store's day."""
    today = desk.business_day_of(desk.store_of(session, store_id))
    return [one for one in of_store(session, store_id) if is_open(one, today)]


def is_open(scheme: VoucherScheme, day: date) -> bool:
    return scheme.ended_at is None and scheme.valid_from <= day <= scheme.valid_until


def by_id(session: Session, actor: Actor, scheme_id: int) -> VoucherScheme:
    """A scheme of the actor's store; raises NotFound."""
    found = session.get(VoucherScheme, scheme_id)
    if found is None or found.store_id != actor.store_id:
        raise NotFound(msg("There is no such scheme in this store."))
    return found


def _named(session: Session, store_id: int, name: str) -> int | None:
    return session.scalar(
        select(VoucherScheme.id).where(
            VoucherScheme.store_id == store_id, VoucherScheme.name == name
        )
    )

"""Schemes of authorities: set up once, ended by hand or by their last day at the store."""

from collections.abc import Collection
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
from app.payments.voucher_models import Buyers, Rest, SchemeModel, SchemePaper, VoucherScheme
from app.robots import makers
from app.stores import desk
from app.stores.models import Store
from app.web import paging

BUYER_LABELS: dict[Buyers, Text] = {
    Buyers.ANYBODY: msg("Anybody"),
    Buyers.PERSON: msg("Private persons"),
    Buyers.COMPANY: msg("Companies"),
}
REST_LABELS: dict[Rest, Text] = {
    Rest.STORE: msg("The store loses it"),
    Rest.CUSTOMER: msg("The customer pays it"),
}
_WHOLE_BP = 10_000
MOST_PAPERS = 12


@dataclass(frozen=True, slots=True)
class SchemeInput:
    """`share_bp` 0: `most` is a fixed amount. A cap of 0 is none. Without models: every robot.

    `evidence` is asked at the till, `papers` are files that a claim waits for.
    """

    name: str
    authority: str
    most: Money
    valid_from: date
    valid_until: date
    share_bp: int = 0
    buyers: Buyers = Buyers.ANYBODY
    models: tuple[int, ...] = ()
    per_buyer: int = 1
    in_all: int = 0
    evidence: str = ""
    papers: tuple[str, ...] = ()
    rest: Rest = Rest.STORE


def create(session: Session, actor: Actor, said: SchemeInput) -> VoucherScheme:
    """A scheme that can be used from its first day on."""
    actor.require("vouchers.edit")
    store = desk.store_of(session, actor.store_id)
    name, authority = clean(said.name)[:200], clean(said.authority)[:200]
    problems = _problems(session, said, store)
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
        per_buyer=said.per_buyer,
        in_all=said.in_all,
        evidence=clean(said.evidence)[:200],
        made_at=clock.now(),
        made_by=actor.name,
        rest=said.rest,
    )
    session.add(scheme)
    session.flush()
    _add_parts(session, scheme, said)
    audit.record(
        session,
        actor,
        "scheme.created",
        subject=f"scheme:{scheme.id}",
        after={
            "name": name,
            "most": said.most,
            "share_bp": said.share_bp,
            "rest": said.rest,
            "papers": list(_names(said.papers)),
        },
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


def page(session: Session, actor: Actor, *, cursor: str | None) -> paging.Page[VoucherScheme]:
    """The schemes of a store, the newest first, 50 at a time."""
    query = (
        select(VoucherScheme)
        .where(VoucherScheme.store_id == actor.store_id)
        .order_by(VoucherScheme.id.desc())
        .limit(paging.PAGE + 1)
    )
    if cursor:
        (last_id,) = paging.decode(cursor, int)
        query = query.where(VoucherScheme.id < last_id)
    rows = list(session.scalars(query))
    shown = rows[: paging.PAGE]
    return paging.Page(shown, paging.encode(shown[-1].id) if len(rows) > paging.PAGE else None)


def models_of(session: Session, scheme_ids: Collection[int]) -> dict[int, list[int]]:
    """The models that each scheme pays for; one that pays for every robot is left out."""
    found: dict[int, list[int]] = {}
    if not scheme_ids:
        return found
    for scheme_id, model_id in session.execute(
        select(SchemeModel.scheme_id, SchemeModel.model_id)
        .where(SchemeModel.scheme_id.in_(scheme_ids))
        .order_by(SchemeModel.model_id)
    ):
        found.setdefault(scheme_id, []).append(model_id)
    return found


def papers_of(session: Session, scheme_ids: Collection[int]) -> dict[int, list[SchemePaper]]:
    """The papers that each scheme asks for, in order; one that asks for none is left out."""
    found: dict[int, list[SchemePaper]] = {}
    if not scheme_ids:
        return found
    for paper in session.scalars(
        select(SchemePaper)
        .where(SchemePaper.scheme_id.in_(scheme_ids))
        .order_by(SchemePaper.scheme_id, SchemePaper.position)
    ):
        found.setdefault(paper.scheme_id, []).append(paper)
    return found


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


def _problems(session: Session, said: SchemeInput, store: Store) -> dict[str, Text]:
    name = clean(said.name)[:200]
    problems: dict[str, Text] = {}
    if not name:
        problems["name"] = msg("Please fill this in.")
    elif _named(session, store.id, name) is not None:
        problems["name"] = msg("There is a scheme of this name.")
    if not clean(said.authority):
        problems["authority"] = msg("Say who pays.")
    if said.most.minor <= 0 or said.most.currency != store.currency:
        problems["most"] = msg("Say how much is paid.")
    if not 0 <= said.share_bp <= _WHOLE_BP:
        problems["share"] = msg("A share is between 0 and 100 per cent.")
    if said.valid_until < said.valid_from:
        problems["valid_until"] = msg("This is before the first day.")
    if said.models and not {one.id for one in makers.models(session)}.issuperset(said.models):
        problems["models"] = msg("There is no such model.")
    if len(_names(said.papers)) > MOST_PAPERS:
        problems["papers"] = msg("A scheme asks for at most {most} papers.", most=MOST_PAPERS)
    return problems


def _add_parts(session: Session, scheme: VoucherScheme, said: SchemeInput) -> None:
    session.add_all(
        SchemeModel(scheme_id=scheme.id, model_id=model_id) for model_id in sorted({*said.models})
    )
    for position, name in enumerate(_names(said.papers), start=1):
        session.add(SchemePaper(scheme_id=scheme.id, position=position, name=name))
        session.flush()
    session.flush()


def _names(papers: Collection[str]) -> list[str]:
    """As they were said, once each."""
    named = (clean(paper)[:200] for paper in papers)
    return list(dict.fromkeys(name for name in named if name))

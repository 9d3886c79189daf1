"""What makers let the store do. Work that a maker has not allowed may end a robot's warranty."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, joinedload

from app.kernel import audit, clock, words
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.text import Text, msg
from app.robots import warrantycover
from app.robots.models import Maker, Unit
from app.robots.warranty_terms import Clause
from app.service.errors import NotAuthorised
from app.service.operation_models import MakerAuthorisation, Operation
from app.stores import desk

_LONGEST_REFERENCE = 64
# What of the maker's exclusions an unauthorised hand calls forth, the most telling first.
_RISKS = ("unauthorised_opening", "third_party_service", "unauthorised_modification")


@dataclass(frozen=True, slots=True)
class GrantInput:
    """What a maker allows: one operation, or (None) all that its robots need."""

    maker_id: int
    operation_id: int | None
    valid_from: date
    valid_until: date | None = None
    reference: str = ""


def grant(session: Session, actor: Actor, typed: GrantInput) -> MakerAuthorisation:
    """Write down what a maker allows the store, and until when."""
    actor.require("settings.edit")
    maker = session.get(Maker, typed.maker_id)
    if maker is None:
        raise NotFound(msg("There is no such maker."), field="maker")
    if typed.valid_until is not None and typed.valid_until < typed.valid_from:
        raise Refused(msg("It ends before it begins."), field="valid_until")
    reference = words.fitting(typed.reference, most=_LONGEST_REFERENCE, field="reference")
    _require_of_maker(session, actor, typed)
    row = MakerAuthorisation(
        store_id=actor.store_id,
        maker_id=maker.id,
        operation_id=typed.operation_id,
        valid_from=typed.valid_from,
        valid_until=typed.valid_until,
        reference=reference,
        made_at=clock.now(),
        made_by=actor.name,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        actor,
        "authorisation.granted",
        subject=f"maker:{maker.name}",
        after={
            "operation": typed.operation_id,
            "from": typed.valid_from,
            "until": typed.valid_until,
            "reference": row.reference,
        },
    )
    return row


def withdraw(session: Session, actor: Actor, authorisation_id: int) -> None:
    """The maker took it back, or it was written down by mistake."""
    actor.require("settings.edit")
    row = session.get(MakerAuthorisation, authorisation_id)
    if row is None or row.store_id != actor.store_id:
        raise NotFound(msg("There is no such authorisation in this store."))
    if row.withdrawn_at is not None:
        raise Conflict(msg("This authorisation was withdrawn already."))
    row.withdrawn_at, row.withdrawn_by = clock.now(), actor.name
    session.flush()
    audit.record(
        session,
        actor,
        "authorisation.withdrawn",
        subject=f"authorisation:{row.id}",
        before={"maker": row.maker_id, "operation": row.operation_id},
    )


def listed(session: Session, store_id: int) -> Sequence[MakerAuthorisation]:
    """Every authorisation of a store that was not withdrawn, by maker, the newest first."""
    return session.scalars(
        select(MakerAuthorisation)
        .where(MakerAuthorisation.store_id == store_id, MakerAuthorisation.withdrawn_at.is_(None))
        .order_by(MakerAuthorisation.maker_id, MakerAuthorisation.id.desc())
        .options(joinedload(MakerAuthorisation.maker), joinedload(MakerAuthorisation.operation))
    ).all()


def unauthorised(
    session: Session, store_id: int, operations: Iterable[Operation], unit: Unit
) -> set[int]:
    """Of some operations those that the store may not do on a robot today; one statement."""
    asked = [one for one in operations if one.needs_authorisation]
    if not asked:
        return set()
    day = desk.business_day_of(desk.store_of(session, store_id))
    allowed = set(session.scalars(_valid(store_id, unit.maker_id, day)))
    if None in allowed:
        return set()
    return {one.id for one in asked if one.id not in allowed}


def require(session: Session, store_id: int, operation: Operation, unit: Unit) -> None:
    """Raises NotAuthorised, with what the maker's terms say of it, unless the store may do this
    operation on this robot today; Refused where it is made for another maker's robots.
    """
    if operation.maker_id is not None and operation.maker_id != unit.maker_id:
        raise Refused(
            msg("{operation} is for robots of another maker.", operation=operation.name),
            field="code",
        )
    if operation.id in unauthorised(session, store_id, [operation], unit):
        raise NotAuthorised(
            risk(session, operation, unit), field="code", link="/service/operations"
        )


def risk(session: Session, operation: Operation, unit: Unit) -> Text:
    """What the customer loses when an unauthorised hand does it, by the maker's own clause."""
    maker = session.get_one(Maker, unit.maker_id).name
    clause = _clause(session, unit)
    if clause is None:
        return msg(
            "{maker} has not authorised this store for {operation}. If it is done here, the "
            "robot’s warranty may end. Send it to the maker, or record the authorisation.",
            maker=maker,
            operation=operation.name,
        )
    return msg(
        "{maker} has not authorised this store for {operation}. If it is done here, the "
        "robot’s warranty may end ({code}: {clause}). Send it to the maker, or record the "
        "authorisation.",
        maker=maker,
        operation=operation.name,
        code=clause.code,
        clause=clause.text,
    )


def _clause(session: Session, unit: Unit) -> Clause | None:
    on_file = warrantycover.binding_terms(session, unit)
    if on_file is None:
        return None
    by_evidence = {exclusion.evidence: exclusion for exclusion in on_file.terms.exclusions}
    found = next((by_evidence[code] for code in _RISKS if code in by_evidence), None)
    return on_file.terms.clause(found.clause) if found else None


def _valid(store_id: int, maker_id: int, day: date) -> Select[int | None]:
    return select(MakerAuthorisation.operation_id).where(
        MakerAuthorisation.store_id == store_id,
        MakerAuthorisation.maker_id == maker_id,
        MakerAuthorisation.withdrawn_at.is_(None),
        MakerAuthorisation.valid_from <= day,
        or_(MakerAuthorisation.valid_until.is_(None), MakerAuthorisation.valid_until >= day),
    )


def _require_of_maker(session: Session, actor: Actor, typed: GrantInput) -> None:
    if typed.operation_id is None:
        return
    operation = session.get(Operation, typed.operation_id)
    if operation is None or operation.store_id != actor.store_id:
        raise NotFound(msg("There is no such operation in this store."), field="operation")
    if operation.maker_id not in {None, typed.maker_id}:
        raise Refused(
            msg("{operation} is for robots of another maker.", operation=operation.name),
            field="operation",
        )

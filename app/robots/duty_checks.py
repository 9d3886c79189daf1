"""What must always hold of bulletins, terms, contracts, and files."""

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.kernel.canonical import sha256_hex
from app.kernel.filestore import FileStore
from app.kernel.searchkeys import search_key
from app.robots.bulletin_models import Bulletin, BulletinCompletion, BulletinCriterion
from app.robots.bulletincriteria import asks_inside
from app.robots.duty_models import (
    ContractVisit,
    ExclusionEvidence,
    RobotDocument,
    ServiceContract,
    WarrantyTerms,
)
from app.robots.models import Unit
from app.robots.serialranges import order_text, read_serial_range
from app.robots.slot_models import Component, Occupant


def breaches(session: Session) -> Iterator[str]:
    yield from _serials_are_in_order(session)
    yield from _settled_where_it_was_meant(session)
    yield from _terms_are_as_they_were(session)
    yield from _contracts_pay_no_more_than_agreed(session)


def file_breaches(session: Session, files: FileStore) -> Iterator[str]:
    """Each file that a row names is there and is what it was."""
    for table, column in (
        (RobotDocument, RobotDocument.file_sha256),
        (ExclusionEvidence, ExclusionEvidence.photo_sha256),
    ):
        rows = session.execute(
            select(table.id, column).where(column != "").execution_options(yield_per=1000)
        )
        for row_id, sha256 in rows:
            trouble = files.trouble_with(sha256)
            if trouble is not None:
                path = files.path_of(sha256).relative_to(files.folder)
                yield f"robots: {table.__tablename__} {row_id}: file {path} is {trouble}"


def _serials_are_in_order(session: Session) -> Iterator[str]:
    rows = session.execute(
        select(Unit.id, Unit.serial, Unit.serial_key, Unit.serial_order).execution_options(
            yield_per=1000
        )
    )
    for unit_id, serial, key, order in rows:
        # a key that is wrong itself is told elsewhere
        if key == search_key(serial) and order != order_text(key):
            yield f"robots: unit {unit_id} ({serial!r}) does not stand in the order of serials"


def _settled_where_it_was_meant(session: Session) -> Iterator[str]:
    """A completion is of a robot that its criterion fits, or fitted: what can change since (what
    runs, what is inside) must have been so, what cannot must be so.
    """
    rows = session.execute(
        select(BulletinCompletion, BulletinCriterion, Bulletin, Unit)
        .join(BulletinCriterion, BulletinCriterion.id == BulletinCompletion.criterion_id)
        .join(Bulletin, Bulletin.id == BulletinCompletion.bulletin_id)
        .join(Unit, Unit.id == BulletinCompletion.unit_id)
        .execution_options(yield_per=1000)
    )
    for settled, criterion, bulletin, unit in rows:
        if not _is_of(criterion, bulletin, unit) or not _carried(session, settled, criterion):
            yield (
                f"robots: bulletin {bulletin.code} was settled on {unit.serial}, "
                "which it never meant"
            )


def _is_of(criterion: BulletinCriterion, bulletin: Bulletin, unit: Unit) -> bool:
    return (
        criterion.bulletin_id == bulletin.id
        and bulletin.maker_id == unit.maker_id
        and criterion.model_id in {None, unit.model_id}
        and (not criterion.serials or read_serial_range(criterion.serials).contains(unit.serial))
    )


def _carried(session: Session, settled: BulletinCompletion, criterion: BulletinCriterion) -> bool:
    """Whether such a component had come into the robot by then."""
    if not asks_inside(criterion):
        return True
    part = func.coalesce(Component.part_key, Occupant.part_key)
    lot = func.coalesce(Component.lot_key, Occupant.lot_key)
    query = (
        select(Occupant.id)
        .outerjoin(Component, Component.id == Occupant.component_id)
        .where(Occupant.unit_id == settled.unit_id, Occupant.since <= settled.at)
        .limit(1)
    )
    if criterion.part_key:
        query = query.where(part == criterion.part_key)
    if criterion.lot_key:
        query = query.where(lot == criterion.lot_key)
    return session.scalar(query) is not None


def _terms_are_as_they_were(session: Session) -> Iterator[str]:
    kept = WarrantyTerms
    rows = session.execute(select(kept.terms_key, kept.version, kept.terms, kept.sha256))
    for key, version, terms, sha256 in rows:
        if sha256_hex(terms.encode()) != sha256:
            yield f"robots: warranty terms {key} {version} were changed"


def _contracts_pay_no_more_than_agreed(session: Session) -> Iterator[str]:
    rows = session.execute(
        select(ServiceContract.number, ServiceContract.visits, func.count())
        .join(ContractVisit, ContractVisit.contract_id == ServiceContract.id)
        .where(ServiceContract.visits.is_not(None))
        .group_by(ServiceContract.id, ServiceContract.number, ServiceContract.visits)
        .having(func.count() > ServiceContract.visits)
    )
    for number, visits, used in rows:
        yield f"robots: contract {number} paid for {used} visits of {visits}"

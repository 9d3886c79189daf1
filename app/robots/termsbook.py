"""Makers' warranty terms on file: versions that never change, and which of them binds a robot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.customers.models import CustomerKind
from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.canonical import sha256_hex
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.frozen import freeze
from app.kernel.searchkeys import folded
from app.kernel.text import Text, msg
from app.robots.duty_models import Buyers, WarrantyTerms
from app.robots.models import Maker
from app.robots.warranty_rules import PUBLISHED, UBTECH_COMMERCIAL
from app.robots.warranty_terms import MakerTerms, read_terms

BUYERS_LABELS: dict[Buyers, Text] = {
    Buyers.EVERYBODY: msg("Everybody"),
    Buyers.PERSONS: msg("Persons"),
    Buyers.COMPANIES: msg("Companies"),
}
_LONGEST_KEY = 64
_FOR = {CustomerKind.PERSON: Buyers.PERSONS, CustomerKind.COMPANY: Buyers.COMPANIES}


@dataclass(frozen=True, slots=True)
class TermsOnFile:
    """A version as kept, with the terms in it."""

    row: WarrantyTerms
    terms: MakerTerms


def of_maker(session: Session, maker_id: int) -> list[TermsOnFile]:
    """Every version of a maker, the newest of each kind of terms first."""
    rows = session.scalars(
        select(WarrantyTerms)
        .where(WarrantyTerms.maker_id == maker_id)
        .order_by(WarrantyTerms.terms_key, WarrantyTerms.version.desc())
    )
    return [_thawed(row) for row in rows]


def everything(session: Session) -> dict[int, list[TermsOnFile]]:
    """Every version by maker."""
    found: dict[int, list[TermsOnFile]] = {}
    for row in session.scalars(
        select(WarrantyTerms).order_by(
            WarrantyTerms.maker_id, WarrantyTerms.terms_key, WarrantyTerms.version.desc()
        )
    ):
        found.setdefault(row.maker_id, []).append(_thawed(row))
    return found


def by_id(session: Session, terms_id: int) -> TermsOnFile:
    row = session.get(WarrantyTerms, terms_id)
    if row is None:
        raise NotFound(msg("There are no such terms."), link="/robots/terms")
    return _thawed(row)


def binding(
    versions: Sequence[TermsOnFile], *, owner: CustomerKind | None, day: date
) -> TermsOnFile | None:
    """The version that binds a robot of this owner (None: the store's) whose warranty began then.

    Terms written for such an owner come before those for everybody. Of a kind it is the newest
    version that was valid on the day.
    """
    fitting: dict[str, TermsOnFile] = {}
    for version in versions:
        if (version.row.valid_from or date.min) > day or not _is_for(version.row.buyers, owner):
            continue
        known = fitting.get(version.row.terms_key)
        if known is None or _newness(known) < _newness(version):
            fitting[version.row.terms_key] = version
    return max(
        fitting.values(),
        key=lambda version: (version.row.buyers is not Buyers.EVERYBODY, version.row.id),
        default=None,
    )


def put_on_file(
    session: Session,
    actor: Actor,
    maker: Maker,
    data: bytes,
    *,
    buyers: Buyers,
    valid_from: date | None,
) -> WarrantyTerms:
    """A new version from its JSON. Raises Refused for terms that do not hold together, Conflict
    when the newest version says the same.
    """
    actor.require("robots.edit")
    terms = read_terms(data)
    if folded(terms.maker) != maker.key:
        raise Refused(
            msg("These are terms of {named}, not of {maker}.", named=terms.maker, maker=maker.name),
            field="terms",
        )
    if not 1 <= len(terms.key) <= _LONGEST_KEY:
        raise Refused(msg("The terms need a key of up to 64 characters."), field="terms")
    return _keep(session, actor, maker, terms, buyers=buyers, valid_from=valid_from)


def put_published(session: Session, actor: Actor, maker: Maker) -> list[WarrantyTerms]:
    """What this maker is known to publish, if nothing of it is on file; none for most makers."""
    if session.scalar(select(WarrantyTerms.id).where(WarrantyTerms.maker_id == maker.id).limit(1)):
        return []
    return [
        _keep(session, actor, maker, terms, buyers=_published_for(terms), valid_from=None)
        for terms in published_by(maker)
    ]


def published_by(maker: Maker) -> list[MakerTerms]:
    """Terms that came with this program, told in the store's own words."""
    return [terms for terms in PUBLISHED.values() if folded(terms.maker) == maker.key]


def _published_for(terms: MakerTerms) -> Buyers:
    return Buyers.COMPANIES if terms is UBTECH_COMMERCIAL else Buyers.EVERYBODY


def _keep(
    session: Session,
    actor: Actor,
    maker: Maker,
    terms: MakerTerms,
    *,
    buyers: Buyers,
    valid_from: date | None,
) -> WarrantyTerms:
    frozen = freeze(terms)
    sha256 = sha256_hex(frozen)
    last = session.scalar(
        select(WarrantyTerms)
        .where(WarrantyTerms.maker_id == maker.id, WarrantyTerms.terms_key == terms.key)
        .order_by(WarrantyTerms.version.desc())
        .limit(1)
    )
    if last is not None and (last.sha256, last.buyers, last.valid_from) == (
        sha256,
        buyers,
        valid_from,
    ):
        raise Conflict(
            msg("Version {version} says the same already.", version=last.version), field="terms"
        )
    kept = WarrantyTerms(
        store_id=actor.store_id,
        maker_id=maker.id,
        terms_key=terms.key,
        version=last.version + 1 if last else 1,
        buyers=buyers,
        valid_from=valid_from,
        terms=frozen.decode(),
        sha256=sha256,
        made_at=clock.now(),
        made_by=actor.name,
    )
    session.add(kept)
    session.flush()
    audit.record(
        session,
        actor,
        "warranty_terms.put_on_file",
        subject=f"maker:{maker.name}",
        after={"key": terms.key, "version": kept.version, "sha256": sha256, "buyers": buyers},
    )
    return kept


def _is_for(buyers: Buyers, owner: CustomerKind | None) -> bool:
    return buyers is Buyers.EVERYBODY or owner is None or _FOR[owner] is buyers


def _newness(version: TermsOnFile) -> tuple[date, int]:
    """Of two versions valid from the same day, the later one mends the earlier."""
    return version.row.valid_from or date.min, version.row.version


def _thawed(row: WarrantyTerms) -> TermsOnFile:
    return TermsOnFile(row, read_terms(row.terms.encode()))

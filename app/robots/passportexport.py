"""A robot's passport as a signed file: JSON for programs, PDF for people. No owner stands in it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.kernel import clock
from app.robots import openpassport, passportfile, passportkeys, queries, timeline
from app.robots.models import Unit
from app.robots.openpassport import Fact
from app.robots.passportkeys import HouseKey
from app.robots.slot_models import Occupant
from app.robots.timeline import Line
from app.stores import desk
from app.web import printing
from app.web.i18n import LANGUAGES

_ALL = 100_000
_ON_PAPER = 100  # lines of the timeline; the JSON has all of them
_TEMPLATE = "documents/passport.html"


@dataclass(frozen=True, slots=True)
class Inside:
    """Something in the robot: where, which part, which serial or lot."""

    position: str
    part: str
    identity: str


@dataclass(frozen=True, slots=True)
class Seller:
    name: str


@dataclass(frozen=True, slots=True)
class Paper:
    """What the template of the PDF shows."""

    language: str
    zone: str
    issued_at: datetime
    seller: Seller
    maker: str
    model: str
    serial: str
    hardware_revision: str
    firmware: str
    url: str
    key: str
    facts: tuple[Fact, ...]
    bulletins: tuple[tuple[str, str], ...]
    inside: tuple[Inside, ...]
    lines: tuple[Line, ...]
    more_lines: bool


def as_json(session: Session, unit: Unit, key: HouseKey) -> bytes:
    """The whole record, signed; `unit` comes with model and maker."""
    lines = _lines(session, unit, most=_ALL)[0]
    passport = {
        "maker": unit.maker.name,
        "model": {"code": unit.model.code, "name": unit.model.name},
        "serial": unit.serial,
        "hardware_revision": unit.hardware_revision,
        "firmware": unit.firmware,
        "state": unit.state,
        "received_at": unit.received_at,
        "warranty_starts_on": unit.warranty_starts_on,
        "inside": [
            {"position": each.position, "part": each.part, "identity": each.identity}
            for each in inside(session, unit)
        ],
        "bulletins": [{"code": code, "title": title} for code, title in _bulletins(session, unit)],
        "issued_at": clock.now(),
        "issued_by": desk.store_of(session, unit.store_id).legal_name,
        "public_key": key.public.text,
        "timeline": [
            {"at": line.at, "kind": line.kind, "summary": str(line.summary)}
            for line in reversed(lines)
        ],
    }
    return passportfile.build(passport, key)


def as_pdf(session: Session, unit: Unit, key: HouseKey, *, url: str) -> bytes:
    """The passport on paper, in the store's language; `url` is the robot's public page."""
    store = desk.store_of(session, unit.store_id)
    lines, more = _lines(session, unit, most=_ON_PAPER)
    paper = Paper(
        language=store.language if store.language in LANGUAGES else "en",
        zone=store.zone,
        issued_at=clock.now(),
        seller=Seller(store.legal_name),
        maker=unit.maker.name,
        model=unit.model.name,
        serial=unit.serial,
        hardware_revision=unit.hardware_revision,
        firmware=unit.firmware,
        url=url,
        key=key.key,
        facts=tuple(openpassport.facts(session, unit)),
        bulletins=tuple(_bulletins(session, unit)),
        inside=tuple(inside(session, unit)),
        lines=tuple(lines),
        more_lines=more,
    )
    return passportkeys.sign_pdf(printing.pdf_document(_TEMPLATE, paper), key)


def inside(session: Session, unit: Unit) -> list[Inside]:
    """What is in the robot now; for one whose model has no slots, what came in it."""
    fitted = session.scalars(
        select(Occupant)
        .where(Occupant.unit_id == unit.id, Occupant.until.is_(None))
        .options(joinedload(Occupant.component), joinedload(Occupant.slot))
    )
    found = sorted((_inside(row) for row in fitted), key=lambda each: each.position)
    if found:
        return found
    return [
        Inside(named.position, "", named.serial) for named in queries.components(session, unit.id)
    ]


def _inside(row: Occupant) -> Inside:
    if row.component is None:
        return Inside(row.slot.path, row.part_number, row.lot)
    return Inside(row.slot.path, row.component.part_number, row.component.serial)


def _lines(session: Session, unit: Unit, *, most: int) -> tuple[list[Line], bool]:
    """The newest lines that speak of no owner, newest first, and whether there are more."""
    page = timeline.of_unit(session, unit.id, kinds=openpassport.TOLD_TO_OWNERS, most=most)
    return list(page.items), page.next is not None


def _bulletins(session: Session, unit: Unit) -> list[tuple[str, str]]:
    return [
        (concern.bulletin.code, concern.bulletin.title)
        for concern in openpassport.open_bulletins(session, unit)
    ]

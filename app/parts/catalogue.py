"""Parts by their numbers: adding, changing, finding."""

import re
from dataclasses import dataclass

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from app.kernel import audit, clock, queueing
from app.kernel.actor import Actor
from app.kernel.canonical import canonical, sha256_hex
from app.kernel.errors import Conflict, NotFound, Refused
from app.kernel.money import MOST_MINOR
from app.kernel.searchkeys import bare_key, clean, folded, search_key
from app.kernel.text import msg
from app.parts import finding, numbers, supersession
from app.parts.models import Balance, Part, Reservation
from app.parts.revisions import read_revision
from app.robots import makers
from app.robots.bodyplan import SlotClass
from app.robots.slot_models import Control
from app.stores import desk

_LONGEST_NAME = 200
_LONGEST_DESCRIPTION = 5_000
MOST_PIECES = 1_000_000
_LONGEST_CORE_DAYS = 3_650
_UN_NUMBER = re.compile(r"UN[0-9]{4}", re.ASCII)
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Particulars:
    """What is known of a part besides its number and name; `price_minor` in the store's currency.

    The maker is named as people write it; minimum and maximum are reorder levels in pieces.
    """

    control: Control = Control.NONE
    slot_class: SlotClass | None = None
    maker: str = ""
    revision: str = ""
    description: str = ""
    price_minor: int = 0
    tax_code: str = ""
    minimum: int = 0
    maximum: int = 0
    core_days: int | None = None
    un_number: str = ""


PLAIN = Particulars()


def add_part(
    session: Session,
    actor: Actor,
    *,
    number: str,
    name: str,
    gtin: str = "",
    particulars: Particulars = PLAIN,
) -> Part:
    """A new part; raises Conflict when its number is taken in any writing."""
    actor.require("parts.edit")
    queueing.enter(session, actor.store_id)
    number, name = numbers.read_number(number), read_name(name)
    gtin = numbers.read_gtin(gtin)
    numbers.require_free_number(session, actor.store_id, number)
    numbers.require_free_gtin(session, actor.store_id, gtin)
    part = Part(
        store_id=actor.store_id,
        number=number,
        number_key=search_key(number),
        name=name,
        name_key=folded(name)[:_LONGEST_NAME],
        gtin=gtin,
    )
    _put(session, actor, part, particulars)
    session.add(part)
    session.flush()
    audit.record(session, actor, "part.added", subject=f"part:{number}", after=facts_of(part))
    return part


def edit_part(
    session: Session,
    actor: Actor,
    part: Part,
    *,
    number: str,
    name: str,
    gtin: str,
    particulars: Particulars,
    seen: str = "",
) -> None:
    """Change what is known of a part. A number that it had still finds it.

    `seen` is the fingerprint that the editor started from. Raises Conflict when somebody else was
    faster, the new number is taken, or pieces are there that were counted in another way.
    """
    actor.require("parts.edit")
    queueing.enter(session, actor.store_id)
    session.refresh(part)
    if seen and seen != fingerprint(part):
        raise Conflict(
            msg("Somebody has changed this part in the meantime. Look at it, then save again.")
        )
    before, former = facts_of(part), part.number
    number, name = numbers.read_number(number), read_name(name)
    gtin = numbers.read_gtin(gtin)
    numbers.require_free_number(session, actor.store_id, number, but=part.id)
    numbers.require_free_gtin(session, actor.store_id, gtin, but=part.id)
    if particulars.control is not part.control:
        _require_none_there(session, part)
    part.number, part.number_key, part.bare_key = number, search_key(number), bare_key(number)
    part.name, part.name_key = name, folded(name)[:_LONGEST_NAME]
    part.gtin = gtin
    _put(session, actor, part, particulars)
    session.flush()
    if bare_key(former) != part.bare_key:
        numbers.keep_former(session, part, former)
    after = facts_of(part)
    changed = {key for key in after if after[key] != before[key]}
    if changed:
        audit.record(
            session,
            actor,
            "part.changed",
            subject=f"part:{number}",
            before={key: before[key] for key in changed},
            after={key: after[key] for key in changed},
        )


def archive(session: Session, actor: Actor, part: Part) -> None:
    """No longer in the lists; raises Conflict while pieces of it are there or promised."""
    actor.require("parts.edit")
    if part.archived:
        raise Conflict(msg("{number} is in the archive already.", number=part.number))
    there = session.scalar(_pieces(part))
    promised = session.scalar(
        select(Reservation.id)
        .where(
            Reservation.part_id == part.id,
            Reservation.ended_at.is_(None),
            or_(Reservation.expires_at.is_(None), Reservation.expires_at > clock.now()),
        )
        .limit(1)
    )
    if there or promised:
        raise Conflict(msg("Pieces of {number} are still here or promised.", number=part.number))
    part.archived = True
    audit.record(session, actor, "part.archived", subject=f"part:{part.number}")


def restore(session: Session, actor: Actor, part: Part) -> None:
    actor.require("parts.edit")
    part.archived = False
    audit.record(session, actor, "part.restored", subject=f"part:{part.number}")


def by_id(session: Session, actor: Actor, part_id: int) -> Part:
    part = session.get(Part, part_id)
    if part is None or part.store_id != actor.store_id:
        raise NotFound(msg("There is no such part."))
    return part


def by_number(session: Session, actor: Actor, number: str) -> Part:
    """The part with this number of our own, in any writing; also one in the archive."""
    part = session.scalar(
        select(Part).where(Part.store_id == actor.store_id, Part.bare_key == bare_key(number))
    )
    if part is None:
        raise unknown(number)
    return part


def unknown(number: str) -> NotFound:
    """What there is to say where no part has this number."""
    return NotFound(msg("No part {number}.", number=clean(number)[:_LONGEST_NAME]))


def by_code(session: Session, actor: Actor, code: str) -> list[Part]:
    """Parts of which one number is exactly this code; a number never means a row's id."""
    return list(session.scalars(coded(actor, code)))


def coded(actor: Actor, code: str) -> Select[Part]:
    """The same as a query."""
    return (
        select(Part)
        .where(
            Part.store_id == actor.store_id,
            Part.archived.is_(False),
            numbers.is_named(actor.store_id, code),
        )
        .order_by(Part.id)
        .limit(_MOST_NAMED)
    )


def find(session: Session, actor: Actor, text: str, *, most: int = 8) -> list[Part]:
    """Parts of which a number or the name contains `text`, in any writing.

    Before a part that was replaced stands the one that replaced it.
    """
    ids = finding.hits(session, actor, text, most=most)
    newest = supersession.newest(session, ids)
    wanted = dict.fromkeys(one for part_id in ids for one in (newest.get(part_id, 0), part_id))
    found = {
        part.id: part
        for part in session.scalars(
            select(Part).where(Part.id.in_(wanted), Part.archived.is_(False))
        )
    }
    return [found[part_id] for part_id in wanted if part_id in found][:most]


def fingerprint(part: Part) -> str:
    """Changes with anything that is known of a part, its stock apart."""
    return sha256_hex(canonical(facts_of(part)))[:16]


def facts_of(part: Part) -> dict[str, object]:
    """What the audit keeps of a part."""
    return {
        "number": part.number,
        "name": part.name,
        "gtin": part.gtin,
        "control": part.control,
        "slot_class": part.slot_class,
        "maker": part.maker_id,
        "revision": part.revision,
        "description": part.description,
        "price_minor": part.price_minor,
        "tax_code": part.tax_code,
        "minimum": part.minimum,
        "maximum": part.maximum,
        "core_days": part.core_days,
        "un_number": part.un_number,
    }


def _put(session: Session, actor: Actor, part: Part, wanted: Particulars) -> None:
    """Check the particulars and write them down."""
    part.control, part.slot_class = wanted.control, wanted.slot_class
    part.maker_id = makers.named(session, actor, wanted.maker).id if folded(wanted.maker) else None
    part.revision = read_revision(wanted.revision)
    part.description = clean(wanted.description)
    if len(part.description) > _LONGEST_DESCRIPTION:
        raise Refused(
            msg("At most {most} characters fit here.", most=_LONGEST_DESCRIPTION),
            field="description",
        )
    if not 0 <= wanted.price_minor <= MOST_MINOR:
        raise Refused(msg("A price is not below zero."), field="price")
    part.price_minor = wanted.price_minor
    part.tax_code = _tax_code(session, actor, wanted.tax_code)
    check_levels(wanted.minimum, wanted.maximum)
    part.minimum, part.maximum = wanted.minimum, wanted.maximum
    if wanted.core_days is not None and not 1 <= wanted.core_days <= _LONGEST_CORE_DAYS:
        raise Refused(
            msg("A number of days from 1 to {most}.", most=_LONGEST_CORE_DAYS), field="core_days"
        )
    part.core_days = wanted.core_days
    part.un_number = read_un_number(wanted.un_number)


def read_un_number(text: str) -> str:
    """A UN number as papers write it; empty for none."""
    number = clean(text).upper().replace(" ", "")
    if number and not _UN_NUMBER.fullmatch(number):
        raise Refused(msg("A UN number reads like UN3480."), field="un_number")
    return number


def check_levels(minimum: int, maximum: int) -> None:
    """Raises Refused for reorder levels that are none."""
    for field, level in (("minimum", minimum), ("maximum", maximum)):
        if not 0 <= level <= MOST_PIECES:
            raise Refused(
                msg("A number of pieces from 0 to {most}.", most=MOST_PIECES), field=field
            )
    if 0 < maximum < minimum:
        raise Refused(msg("The upper level is not below the lower one."), field="maximum")


def _tax_code(session: Session, actor: Actor, text: str) -> str:
    code = clean(text)
    if code:
        day = desk.business_day_of(desk.store_of(session, actor.store_id))
        if code not in desk.rates_on(session, actor.store_id, day):
            raise Refused(
                msg("No tax rate “{code}” is in force. Set it in the settings.", code=code[:40]),
                field="tax_code",
            )
    return code


def read_name(text: str) -> str:
    name = clean(text).replace("\n", " ")
    if not folded(name):
        raise Refused(msg("A part needs a number and a name."), field="name")
    if len(name) > _LONGEST_NAME:
        raise Refused(msg("At most {most} characters fit here.", most=_LONGEST_NAME), field="name")
    return name


def _require_none_there(session: Session, part: Part) -> None:
    if session.scalar(_pieces(part)):
        raise Conflict(
            msg("Pieces of {number} are counted as they are now. Book them out first.",
                number=part.number), field="control"
        )  # fmt: skip


def _pieces(part: Part) -> Select[int]:
    return select(func.coalesce(func.sum(Balance.quantity), 0)).where(
        Balance.part_id == part.id, Balance.bounded.is_(True)
    )

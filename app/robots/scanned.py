"""Which robot a scan means: its serial as printed, or the address in the code of its label."""

import re
from urllib.parse import parse_qs, unquote, urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.kernel.actor import Actor
from app.kernel.scancodes import gs1, without_prefix
from app.kernel.searchkeys import clean, search_key
from app.robots import registry
from app.robots.models import Unit

_PUBLIC = re.compile(r"/r/([A-Za-z0-9]{10,32})(/.*)?")
_STAFF = "/robots/"


def units(session: Session, actor: Actor, code: str) -> list[Unit]:
    """The store's robots that a code names exactly; more than one where makers share a serial."""
    text = clean(without_prefix(code))
    if not text.lower().startswith(("http://", "https://")):
        return registry.find_by_code(session, actor, gs1(text).get("21") or text)
    address = urlsplit(text)
    if public := _PUBLIC.fullmatch(address.path):
        return _labelled(session, actor, public[1])
    if address.path == f"{_STAFF}unit":
        serial = parse_qs(address.query).get("serial", [""])[0]
    elif address.path.startswith(_STAFF):
        serial = unquote(address.path.removeprefix(_STAFF)).strip("/")
    else:
        return []
    return registry.find_by_code(session, actor, serial)


def _labelled(session: Session, actor: Actor, code: str) -> list[Unit]:
    return list(
        session.scalars(
            select(Unit)
            .where(Unit.store_id == actor.store_id, Unit.passport_code == search_key(code))
            .options(joinedload(Unit.model), joinedload(Unit.maker))
        )
    )

"""Which robot a scan means: its serial as printed, or the address in the code of its label."""

import re
from urllib.parse import parse_qs, unquote, urlsplit

from sqlalchemy import Select
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.scancodes import gs1, without_prefix
from app.kernel.searchkeys import clean
from app.robots import registry
from app.robots.models import Unit

_PUBLIC = re.compile(r"/r/([A-Za-z0-9]{10,32})(/.*)?")
_STAFF = "/robots/"


def units(session: Session, actor: Actor, code: str) -> list[Unit]:
    """The store's robots that a code names exactly; more than one where makers share a serial."""
    query = named(actor, code)
    return [] if query is None else list(session.scalars(query))


def named(actor: Actor, code: str) -> Select[Unit] | None:
    """The same as a query; None where a code can name no robot."""
    text = clean(without_prefix(code))
    if not text.lower().startswith(("http://", "https://")):
        return registry.coded(actor, gs1(text).get("21") or text)
    address = urlsplit(text)
    if public := _PUBLIC.fullmatch(address.path):
        return registry.labelled(actor, public[1])
    if address.path == f"{_STAFF}unit":
        serial = parse_qs(address.query).get("serial", [""])[0]
    elif address.path.startswith(_STAFF):
        serial = unquote(address.path.removeprefix(_STAFF)).strip("/")
    else:
        return None
    return registry.coded(actor, serial)

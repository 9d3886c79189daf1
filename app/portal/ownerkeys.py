"""The owner's key to the robot's page: made for the letter to a new owner, and told in no other."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.identity import house
from app.kernel.text import Text, msg
from app.messaging import delivery
from app.portal import letters
from app.portal.letters import Words
from app.robots import openpassport
from app.robots.models import Unit


def page_of(session: Session, unit: Unit) -> str:
    """The owner's page with a fresh key; the key before it opens nothing any more."""
    key = openpassport.make_link(session, house.writing_letters(unit.store_id), unit)
    start = delivery.start_of(session)
    if unit.passport_code is None:
        return ""
    return f"{start}/r/{unit.passport_code}?o={key}"


def welcome(
    session: Session,
    units: Sequence[Unit],
    *,
    customer_id: int,
    key: tuple[str, str, object],
    subject: Text,
    first: Text,
) -> None:
    """Tell an owner where their robots' pages are: one letter for each robot."""
    for unit in units:
        reference, kind, mark = key
        words = Words(
            subject,
            [
                first,
                msg("This is about {robot}.", robot=letters.robot_of(session, unit.id)),
                msg(
                    "Its passport, certificates and warranty are here, and you can ask for service."
                    " Keep this link to yourself:"
                ),
            ],
            lambda unit=unit: page_of(session, unit),  # type: ignore[misc]
        )
        letters.about_sale(
            session,
            store_id=unit.store_id,
            customer_id=customer_id,
            key=(reference, kind, f"{mark}-{unit.id}"),
            words=words,
        )

"""Searching parts: a piece of any of their numbers, or words of their names, through an index."""

from sqlalchemy import ColumnElement, TextClause, select
from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.searching import containing
from app.kernel.searchkeys import bare_key, folded, like_pattern
from app.parts import numbers
from app.parts.catalogue_models import PartText
from app.parts.models import Part

MOST_HITS = 50
_LONGEST = 200
_MOST_WORDS = 6


def hits(
    session: Session,
    actor: Actor,
    text: str,
    *,
    most: int = MOST_HITS,
    only: tuple[ColumnElement[bool] | TextClause, ...] = (),
    archived: bool = False,
) -> list[int]:
    """Parts by id, those first of which one number is exactly this, then the newest.

    `only` are further conditions on Part. No sign is special.
    """
    wanted = folded(text)[:_LONGEST]
    if not wanted:
        return []
    here = (Part.store_id == actor.store_id, Part.archived.is_(archived), *only)
    exact = (
        select(Part.id)
        .where(*here, numbers.is_named(actor.store_id, text))
        .order_by(Part.id)
        .limit(most)
    )
    found = dict.fromkeys(session.scalars(exact))
    keys = [wanted.split()[:_MOST_WORDS]]
    if bare_key(wanted) != wanted:
        keys.append([bare_key(wanted)])
    for words in keys:
        if len(found) >= most:
            break
        found.update(dict.fromkeys(_with_words(session, actor, words, here, most)))
    return list(found)[:most]


def _with_words(
    session: Session,
    actor: Actor,
    words: list[str],
    here: tuple[ColumnElement[bool] | TextClause, ...],
    most: int,
) -> list[int]:
    """The longest word is found through the index, the others are looked for in what it finds."""
    longest = max(words, key=len)
    query = (
        select(PartText.part_id)
        .join(Part, Part.id == PartText.part_id)
        .where(
            PartText.store_id == actor.store_id,
            *here,
            *(
                PartText.key.like(like_pattern(word), escape="\\")
                for word in words
                if word != longest
            ),
        )
    )
    return list(
        session.scalars(containing(session, query, within=PartText.key, key=longest).limit(most))
    )

"""What the page of one part shows, gathered."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.kernel.actor import Actor
from app.kernel.errors import StoreError
from app.parts import (
    addresses,
    fitrows,
    ledgerlook,
    numbers,
    partlook,
    pictures,
    prices,
    reservations,
    substitution,
    supersession,
)
from app.parts.catalogue_models import NumberKind
from app.parts.fitplaces import where_label
from app.parts.forms import FitForm, NumberForm, SubstituteForm, SuccessorForm
from app.parts.pages.asked import CLASS_OPTIONS, options_of
from app.robots.addresses import component_page
from app.robots.slotnames import CLASS_LABELS, CONTROL_LABELS
from app.stores import desk
from app.web.charts import in_bars
from app.web.forms import problems_of


@dataclass(frozen=True, slots=True)
class Refusal:
    """Which form was refused, what was typed into it, and why."""

    which: str
    typed: dict[str, Any]
    error: StoreError


_FIELDS: dict[str, Any] = (
    NumberForm().typed()
    | FitForm().typed()
    | SuccessorForm().typed()
    | SubstituteForm().typed()
    | {"alt": ""}
)
# What the page says alike of every part.
_WORDS: dict[str, Any] = {
    "control_labels": CONTROL_LABELS,
    "class_labels": CLASS_LABELS,
    "classes": CLASS_OPTIONS,
    "number_labels": numbers.KIND_LABELS,
    "number_kinds": [(kind.value, numbers.KIND_LABELS[kind]) for kind in NumberKind],
    "where_label": where_label,
    "part_page": addresses.part_page,
    "picture_page": addresses.picture,
    "component_page": component_page,
}


def page_of(
    session: Session,
    actor: Actor,
    number: str,
    *,
    cursor: str = "",
    refused: Refusal | None = None,
) -> dict[str, Any]:
    """The number of statements does not grow with what there is to show."""
    asked = partlook.asked(session, actor, number)
    part, store = asked.part, asked.store
    heaps = partlook.heaps(session, part)
    blockers = reservations.blockers(session, part.id)
    awaited = partlook.awaited(session, part)
    chain = supersession.chain(session, part)
    months = ledgerlook.use_by_month(session, part, store)
    known = numbers.of_part(session, part.id)
    fitted = partlook.fitted(session, part, known)
    may_edit = actor.may("parts.edit")
    models, fits = (
        fitrows.beside_models(session, part.id)
        if may_edit
        else ([], fitrows.of_part(session, part.id))
    )
    here = sum(heap.quantity for heap in heaps)
    return {
        "row": partlook.row_of(asked, heaps, blockers, awaited, chain),
        "part": part,
        "maker": asked.maker,
        "heaps": heaps,
        "blockers": blockers,
        "awaited": awaited,
        "offers": prices.offers(session, actor, [part.id]).get(part.id, []) if may_edit else [],
        "lines": ledgerlook.movements(session, part, cursor=cursor or None, present=here),
        "cursor": cursor,
        "months": months,
        "chart": in_bars([month.used for month in months]),
        "fitted": fitted[: partlook.MOST_SHOWN],
        "fitted_more": len(fitted) > partlook.MOST_SHOWN,
        "numbers": known,
        "fits": fitrows.grouped(fits),
        "chain": chain,
        "substitutions": substitution.of_part(session, part.id),
        "in_force": lambda one: substitution.is_in_force(one, today=desk.business_day_of(store)),
        "pictures": pictures.of_part(session, part.id),
        "models": options_of(models),
        "below": lambda *path, **query: addresses.page_below(part.number, *path, **query),
        **_WORDS,
        **_forms(refused),
    }


def _forms(refused: Refusal | None) -> dict[str, Any]:
    """Empty forms; or the refused one as it was typed, with what is wrong of it."""
    return {
        "which": refused.which if refused else "",
        "form": _FIELDS | (refused.typed if refused else {}),
        "problems": problems_of(refused.error) if refused else {},
        "stands_in_way": refused.error.link if refused else None,
    }

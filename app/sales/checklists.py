"""Checklists per model: what is looked at before delivery, and gone through at the handover."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.canonical import canonical
from app.kernel.errors import Invalid, NotFound, Refused
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg
from app.sales.models import Checklist


class Purpose(StrEnum):
    PDI = "pdi"
    HANDOVER = "handover"
    TRADE_IN = "trade_in"


class Answer(StrEnum):
    OK = "ok"
    FAIL = "fail"
    NOT_APPLICABLE = "na"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to look at. A required one cannot be answered with `na`."""

    key: str
    text: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class Answered:
    result: Answer
    note: str = ""


def items_of(checklist: Checklist) -> list[Item]:
    return [Item(**item) for item in json.loads(checklist.items)]


def in_force(session: Session, actor: Actor, purpose: Purpose, model_id: int) -> Checklist:
    """The newest list of this model, else of all models; raises NotFound when there is none."""
    found = session.scalar(
        select(Checklist)
        .where(
            Checklist.store_id == actor.store_id,
            Checklist.purpose == purpose,
            or_(Checklist.model_id == model_id, Checklist.model_id.is_(None)),
        )
        .order_by(Checklist.model_id.is_(None), Checklist.version.desc())
        .limit(1)
    )
    if found is None:
        raise NotFound(
            msg("There is no checklist yet. A manager can write one in the settings."),
            link="/settings/checklists",
        )
    return found


def newest(session: Session, actor: Actor) -> list[Checklist]:
    """The version in force of every list of the store."""
    rows = session.scalars(
        select(Checklist)
        .where(Checklist.store_id == actor.store_id)
        .order_by(Checklist.purpose, Checklist.model_id, Checklist.version)
    )
    return list({(row.purpose, row.model_id): row for row in rows}.values())


def publish(
    session: Session, actor: Actor, *, purpose: Purpose, model_id: int | None, texts: list[str]
) -> Checklist:
    """A new version; a text that ends in `?` may be answered "not applicable"."""
    actor.require("settings.edit")
    items = [_item(index, clean(text)) for index, text in enumerate(texts, 1) if clean(text)]
    if not items:
        raise Refused(msg("A checklist needs at least one line."), field="items")
    version = session.scalar(
        select(func.coalesce(func.max(Checklist.version), 0)).where(
            Checklist.store_id == actor.store_id,
            Checklist.purpose == purpose,
            Checklist.model_id == model_id
            if model_id is not None
            else Checklist.model_id.is_(None),
        )
    )
    made = Checklist(
        store_id=actor.store_id,
        purpose=purpose,
        model_id=model_id,
        version=(version or 0) + 1,
        items=canonical(items).decode(),
        made_at=clock.now(),
    )
    session.add(made)
    session.flush()
    audit.record(
        session,
        actor,
        "checklist.published",
        subject=f"checklist:{made.id}",
        after={"purpose": purpose, "version": made.version, "items": len(items)},
    )
    return made


def read_answers(checklist: Checklist, typed: Mapping[str, str]) -> dict[str, Answered]:
    """Answers by item key from fields `item-KEY` and `note-KEY`; raises Invalid for gaps."""
    problems: dict[str, Text] = {}
    answers: dict[str, Answered] = {}
    for item in items_of(checklist):
        value = typed.get(f"item-{item.key}", "")
        note = clean(typed.get(f"note-{item.key}", ""))[:500]
        if value not in set(Answer):
            problems[f"item-{item.key}"] = msg("Please answer this.")
        elif value == Answer.NOT_APPLICABLE and item.required:
            problems[f"item-{item.key}"] = msg("This has to be looked at.")
        elif value == Answer.FAIL and not note:
            problems[f"note-{item.key}"] = msg("Say what is wrong.")
        else:
            answers[item.key] = Answered(Answer(value), note)
    if problems:
        raise Invalid(msg("Please look at the marked lines."), problems=problems)
    return answers


def all_good(answers: Mapping[str, Answered]) -> bool:
    return all(answer.result is not Answer.FAIL for answer in answers.values())


def from_text(answers: str) -> dict[str, dict[str, str]]:
    """Stored answers by item key: `{"result", "note"}`."""
    found: dict[str, dict[str, str]] = json.loads(answers)
    return found


def as_text(answers: Mapping[str, Answered]) -> str:
    return canonical(
        {
            key: {"result": answer.result, "note": answer.note}
            for key, answer in sorted(answers.items())
        }
    ).decode()


def _item(index: int, text: str) -> dict[str, object]:
    return {"key": f"{index:02d}", "text": text[:200], "required": not text.endswith("?")}

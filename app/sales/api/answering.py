"""A checklist's answers as programs send them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from app.kernel.errors import Invalid
from app.kernel.text import msg
from app.robots.counters import CounterFalls
from app.sales.api.shapes import AnswerIn
from app.sales.checklists import Item


def as_typed(answers: Mapping[str, AnswerIn], items: list[Item]) -> dict[str, str]:
    """The answers as the form's fields; raises Invalid for one that nobody asked for."""
    strangers = answers.keys() - {item.key for item in items}
    if strangers:
        raise Invalid(
            msg("Please look at the marked fields."),
            problems={f"answers.{key}": msg("This is not on the list.") for key in strangers},
        )
    typed = {f"item-{key}": answer.result.value for key, answer in answers.items()}
    return typed | {f"note-{key}": answer.note for key, answer in answers.items()}


@contextmanager
def naming_answers(readings: Mapping[str, str]) -> Iterator[None]:
    """Problems of the form's fields become problems of what was sent: `answers.01.result`.

    `readings` says what the prefixes of readings are called: `{"reading-": "reading."}`.
    """
    try:
        yield
    except Invalid as refusal:
        problems = {_sent(name, readings): text for name, text in refusal.problems.items()}
        raise Invalid(refusal.message, problems=problems) from refusal
    except CounterFalls as refusal:
        refusal.field = _sent(refusal.field or "", readings)
        raise


def _sent(name: str, readings: Mapping[str, str]) -> str:
    for prefix, called in readings.items():
        if name.startswith(prefix):
            return called + name.removeprefix(prefix)
    kind, _, key = name.partition("-")
    part: dict[str, str] = {"item": "result", "note": "note"}
    return f"answers.{key}.{part[kind]}" if kind in part else name

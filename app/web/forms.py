"""Common ground of what pages send.

Form fields arrive as text, whatever was typed; a form's `read()` turns them into typed input or
raises `Invalid` with a sentence per field. So nothing typed is ever lost to a parser.
"""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints

from app.kernel.errors import Invalid, Refused
from app.kernel.searchkeys import clean
from app.kernel.text import Text, msg

Typed = Annotated[str, StringConstraints(max_length=20_000)]
Value = TypeVar("Value")


class StoreForm(BaseModel):
    """Base of every page form: the two hidden fields that each of them carries."""

    model_config = ConfigDict(extra="ignore")

    csrf_token: Typed = ""
    token: Typed = ""

    def typed(self) -> dict[str, Any]:
        """What was typed, to fill the form again."""
        return self.model_dump(exclude={"csrf_token", "token"})


class Reading:
    """Collects the problems of several fields, so that all are told at once."""

    def __init__(self) -> None:
        self.problems: dict[str, Text] = {}

    def take(self, field: str, read: Callable[[], Value], default: Value) -> Value:
        """The value of `read()`; a refusal becomes this field's problem."""
        try:
            return read()
        except Refused as refusal:
            self.problems[field] = refusal.message
            return default

    def text(self, field: str, value: str, *, most: int = 200, required: bool = False) -> str:
        """Trimmed text of at most `most` characters."""
        cleaned = clean(value)
        if required and not cleaned:
            self.problems[field] = msg("Please fill this in.")
        if len(cleaned) > most:
            self.problems[field] = msg("At most {most} characters fit here.", most=most)
        return cleaned

    def refuse(self, field: str, problem: Text) -> None:
        self.problems.setdefault(field, problem)

    def done(self) -> None:
        """Raises Invalid when any field had a problem."""
        if self.problems:
            raise Invalid(msg("Please look at the marked fields."), problems=dict(self.problems))


def problems_of(error: Exception) -> dict[str, Text]:
    """A refusal as problems by field; what names no field stands under `form`."""
    if isinstance(error, Invalid):
        return error.problems
    field = getattr(error, "field", None) or "form"
    message = getattr(error, "message", None)
    return {field: message} if isinstance(message, Text) else {}

"""What can go wrong in the store, said once.

A rule raises one of these; `app.web.errors` turns it into a page, an HTMX fragment or problem JSON.
Nothing else in the house knows about status codes.
"""

from typing import ClassVar

from app.kernel.text import Text


class StoreError(Exception):
    """A refusal that a person at the counter can read and act on.

    `field` names the input that it is about; `link` leads to what stands in the way;
    `facts` are the machine-readable particulars for the API.
    """

    code: ClassVar[str] = "store_error"

    def __init__(self, message: Text, *, field: str | None = None, link: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.link = link

    @property
    def facts(self) -> dict[str, object]:
        return dict(self.message.facts)

    def __str__(self) -> str:
        return str(self.message)


class NotFound(StoreError):
    code = "not_found"


class Refused(StoreError):
    """The request is well formed, but a rule of the store says no."""

    code = "refused"


class Invalid(Refused):
    """One or more inputs cannot be read; `problems` maps each field to its sentence."""

    code = "invalid"

    def __init__(self, message: Text, *, problems: dict[str, Text]) -> None:
        super().__init__(message, field=next(iter(problems), None))
        self.problems = problems


class Conflict(StoreError):
    """Somebody else was faster, or the thing is no longer as it was; look again."""

    code = "conflict"


class Unauthenticated(StoreError):
    code = "unauthenticated"


class Forbidden(StoreError):
    code = "forbidden"


class TooMany(StoreError):
    """Too many tries; `retry_after_s` seconds until the next is worth making."""

    code = "too_many"

    def __init__(self, message: Text, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class TooLarge(StoreError):
    code = "too_large"


class Unavailable(StoreError):
    """Something outside (card service, printer, busy database) does not answer just now."""

    code = "unavailable"

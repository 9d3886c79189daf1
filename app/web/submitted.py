"""Forms whose fields are not known beforehand: checklists, mappings."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

_MOST_FIELDS = 2_000
_LONGEST = 400_000


@dataclass(frozen=True, slots=True)
class SubmittedForm:
    """Every text field that was sent; `token` is the form's idempotency token."""

    values: dict[str, str]
    token: str


async def read_submitted(request: Request) -> SubmittedForm:
    form = await request.form()
    values = {
        name: value[:_LONGEST]
        for name, value in list(form.multi_items())[:_MOST_FIELDS]
        if isinstance(value, str)
    }
    return SubmittedForm(values, values.get("token", ""))


Submitted = Annotated[SubmittedForm, Depends(read_submitted)]

"""What programs send of sales and repairs alike."""

from typing import Annotated

from pydantic import Field

from app.payments.treatments import Treatment
from app.web.wire import Sent


class TaxIn(Sent):
    """How it is taxed, and why; null: by rule."""

    treatment: Annotated[Treatment, Field(strict=False)] | None
    reason: Annotated[str, Field(max_length=200)] = ""

"""How a sale or a repair is taxed, as its page shows it."""

from dataclasses import dataclass

from app.customers.models import Customer
from app.kernel.text import Text
from app.payments import treatments
from app.payments.treatments import Treatment
from app.stores.models import Store


@dataclass(frozen=True, slots=True)
class TaxView:
    """`label` is how it is taxed; `rule` and `why` what the rule says of it. `reason` and `by` are
    of a choice by hand.
    """

    treatment: Treatment
    reason: str
    by: str
    ruled: Treatment
    why: Text
    may_change: bool

    @property
    def label(self) -> Text:
        return treatments.LABELS[self.treatment]

    @property
    def rule(self) -> Text:
        return treatments.LABELS[self.ruled]

    @property
    def is_otherwise(self) -> bool:
        """Taxed otherwise than the rule says today, or by hand."""
        return bool(self.reason) or self.treatment is not self.ruled

    @property
    def options(self) -> list[tuple[str, Text]]:
        return [(treatment.value, label) for treatment, label in treatments.LABELS.items()]


def of(
    store: Store,
    customer: Customer | None,
    treatment: Treatment,
    *,
    reason: str,
    by: str,
    may_change: bool,
) -> TaxView:
    return TaxView(
        treatment=treatment,
        reason=reason,
        by=by,
        ruled=treatments.by_rule(store, customer),
        why=treatments.why(store, customer),
        may_change=may_change,
    )

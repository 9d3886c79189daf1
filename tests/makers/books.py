"""The auditor's question: does this database break a line of the plan?"""

from sqlalchemy.orm import Session

from app.kernel import audit
from app.parts import checks as parts
from app.payments import checks as payments
from app.robots import checks as robots
from app.sales import checks as sales

_CHECKS = (audit.breaches, robots.breaches, parts.breaches, payments.breaches, sales.breaches)


def breaches_of(session: Session) -> list[str]:
    """Every line that `quatrefoil check` would print."""
    return [line for check in _CHECKS for line in check(session)]

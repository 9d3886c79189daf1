"""The auditor's question: does this database break a line of the plan?"""

from sqlalchemy.orm import Session

from app import checking
from app.kernel import audit


def breaches_of(session: Session) -> list[str]:
    """Every line that `quatrefoil check` would print, of what this transaction has written.

    Asked in a session of its own, which knows nothing but what stands in the database.
    """
    session.flush()
    audit.write(session)
    with Session(session.connection()) as auditor:
        return [line for proof in checking.PROOFS for line in proof(auditor)]

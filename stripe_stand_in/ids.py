"""Names of objects, made as Stripe makes them: a prefix that tells the kind, then chance."""

import secrets
import string

_SIGNS = string.ascii_letters + string.digits


def new_id(prefix: str, length: int = 24) -> str:
    """Return for example `pi_3Kf0…`; nobody can guess the next one."""
    return f"{prefix}_{''.join(secrets.choice(_SIGNS) for _ in range(length))}"

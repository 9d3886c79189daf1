"""Passwords, PINs and random tokens: how they are made, kept and compared."""

import hashlib
import secrets as randomness
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.kernel.errors import Refused
from app.kernel.text import msg

SHORTEST_PASSWORD = 10
_LONGEST_PASSWORD = 200
# RFC 9106 section 4, second recommended option, memory halved: 30 to 60 ms on a counter machine.
_hasher = PasswordHasher(time_cost=3, memory_cost=32_768, parallelism=2)


def hash_secret(secret: str) -> str:
    return _hasher.hash(secret)


def matches(kept: str | None, secret: str) -> bool:
    """Compare; without a kept hash the same work is done, so that a miss takes the same time."""
    try:
        _hasher.verify(kept or _nobody(), secret)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def new_token() -> str:
    """256 random bits, for a cookie, badge or program."""
    return randomness.token_urlsafe(32)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def check_password(password: str) -> str:
    """A new password, if it is one; raises Refused with the reason."""
    if not SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD:
        raise Refused(
            msg("A password has at least {least} characters.", least=SHORTEST_PASSWORD),
            field="password",
        )
    return password


def check_pin(pin: str) -> str:
    """A new PIN, if it is one: 4 to 8 digits, not all the same, not a plain run."""
    digits = pin.strip()
    simple = len(set(digits)) == 1 or digits in "01234567890123456789"
    if not (digits.isascii() and digits.isdigit() and 4 <= len(digits) <= 8) or simple:  # noqa: PLR2004
        raise Refused(msg("A PIN has 4 to 8 digits, and not just 1111 or 1234."), field="pin")
    return digits


@cache
def _nobody() -> str:
    return hash_secret(randomness.token_hex(8))

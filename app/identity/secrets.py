"""Passwords, PINs and random tokens: how they are made, kept and compared."""

import hashlib
import secrets as randomness
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.kernel.errors import Refused, TooMany
from app.kernel.searchkeys import search_key
from app.kernel.text import msg

SHORTEST_PASSWORD = 10
_LONGEST_PASSWORD = 200
# RFC 9106 section 4, second recommended option, memory halved: 30 to 60 ms on a counter machine.
_hasher = PasswordHasher(time_cost=3, memory_cost=32_768, parallelism=2)
# Each comparison takes 32 MB and a core. Two run at once and a few wait; a flood of guesses is sent
# away instead of taking the memory and the threads that the tills need.
_comparing = BoundedSemaphore(2)
_waiting = BoundedSemaphore(8)
# Badges come through keyboards: no letters that a German layout swaps, none that look alike, and
# capitals mean the same as small ones (Caps Lock). 26 of 32 signs are 130 bits.
_BADGE_SIGNS = "0123456789ABCDEFGHJKLMNPQRSTUVWX"
_BADGE_LENGTH = 26


def hash_secret(secret: str) -> str:
    return _hasher.hash(secret)


def matches(kept: str | None, secret: str) -> bool:
    """Compare; without a kept hash the same work is done, so that a miss takes the same time.

    Raises TooMany when too many others are comparing.
    """
    nobody = _nobody()
    if not _waiting.acquire(blocking=False):
        raise TooMany(
            msg("Many people are signing in just now. Try again in a moment."), retry_after_s=1
        )
    try:
        with _comparing:
            _hasher.verify(kept or nobody, secret)
    except (VerificationError, InvalidHashError):
        return False
    finally:
        _waiting.release()
    return kept is not None


def new_token() -> str:
    """256 random bits, for a cookie or a program."""
    return randomness.token_urlsafe(32)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def new_badge_code() -> str:
    """130 random bits, short enough for a barcode on a card."""
    return "".join(randomness.choice(_BADGE_SIGNS) for _ in range(_BADGE_LENGTH))


def badge_hash(code: str) -> str:
    return token_hash(search_key(code))


def check_password(password: str) -> str:
    """A new password, if it is one; raises Refused with the reason."""
    if not SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD:
        raise Refused(
            msg(
                "A password has {least} to {most} characters.",
                least=SHORTEST_PASSWORD,
                most=_LONGEST_PASSWORD,
            ),
            field="password",
        )
    return password


def check_pin(pin: str) -> str:
    """A new PIN, if it is one: 4 to 8 digits, not all the same, not a plain run."""
    digits = pin.strip()
    simple = (
        len(set(digits)) == 1
        or digits in "01234567890123456789"
        or digits in "98765432109876543210"
    )
    if not (digits.isascii() and digits.isdigit() and 4 <= len(digits) <= 8) or simple:  # noqa: PLR2004
        raise Refused(msg("A PIN has 4 to 8 digits, and not just 1111 or 1234."), field="pin")
    return digits


@cache
def _nobody() -> str:
    return hash_secret(randomness.token_hex(8))

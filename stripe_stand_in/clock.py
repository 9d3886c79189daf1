"""What time it is, asked in one place."""

import time


def now() -> float:
    """Seconds since 1970, with fractions: what waiting is measured in."""
    return time.time()


def stamp() -> int:
    """Whole seconds since 1970: what Stripe writes into `created`."""
    return int(time.time())

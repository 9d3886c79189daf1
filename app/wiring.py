"""Which domain listens to which event, and who delivers what after the commit."""


def connect() -> None:
    """Make every connection; calling it twice is the same as once."""

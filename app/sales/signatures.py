"""Signatures under protocols, as the counter knows them."""

from app.kernel.signatures import Signed, read_signature

__all__ = ["Signed", "read_signature"]

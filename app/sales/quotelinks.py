"""Keys to a quote's public page: 256 random bits, a hash of them in the house; one at a time."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.identity.secrets import new_token, token_hash
from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.errors import NotFound, Refused
from app.kernel.text import msg
from app.sales import quotes
from app.sales.quote_models import Quote, QuoteLink

_LONGEST = 100


def new(session: Session, actor: Actor, quote: Quote) -> str:
    """A key that is told this once; the one before opens nothing any more."""
    actor.require("counter.sell")
    if quotes.sent_of(quote) is None:
        raise Refused(msg("Send the quote first: the customer sees what was sent."), field="form")
    _revoke(session, actor, quote)
    token = new_token()
    session.add(
        QuoteLink(
            quote_id=quote.id,
            token_hash=token_hash(token),
            made_at=clock.now(),
            made_by=actor.name,
        )
    )
    session.flush()
    audit.record(session, actor, "quote.link_made", subject=quotes.reference(quote))
    return token


def revoke(session: Session, actor: Actor, quote: Quote) -> None:
    """The key that was given out opens nothing any more."""
    actor.require("counter.sell")
    _revoke(session, actor, quote)
    audit.record(session, actor, "quote.link_revoked", subject=quotes.reference(quote))


def in_force(session: Session, quote: Quote) -> QuoteLink | None:
    return session.scalar(
        select(QuoteLink).where(QuoteLink.quote_id == quote.id, QuoteLink.revoked_at.is_(None))
    )


def quote_of(session: Session, token: str) -> Quote:
    """The quote that a key opens; raises NotFound, in the same words whatever was guessed."""
    found = None
    if 0 < len(token) <= _LONGEST:
        quote_id = session.scalar(
            select(QuoteLink.quote_id).where(
                QuoteLink.token_hash == token_hash(token), QuoteLink.revoked_at.is_(None)
            )
        )
        found = quotes.by_id(session, quote_id) if quote_id is not None else None
    if found is None:
        raise NotFound(msg("There is no quote at this address."))
    return found


def _revoke(session: Session, actor: Actor, quote: Quote) -> None:
    session.execute(
        update(QuoteLink)
        .where(QuoteLink.quote_id == quote.id, QuoteLink.revoked_at.is_(None))
        .values(revoked_at=clock.now(), revoked_by=actor.name)
    )

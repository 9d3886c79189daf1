"""Pages that a secret or public code opens: for whoever holds it, and for nobody else."""

from typing import TypeVar

from starlette.responses import Response

Answer = TypeVar("Answer", bound=Response)
# Kept by nobody, found by no search engine, and told to no other site. To our own the browser says
# where a form comes from: it would else call it `null`, and the form would be refused as a foreign
# one.
HEADERS = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "same-origin",
}


def unlisted(answer: Answer) -> Answer:
    """The same answer, with what keeps it from caches and search engines."""
    answer.headers.update(HEADERS)
    return answer

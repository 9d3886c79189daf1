"""Several who do something at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy.orm import Session

from app.kernel import queueing
from app.kernel.db import Database
from app.kernel.errors import StoreError

Act = Callable[[Session], object]


def at_once(database: Database, *acts: Act, store_id: int | None = None) -> list[str]:
    """Every act in a transaction of its own, all begun together: by which refusal each ended,
    sorted; nothing for one that was done. With `store_id` they take turns as a store's writers do.
    """
    gate = Barrier(len(acts))

    def run(act: Act) -> str:
        gate.wait(20)
        try:
            with database.transaction() as own:
                if store_id is not None:
                    queueing.enter(own, store_id)
                act(own)
        except StoreError as refusal:
            return type(refusal).__name__
        return ""

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(run, acts))

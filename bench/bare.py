"""What ours is compared with: FastAPI and SQLAlchemy, writing the rows of a sale and nothing else.

Each endpoint adds the rows that the real request added, changes the columns that it changed, and
commits once. The tables have the same columns and indexes; nothing is looked up or decided.
"""

import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import FastAPI, Form
from sqlalchemy import Column, Index, MetaData, Table, UniqueConstraint, insert, update
from sqlalchemy.orm import Session, registry, sessionmaker

from app import tables as house
from app.kernel.db import open_engine
from bench.statements import Write

Step = list[Write]


def address_of(step: str) -> str:
    return f"/{step.replace(' ', '-')}"


def make(url: str, steps: dict[str, Step]) -> FastAPI:
    """An application with one endpoint for each step, on its own tables in this database."""
    metadata, rows = MetaData(), registry()
    names = {write.table for step in steps.values() for write in step}
    tables = {name: _copy(house.metadata.tables[name], metadata) for name in sorted(names)}
    classes = {name: type(f"Bare_{name}", (), {}) for name in tables}
    for name, table in tables.items():
        rows.map_imperatively(classes[name], table)
    engine = open_engine(url)
    metadata.create_all(engine)
    _seed(tables, steps, sessionmaker(engine))
    app = FastAPI()
    for name, step in steps.items():
        app.post(address_of(name))(_endpoint(sessionmaker(engine), classes, step))
    app.get("/readyz")(lambda: {"status": "ready"})
    return app


def _copy(table: Table, metadata: MetaData) -> Table:
    """The same columns; what is unique or a key to elsewhere is an index, so rows can repeat."""
    copy = Table(
        f"bare_{table.name}",
        metadata,
        *(
            Column(column.name, column.type, primary_key=column.primary_key)
            for column in table.columns
        ),
    )
    uniques = [one for one in table.constraints if isinstance(one, UniqueConstraint)]
    sources: list[Index | UniqueConstraint] = [
        *sorted(table.indexes, key=lambda one: str(one.name)),
        *uniques,
    ]
    for number, source in enumerate(sources):
        names = [column.name for column in source.columns]
        Index(f"ix_bare_{table.name}_{number}", *(copy.c[name] for name in names))
    return copy


def _seed(
    tables: dict[str, Table], steps: dict[str, Step], open_session: Callable[[], Session]
) -> None:
    """A row in each table whose rows a step changes."""
    inserted = {w.table: w.rows[0] for step in steps.values() for w in step if w.verb == "insert"}
    with open_session() as session:
        for name in {w.table for step in steps.values() for w in step if w.verb == "update"}:
            session.execute(insert(tables[name]).values(inserted.get(name, {})))
        session.commit()


def _endpoint(
    open_session: Callable[[], Session], classes: dict[str, type], step: Step
) -> Callable[..., Any]:
    added = [(classes[w.table], row) for w in step if w.verb == "insert" for row in w.rows]
    changed = [(classes[w.table], row) for w in step if w.verb == "update" for row in w.rows]

    def write(
        csrf_token: Annotated[str, Form()] = "", code: Annotated[str, Form()] = ""
    ) -> dict[str, str]:
        with open_session() as session:
            session.add_all(_filled(kind, row) for kind, row in added)
            for kind, row in changed:
                session.execute(update(kind).where(kind.id == 1).values(row))  # type: ignore[attr-defined]
            session.commit()
        return {"done": code or csrf_token[:8]}

    return write


def _filled(kind: type, row: dict[str, Any]) -> object:
    made = kind()
    for name, value in row.items():
        setattr(made, name, value)
    return made


def main() -> None:
    url, port, recorded = sys.argv[1:]
    steps: dict[str, Step] = pickle.loads(Path(recorded).read_bytes())
    uvicorn.run(
        make(url, steps), port=int(port), log_config=None, access_log=False, server_header=False
    )


if __name__ == "__main__":
    main()

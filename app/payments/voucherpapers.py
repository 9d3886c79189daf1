"""The papers that show an authority that a voucher was rightly used: files, kept by their hash."""

from collections.abc import Collection, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel import audit, clock
from app.kernel.actor import Actor
from app.kernel.canonical import sha256_hex
from app.kernel.errors import Conflict, NotFound
from app.kernel.filestore import FileStore
from app.kernel.searchkeys import clean
from app.kernel.text import msg
from app.kernel.uploads import Upload
from app.payments import schemes
from app.payments.voucher_models import SchemePaper, Voucher, VoucherPaper

MOST_FILES = 20


def attach(
    session: Session, actor: Actor, voucher: Voucher, paper_id: int, upload: Upload, *, name: str
) -> VoucherPaper:
    """A file that shows one of the papers; the caller lays it down. The same again is one.

    Raises Conflict once the voucher was claimed, NotFound for a paper of another scheme.
    """
    actor.require("counter.sell")
    _require_unclaimed(voucher)
    paper = session.get(SchemePaper, paper_id)
    if paper is None or paper.scheme_id != voucher.scheme_id:
        raise NotFound(msg("The scheme asks for no such paper."), field="paper")
    sha256 = sha256_hex(upload.content)
    before = of_voucher(session, voucher)
    for kept in before:
        if (kept.paper_id, kept.sha256) == (paper_id, sha256):
            return kept
    if len(before) >= MOST_FILES:
        raise Conflict(msg("A voucher has at most {most} files.", most=MOST_FILES))
    made = VoucherPaper(
        voucher_id=voucher.id,
        paper_id=paper_id,
        sha256=sha256,
        media_type=upload.media_type,
        name=clean(name)[:200] or paper.name,
        at=clock.now(),
        by=actor.name,
    )
    session.add(made)
    session.flush()
    audit.record(
        session,
        actor,
        "voucher.paper_added",
        subject=f"voucher:{voucher.id}",
        after={"paper": paper.name, "sha256": sha256},
    )
    return made


def take_away(session: Session, actor: Actor, voucher: Voucher, file_id: int) -> None:
    """A file that was the wrong one, before the voucher is claimed."""
    actor.require("counter.sell")
    _require_unclaimed(voucher)
    found = by_id(session, voucher, file_id)
    session.delete(found)
    session.flush()
    audit.record(
        session,
        actor,
        "voucher.paper_removed",
        subject=f"voucher:{voucher.id}",
        before={"name": found.name, "sha256": found.sha256},
    )


def by_id(session: Session, voucher: Voucher, file_id: int) -> VoucherPaper:
    found = session.get(VoucherPaper, file_id)
    if found is None or found.voucher_id != voucher.id:
        raise NotFound(msg("There is no such file."))
    return found


def of_voucher(session: Session, voucher: Voucher) -> list[VoucherPaper]:
    """The files of a voucher, in the order in which they came."""
    return list(
        session.scalars(
            select(VoucherPaper)
            .where(VoucherPaper.voucher_id == voucher.id)
            .order_by(VoucherPaper.id)
        )
    )


def of_vouchers(session: Session, voucher_ids: Collection[int]) -> dict[int, list[VoucherPaper]]:
    """The same of many, in one statement."""
    found: dict[int, list[VoucherPaper]] = {}
    if voucher_ids:
        for file in session.scalars(
            select(VoucherPaper)
            .where(VoucherPaper.voucher_id.in_(voucher_ids))
            .order_by(VoucherPaper.id)
        ):
            found.setdefault(file.voucher_id, []).append(file)
    return found


def missing(session: Session, vouchers: Collection[Voucher]) -> dict[int, list[str]]:
    """The papers that are still asked for, by voucher; complete ones are left out."""
    asked = schemes.papers_of(session, {voucher.scheme_id for voucher in vouchers})
    if not asked:
        return {}
    there = of_vouchers(session, [voucher.id for voucher in vouchers])
    lacks: dict[int, list[str]] = {}
    for voucher in vouchers:
        shown = {file.paper_id for file in there.get(voucher.id, [])}
        names = [one.name for one in asked.get(voucher.scheme_id, []) if one.id not in shown]
        if names:
            lacks[voucher.id] = names
    return lacks


def file_breaches(session: Session, files: FileStore) -> Iterator[str]:
    """Rows whose file is gone or is not what it was."""
    for voucher_id, sha256 in session.execute(
        select(VoucherPaper.voucher_id, VoucherPaper.sha256).order_by(VoucherPaper.id)
    ):
        trouble = files.trouble_with(sha256)
        if trouble:
            yield f"payments: a paper of voucher {voucher_id} is {trouble}"


def _require_unclaimed(voucher: Voucher) -> None:
    if voucher.claim_id is not None:
        raise Conflict(msg("This voucher was claimed: its papers stay as they were sent."))

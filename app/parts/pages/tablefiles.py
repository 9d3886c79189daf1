"""A table as a file to take along: CSV or XLSX, in which no cell is a formula."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from starlette.responses import Response

from app.kernel import csvfile, workbooks
from app.kernel.errors import NotFound
from app.kernel.text import msg


def answer(
    kind: str, *, name: str, titles: Sequence[str], rows: Iterable[Sequence[str | int | Decimal]]
) -> Response:
    """The table as a download called `name.kind`; raises NotFound for a kind that is none."""
    if kind == "xlsx":
        content, media_type = workbooks.workbook(name, titles, rows), workbooks.MEDIA_TYPE
    elif kind == "csv":
        content, media_type = csvfile.csv_bytes(titles, rows), csvfile.MEDIA_TYPE
    else:
        raise NotFound(msg("There is no such file."))
    headers = {
        "Content-Disposition": f'attachment; filename="{name}.{kind}"',
        "Cache-Control": "no-store",
    }
    return Response(content, media_type=media_type, headers=headers)

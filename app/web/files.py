"""Files that the service keeps, on their way in and out."""

from urllib.parse import quote

from fastapi import Request
from starlette.responses import Response

from app.kernel.filestore import FileStore
from app.kernel.uploads import EXTENSIONS, PDF


def files_of(request: Request) -> FileStore:
    """The store of files of this service."""
    return FileStore.below(request.app.state.settings.data_dir)


def file_response(content: bytes, *, media_type: str, name: str) -> Response:
    """A file of somebody else's making, so that it can do nothing here.

    Pictures are shown, for they were written anew; a PDF is only handed out. The frame around every
    answer forbids guessing another type, and scripts.
    """
    shown = "attachment" if media_type == PDF else "inline"
    ending = EXTENSIONS[media_type]
    plain = f"document{ending}"
    full = name if name.lower().endswith(ending) else f"{name}{ending}"
    return Response(
        content,
        media_type=media_type,
        headers={
            "Content-Disposition": (
                f"{shown}; filename=\"{plain}\"; filename*=UTF-8''{quote(full, safe='')}"
            ),
            "Cache-Control": "private, no-store",
        },
    )

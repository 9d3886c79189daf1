"""Where real files stand, if they do."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("QUATREFOIL_SHARED", Path(__file__).parents[4] / "shared")) / "data"


def real(folder: str, pattern: str) -> list[Path]:
    return sorted((SHARED / folder).glob(pattern)) if SHARED.is_dir() else []


needs_files = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the robots' own files are not on this machine"
)

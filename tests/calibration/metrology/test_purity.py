"""The core stays a core: it computes, and knows nothing else."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import app.calibration.metrology as core

FILES = sorted(Path(core.__path__[0]).glob("*.py"))
ALLOWED = ("app.calibration.metrology.", "app.kernel.errors", "app.kernel.text")
OUTSIDE_WORLD = {"os", "io", "pathlib", "socket", "time", "random", "subprocess", "sqlite3"}


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_it_imports_the_standard_library_and_the_stores_sentences_alone() -> None:
    for file in FILES:
        for name in imported(file):
            top = name.split(".", maxsplit=1)[0]
            assert name.startswith(ALLOWED) or top in sys.stdlib_module_names, (file.name, name)
            assert top not in OUTSIDE_WORLD, (file.name, name)


def test_every_public_function_says_what_it_computes() -> None:
    for file in FILES:
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), (file.name, node.name)

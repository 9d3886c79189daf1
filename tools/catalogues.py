"""The message catalogues: `python -m tools.catalogues update|compile|check`.

English is the source; each other language has `app/locale/<language>/LC_MESSAGES/messages.po`.
Compiled files are not kept in git: `tools/setup.py` makes them when a catalogue is newer.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from app.kernel import clock
from app.web import i18n

ROOT = Path(__file__).resolve().parent.parent
SOURCE_LANGUAGE = "en"
LANGUAGES = tuple(language for language in i18n.LANGUAGES if language != SOURCE_LANGUAGE)
# Beside gettext's own names: `msg` marks a sentence in a rule, see app/kernel/text.py.
KEYWORDS = ("msg",)
PRINTED_AT_MOST = 50
# A gap for a fact: `{serial}` in a rule's sentence, `%(serial)s` in a template's.
GAP = re.compile(r"\{(\w+)[^{}]*\}|%\((\w+)\)")


def path_of(language: str) -> Path:
    return i18n.LOCALE_DIR / language / "LC_MESSAGES" / "messages.po"


def extract() -> Catalog:
    """Every sentence that the code and the templates mark for translation."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "messages.pot"
        extracting = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract"]
        keywords = [f"--keyword={keyword}" for keyword in KEYWORDS]
        options = ["--mapping-file=babel.cfg", f"--output-file={found}", *keywords]
        subprocess.run([*extracting, *options, "."], cwd=ROOT, check=True)
        with found.open("rb") as file:
            return read_po(file)


def load(language: str) -> Catalog:
    """A language's catalogue; an empty one if there is none yet."""
    path = path_of(language)
    if not path.exists():
        return Catalog(
            locale=language,
            header_comment="# The sentences of Quatrefoil. Kept in step by `make messages`.",
            project="Quatrefoil",
            version="1",
            last_translator="Quatrefoil",
            language_team="Quatrefoil",
            msgid_bugs_address="-",
            revision_date=clock.now(),
            fuzzy=False,
        )
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update() -> None:
    """Bring the catalogues to the sentences of today: new ones empty, vanished ones gone."""
    template = extract()
    for language in LANGUAGES:
        catalogue = load(language)
        # no guessing: a translation of a similar sentence is a wrong translation
        catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
        path_of(language).parent.mkdir(parents=True, exist_ok=True)
        with path_of(language).open("wb") as file:
            # without line numbers and sorted, so that a change of code is no change of catalogues
            write_po(
                file,
                catalogue,
                width=100,
                sort_output=True,
                ignore_obsolete=True,
                include_lineno=False,
            )


def compile_all() -> None:
    for language in LANGUAGES:
        if path_of(language).exists():
            with path_of(language).with_suffix(".mo").open("wb") as file:
                write_mo(file, load(language))


def problems() -> Iterator[str]:
    """What keeps a page from being read wholly in each language, one line each."""
    template = extract()
    sources = {_key(message) for message in template if message.id}
    for language in LANGUAGES:
        catalogue = load(language)
        known = {_key(message): message for message in catalogue if message.id}
        for key in sorted(sources - known.keys()):
            yield f"{language}: not in the catalogue: {key[1]}"
        for key in sorted(known.keys() - sources):
            yield f"{language}: no longer said anywhere: {key[1]}"
        yield from (f"{language}: obsolete entry: {gone}" for gone in catalogue.obsolete)
        for message in known.values():
            yield from (f"{language}: {problem}" for problem in _problems_of(message))


def _key(message: Message) -> tuple[str, str]:
    return message.context or "", _forms(message.id)[0]


def _forms(text: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    """A sentence, or its singular and plural."""
    return tuple(text) if isinstance(text, list | tuple) else (text or "",)


def _problems_of(message: Message) -> Iterator[str]:
    sources, translations = _forms(message.id), _forms(message.string)
    if message.fuzzy:
        yield f"fuzzy: {sources[0]}"
    if not all(translations):
        yield f"not translated: {sources[0]}"
        return
    allowed = set.union(*map(_gaps, sources))
    wrong = {text for text in translations if not _gaps(text) <= allowed}
    # the last form stands for many, and names how many; an earlier one may say it in a word
    if not _gaps(translations[-1]) >= _gaps(sources[-1]):
        wrong.add(translations[-1])
    yield from (f"other gaps than in {sources[0]!r}: {text}" for text in sorted(wrong))


def _gaps(text: str) -> set[str]:
    return {f"{{{braces}}}" if braces else f"%({percent})" for braces, percent in GAP.findall(text)}


def check() -> None:
    """Print the first problems, and end with how many there are."""
    found = list(problems())
    print(*found[:PRINTED_AT_MOST], sep="\n")
    if found:
        sys.exit(f"{len(found)} problems. Run `make messages`, then translate in app/locale.")


if __name__ == "__main__":
    {"update": update, "compile": compile_all, "check": check}[sys.argv[1]]()

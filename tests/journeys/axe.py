"""axe-core on a page that is open in a browser."""

from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page

AXE = (Path(__file__).parents[1] / "vendor" / "axe.min.js").read_text()
# What depends on colours; all other rules read the page's parts and where they stand.
IN_COLOUR = ("color-contrast", "link-in-text-block")


def violations(page: Page, rules: Sequence[str] | None = None) -> list[str]:
    """What breaks these rules, or any of all that axe has on without being asked."""
    if not page.evaluate("'axe' in window"):
        # evaluated through the debugger, which no content policy hinders
        page.evaluate(AXE)
    found = page.evaluate(
        """rules => axe.run({
            resultTypes: ['violations'],
            // style sheets are fetched again for a rule that is not on
            preload: {assets: ['media']},
            ...(rules ? {runOnly: {type: 'rule', values: rules}} : {}),
        }).then(result => result.violations)""",
        rules,
    )
    return [f"{one['id']} at {one['nodes'][0]['html'][:120]}" for one in found]

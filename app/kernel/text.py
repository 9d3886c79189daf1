"""Sentences that can be said in any of the store's languages.

A rule names its sentence once, in English, with its facts beside it; whoever shows it chooses
the language.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Text:
    """A translatable sentence: an English template with named gaps, and the facts for the gaps."""

    template: str
    facts: Mapping[str, object] = field(default_factory=dict)

    def render(
        self,
        translate: Callable[[str], str],
        present: Callable[[object], object] = str,
    ) -> str:
        """Say it: `translate` finds the template's translation, `present` formats each fact."""
        facts = {name: _said(fact, translate, present) for name, fact in self.facts.items()}
        return translate(self.template).format_map(facts)

    def __str__(self) -> str:
        return self.render(lambda template: template)


def msg(template: str, /, **facts: object) -> Text:
    """Mark a sentence for translation: `msg("No robot {serial}", serial=serial)`."""
    return Text(template, facts)


def _said(
    fact: object, translate: Callable[[str], str], present: Callable[[object], object]
) -> object:
    return fact.render(translate, present) if isinstance(fact, Text) else present(fact)

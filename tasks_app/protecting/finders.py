"""The ways in which stored texts are read again."""

from dataclasses import dataclass
from typing import cast

from privacy.models import Finding as FoundPlace
from privacy.pii.finding import Finding, Scope
from privacy.pii.folding import MASK
from privacy.pii.learned import Learned
from privacy.pii.offsets import replace_spans
from privacy.pii.payload import known_language
from privacy.pii.redactor import Redactor
from privacy.pii.scan import merge
from tasks_app.models import Item, Project


@dataclass(frozen=True)
class LearnedOnly:
    """Places of values that people have found, and nothing else; `also` are places of one item's texts."""

    learned: Learned
    also: tuple[tuple[int, Finding], ...] = ()  # (text, place)

    def item(self, item: Item, texts: list[str]) -> list[list[Finding]]:
        named = [[place for at, place in self.also if at == number] for number in range(len(texts))]
        return [merge([*self.learned.find(text), *places]) for text, places in zip(texts, named, strict=True)]

    def alone(self, text: str) -> list[Finding]:
        return self.learned.find(text)


@dataclass(frozen=True)
class Everything:
    """All detectors of today. What was replaced before is walled off: no stand-in is replaced anew."""

    project: Project
    learned: Learned

    def item(self, item: Item, texts: list[str]) -> list[list[Finding]]:
        if self.project.privacy_policy == Project.PrivacyPolicy.KEEP:
            return [[] for _ in texts]
        walled = _walled(item, texts)
        redactor = Redactor("mask", language=known_language(item.language), scope=_scope(self.project))
        found: list[list[Finding]] = [[] for _ in texts]
        for at, finding, _mask in redactor.redact_turns(
            walled, [self.learned.find(one) for one in walled]
        ).findings:
            found[at].append(finding)
        return found

    def alone(self, text: str) -> list[Finding]:
        """Without what only the shape of a whole text suggests: nobody knows what was asked here."""
        redactor = Redactor("mask", scope=_scope(self.project))
        found = redactor.redact_turns([text], [self.learned.find(text)]).findings
        return [finding for _at, finding, _mask in found if finding.detector != "answer"]


def _scope(project: Project) -> Scope:
    return cast(Scope, project.privacy_scope)


def _walled(item: Item, texts: list[str]) -> list[str]:
    places: dict[int, list[tuple[int, int, str]]] = {}
    for row in FoundPlace.objects.filter(item=item.pk).order_by("turn", "start"):
        places.setdefault(row.turn, []).append((row.start, row.end, MASK * (row.end - row.start)))
    return [replace_spans(text, places.get(at, []))[0] for at, text in enumerate(texts)]

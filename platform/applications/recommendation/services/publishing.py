"""Pairs that the model doubts, as items to be labelled."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext as _

from accounts.models import User
from applications.recommendation import candidates, matching, persons, taste
from applications.recommendation.candidates import Wanted
from applications.recommendation.models import CatalogueItem, Interaction, Person
from common.errors import Conflict, Invalid, Problem, Unavailable
from tasks_app.models import ImportJob, Project
from tasks_app.services.imports import start_import
from training.engine.errors import EngineError

MOST = 500
_PERSONS = 40  # whose candidates are looked at
_EACH = Wanted(near=12, popular=4, new=4)
_A_PERSON = 5  # pairs at most, so that one person's taste is not all there is


@dataclass(frozen=True, slots=True)
class _Pair:
    history: str
    item: CatalogueItem
    doubt: float

    @property
    def external_id(self) -> str:
        """The same pair has the same id, and no more than the texts goes into it: nothing leads to whose
        history it is."""
        content = json.dumps([self.history, self.item.whole_text], ensure_ascii=False)
        return f"pair-{hashlib.sha256(content.encode()).hexdigest()[:24]}"

    def line(self) -> str:
        payload = matching.pair_of(self.history, self.item)
        return json.dumps({"id": self.external_id, **payload, "group": _group(self.history)})


def publish_pairs(*, project: Project, count: int, actor: User) -> tuple[ImportJob, int]:
    """Import the `count` pairs that the model doubts most, of people who may be profiled; and how many.

    Doubt is 1 - |2 p - 1|, so uncertainty sampling (Lewis & Gale 1994). Published again, a pair that the
    project has is not imported twice. Raises Conflict where no version is in production or no pair is found.
    """
    if not 1 <= count <= MOST:
        detail = _("Ask for 1 to %d pairs.") % MOST
        raise Invalid(detail, problems=[Problem("/count", "range", detail)])
    pairs = _most_doubtful(project, count)
    if not pairs:
        raise Conflict(
            _("There is nobody with a history yet whose pairs could be asked about."), code="empty"
        )
    body = "\n".join(pair.line() for pair in pairs).encode()
    job = start_import(project=project, actor=actor, chunks=[body], format="jsonl")
    return job, len(pairs)


def _most_doubtful(project: Project, count: int) -> list[_Pair]:
    matcher = matching.matcher_of(project)
    if matcher is None:
        raise Conflict(_("No version of the match model is in production yet."), code="no_version")
    asked = [pair for person in _some_persons(project) for pair in _pairs_of(project, person)]
    try:
        sure = matcher.in_background([matching.pair_of(text, item) for text, item in asked])
    except (EngineError, OSError) as error:
        raise Unavailable(_("This model cannot be loaded: %s") % error, code="model_unusable") from error
    doubt = 1 - np.abs(2 * np.array(sure) - 1)
    found, taken = list[_Pair](), dict[str, int]()
    for row in np.argsort(-doubt, kind="stable"):
        text, item = asked[int(row)]
        if taken.get(text, 0) < _A_PERSON and len(found) < count:
            taken[text] = taken.get(text, 0) + 1
            found.append(_Pair(text, item, float(doubt[row])))
    return found


def _some_persons(project: Project) -> Sequence[Person]:
    """Those who did something last: what they are shown next is what matters."""
    latest = Interaction.objects.filter(person__project=project, person__restricted=False)
    ids = list(dict.fromkeys(latest.order_by("-at").values_list("person", flat=True)[: 50 * _PERSONS]))
    out = persons.unprofiled(project.pk)
    rows = Person.objects.in_bulk([pk for pk in ids if pk not in out][:_PERSONS])
    return list(rows.values())


def _pairs_of(project: Project, person: Person) -> list[tuple[str, CatalogueItem]]:
    one = taste.taste_of_row(person)
    if not one.text:
        return []
    found = candidates.candidates_for(project.pk, history=one.vectors, without=one.seen, wanted=_EACH)
    return [(one.text, item) for item in found]


def _group(history: str) -> str:
    """Pairs of one history stay on one side of a split."""
    return f"history-{hashlib.sha256(history.encode()).hexdigest()[:16]}"

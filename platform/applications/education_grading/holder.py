"""What education grading holds about a person: as a learner, found by digest or item, and as a teacher."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from applications import subjects
from applications.education_grading.grading import TEMPLATE
from applications.education_grading.learners import digests_of
from applications.education_grading.models import FeedbackEdit, Question, ReleaseRule, Submission
from privacy import mentions
from privacy.holders import Holding, Subject, Terms
from tasks_app.models import Item
from training.models import Prediction

_PREFIX = "submission-"
_SHOWN = ("question__title", "text", "score", "feedback", "objection", "created_at")


class GradingHolder:
    name = "education_grading"
    # Before training: the predictions about a learner's answer are found through the submission.
    rank = 5

    def holdings(self, subject: Subject) -> Iterator[Holding]:
        yield Holding(
            "graded_answers", _("Answers that you gave as a learner"), _rows(of_learner(subject), *_SHOWN),
            _("To grade them and to tell you what is missing."), source=_("Your school."),
        )  # fmt: skip
        if subject.account is not None:
            yield Holding(
                "grading_decisions", _("What you decided as a teacher"),
                _rows(_decided(subject.account), "question__title", "score", "decided_at"),
                _("To know who decided."), source=_("You."),
            )  # fmt: skip

    def erase(self, subject: Subject, terms: Terms) -> dict[str, int]:
        subjects.lock(subject)
        rows = list(of_learner(subject).select_for_update())
        asked = _asked(subject, rows)
        done = {
            "graded_answers": len(rows),
            "items": subjects.erase_items(_items(rows, asked), terms, but=self.name),
        }
        Submission.objects.filter(pk__in=[row.pk for row in rows]).delete()
        done["predictions"] = subjects.erase_predictions(asked)
        if subject.account is not None:
            done["decisions"] = _decided(subject.account).update(decided_by=None)
            FeedbackEdit.objects.filter(editor=subject.account).update(editor=None)
            ReleaseRule.objects.filter(changed_by=subject.account).update(changed_by=None)
        done["mentions"] = mentions.scrub_words(self.name, subject.values)
        return {name: count for name, count in done.items() if count}

    def restrict(self, subject: Subject, *, restricted: bool) -> dict[str, int]:
        subjects.lock(subject)
        rows = list(of_learner(subject).filter(restricted=not restricted))
        Submission.objects.filter(pk__in=[row.pk for row in rows]).update(restricted=restricted)
        items = _items(rows, _asked(subject, rows))
        subjects.restrict_items(items, restricted=restricted, but=self.name)
        return {"graded_answers": len(rows)} if rows else {}

    def residue(self, subject: Subject) -> dict[str, int]:
        left = mentions.count_mentions(self.name, subject.values)
        left["graded_answers"] = of_learner(subject).count()
        left["predictions"] = len(_asked(subject, []))
        if subject.account is not None:
            left["decisions"] = _decided(subject.account).count()
            left["edits"] = FeedbackEdit.objects.filter(editor=subject.account).count()
        return {name: count for name, count in left.items() if count}


def of_learner(subject: Subject) -> QuerySet[Submission]:
    """By what the person is known by, and by the items that were made of answers."""
    projects = Submission.objects.order_by().values_list("question__project", flat=True).distinct()
    values = [value for value in subject.values if value.strip()]
    digests = [
        digest
        for project in (projects if values else ())
        for value in values
        for digest in digests_of(project, value)
    ]
    own = Q(learner__in=digests) | Q(subject__in=subject.subjects)
    keys: dict[UUID, list[str]] = defaultdict(list)
    named = Item.objects.filter(pk__in=subject.items, external_id__startswith=_PREFIX)
    for project, name in named.values_list("project", "external_id"):
        if _is_id(key := name.removeprefix(_PREFIX)):
            keys[project].append(key)
    for project, found in keys.items():
        own |= Q(question__project=project, pk__in=found)
    return Submission.objects.filter(own)


def _asked(subject: Subject, rows: Sequence[Submission]) -> list[UUID]:
    """Predictions that hold the learner's words: those that answers point to, and those that a killed process
    has left behind."""
    pointed = {key for row in rows for key in (row.score_prediction_id, row.missing_prediction_id) if key}
    projects = Submission.objects.order_by().values_list("question__project", flat=True).distinct()
    named = {
        subjects.subject_id(project, value)
        for project in (projects if subject.values else ())
        for value in subject.values
        if value.strip()
    }
    people = {*subject.subjects, *named, *(row.subject for row in rows if row.subject)}
    theirs = Prediction.objects.filter(subject__in=people, version__model__project__template=TEMPLATE)
    return sorted(pointed | set(theirs.values_list("pk", flat=True)))


def _items(rows: Sequence[Submission], asked: Collection[UUID]) -> set[UUID]:
    """Made of decided answers, and of what was said of predictions."""
    wanted = Q(pk__in=[])
    for project, names in _by_project(rows).items():
        wanted |= Q(project=project, external_id__in=names)
    own = Item.objects.filter(wanted)
    return {*own.values_list("pk", flat=True), *subjects.items_of_cases(asked)}


def _by_project(rows: Sequence[Submission]) -> dict[UUID, list[str]]:
    """The same external id in another project is somebody else's item."""
    projects = dict(Question.objects.filter(submissions__in=rows).values_list("pk", "project"))
    names: dict[UUID, list[str]] = defaultdict(list)
    for row in rows:
        names[projects[row.question_id]].append(row.external_id)
    return names


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _decided(account: UUID) -> QuerySet[Submission]:
    return Submission.objects.filter(decided_by=account)


def _rows(found: QuerySet[Any], *columns: str) -> Iterator[dict[str, Any]]:
    yield from found.order_by("pk").values(*columns).iterator(chunk_size=500)

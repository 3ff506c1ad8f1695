"""What education grading holds about a person: as a learner, found by digest or item, and as a teacher."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from applications.education_grading.learners import digest_of
from applications.education_grading.models import FeedbackEdit, ReleaseRule, Submission
from privacy import mentions
from privacy.holders import Holding, Subject, Terms
from tasks_app.models import Item
from training.models import FeedbackCase, Prediction

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
        rows = list(of_learner(subject).select_for_update())
        asked = [key for row in rows for key in (row.score_prediction_id, row.missing_prediction_id) if key]
        done = {"graded_answers": len(rows)}
        Submission.objects.filter(pk__in=[row.pk for row in rows]).delete()
        # Cases hold the same texts as the predictions that they were made of.
        done["cases"] = FeedbackCase.objects.filter(feedback__prediction__in=asked).delete()[0]
        done["predictions"] = Prediction.objects.filter(pk__in=asked).delete()[0]
        if subject.account is not None:
            done["decisions"] = _decided(subject.account).update(decided_by=None)
            FeedbackEdit.objects.filter(editor=subject.account).update(editor=None)
            ReleaseRule.objects.filter(changed_by=subject.account).update(changed_by=None)
        done["mentions"] = mentions.scrub_words(self.name, subject.values)
        return {name: count for name, count in done.items() if count}

    def restrict(self, subject: Subject, *, restricted: bool) -> dict[str, int]:
        changed = of_learner(subject).filter(restricted=not restricted).update(restricted=restricted)
        return {"graded_answers": changed} if changed else {}

    def residue(self, subject: Subject) -> dict[str, int]:
        left = mentions.count_mentions(self.name, subject.values)
        left["graded_answers"] = of_learner(subject).count()
        if subject.account is not None:
            left["decisions"] = _decided(subject.account).count()
            left["edits"] = FeedbackEdit.objects.filter(editor=subject.account).count()
        return {name: count for name, count in left.items() if count}


def of_learner(subject: Subject) -> QuerySet[Submission]:
    """By what the person is known by, and by the items that were made of answers."""
    projects = Submission.objects.order_by().values_list("question__project", flat=True).distinct()
    values = [value for value in subject.values if value.strip()]
    digests = [digest_of(project, value) for project in (projects if values else ()) for value in values]
    named = Item.objects.filter(pk__in=subject.items, external_id__startswith=_PREFIX)
    keys = [name.removeprefix(_PREFIX) for name in named.values_list("external_id", flat=True)]
    return Submission.objects.filter(Q(learner__in=digests) | Q(pk__in=[key for key in keys if _is_id(key)]))


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _decided(account: UUID) -> QuerySet[Submission]:
    return Submission.objects.filter(decided_by=account)


def _rows(found: QuerySet[Any], *columns: str) -> Iterator[dict[str, Any]]:
    yield from found.order_by("pk").values(*columns).iterator(chunk_size=500)

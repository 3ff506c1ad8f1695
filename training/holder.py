"""What training holds about a person: places in snapshots, texts in files, questions to models, models."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.services.closing import lock_account
from privacy import mentions
from privacy.holders import Holding, Subject, Terms
from tasks_app.models import Item, Project
from training import erasing_data, erasing_models, remains
from training.models import (
    Analysis,
    CleaningTask,
    Feedback,
    FeedbackCase,
    FilesToClear,
    Prediction,
    Snapshot,
    SnapshotItem,
)


class TrainingHolder:
    name = "training"
    rank = 10

    def holdings(self, subject: Subject) -> Iterator[Holding]:
        if subject.account is not None:
            user = subject.account
            yield Holding(
                "questions_to_models", _("What you asked models"),
                _rows(
                    Prediction.objects.filter(requested_by=user), "version__model__name", "payload", "value",
                    "confidence", "created_at",
                ),
                _("To answer you, and to see how well models answer."), source=_("You."),
            )  # fmt: skip
            yield Holding(
                "feedback_given", _("What you said about answers of models"),
                _rows(
                    Feedback.objects.filter(author=user), "prediction", "thumbs", "rating", "correction",
                    "comment", "created_at",
                ),
                _("To correct what models get wrong."), source=_("You."),
            )  # fmt: skip
        yield Holding(
            "models", _("Models that learned from your data"), _models(subject),
            _("To answer questions of the kind that the project is about."),
        )  # fmt: skip

    def erase(self, subject: Subject, terms: Terms) -> dict[str, int]:
        done: dict[str, int] = {}
        # First of all locks: a freezing that is under way reads items and people that are locked later.
        erasing_data.take_turn_with_freezing(_projects(subject))
        user = lock_account(subject.account)
        snapshots = self._snapshots(subject)
        erasing_data.forget_analyses(_with_analyses(subject))
        CleaningTask.objects.filter(item__in=subject.items).delete()
        runs = erasing_data.stop_runs(snapshots)
        versions = erasing_models.versions_that_saw(snapshots)
        stays = erasing_models.versions_that_saw(
            erasing_models.snapshots_of_answers(subject, policy=Project.ErasureOfAnswers.ANONYMISE)
        )
        erasing_data.withdraw_snapshots(snapshots)
        places = erasing_data.blank_places(subject.items) if subject.items else {}
        affected = erasing_models.act_on(versions, terms, dict(places))
        # One that was being registered when its base went into quarantine; from here on none can be.
        late = erasing_models.versions_that_saw(snapshots)
        affected += erasing_models.act_on({one: late[one] for one in late if one not in versions}, terms, {})
        done |= {
            "snapshots": len([one for one in snapshots if one.withdrawn_at is None]),
            "places": sum(places.values()),
            "versions": affected,
            "versions_anonymised": erasing_models.note_anonymised(
                [one for one in stays if one not in versions], terms
            ),
        }
        erasing_data.clear_files(snapshots, runs)
        done |= erasing_data.empty_predictions(subject.items, subject.values, subject.subjects)
        if user is not None:
            done |= erasing_data.forget_asker(user.pk)
        done["mentions"] = mentions.scrub_words("training", subject.values)
        return {name: count for name, count in done.items() if count}

    def _snapshots(self, subject: Subject) -> list[Snapshot]:
        removed = erasing_models.snapshots_of_answers(subject, policy=Project.ErasureOfAnswers.REMOVE)
        found = {*erasing_models.snapshots_of_items(subject.items), *removed}
        return sorted(found, key=lambda snapshot: snapshot.pk)

    def restrict(self, subject: Subject, *, restricted: bool) -> dict[str, int]:
        """Nothing to mark here: no snapshot takes a restricted item or counts a held answer."""
        return {}

    def residue(self, subject: Subject) -> dict[str, int]:
        left = mentions.count_mentions("training", subject.values)
        left |= {
            "places": SnapshotItem.objects.filter(item__in=subject.items).count(),
            "files_to_clear": FilesToClear.objects.count(),
            "files": remains.count_files(settings.ARTIFACTS_DIR, subject.items, subject.values),
            "cases": FeedbackCase.objects.filter(item__in=subject.items).count(),
            "predictions": Prediction.objects.filter(subject__in=subject.subjects).count(),
        }
        if subject.account is not None:
            left |= {
                "asked": Prediction.objects.filter(requested_by=subject.account).count(),
                "feedback": Feedback.objects.filter(author=subject.account).count(),
                "snapshots": self._removed(subject).filter(withdrawn_at=None).count(),
            }
        return {name: count for name, count in left.items() if count}

    def _removed(self, subject: Subject) -> QuerySet[Snapshot]:
        return erasing_models.snapshots_of_answers(subject, policy=Project.ErasureOfAnswers.REMOVE)


def _projects(subject: Subject) -> set[Any]:
    """Whose snapshots may hold something: of the items, and of what the person answered or reviewed."""
    found = set(Item.objects.filter(pk__in=subject.items).order_by().values_list("project", flat=True))
    policy = Project.ErasureOfAnswers.REMOVE
    removed = erasing_models.snapshots_of_answers(subject, policy=policy)
    return found | set(removed.order_by().values_list("project", flat=True))


def _with_analyses(subject: Subject) -> set[Any]:
    """Projects with something analysed that any item or answer of theirs went into."""
    found = _projects(subject)
    return set(Analysis.objects.filter(project__in=found).order_by().values_list("project", flat=True))


def _models(subject: Subject) -> Iterator[dict[str, Any]]:
    snapshots = set(erasing_models.snapshots_of_items(subject.items))
    for policy in Project.ErasureOfAnswers.values:
        snapshots |= set(erasing_models.snapshots_of_answers(subject, policy=policy))
    for version in erasing_models.versions_that_saw(snapshots):
        yield {"model": version.model.name, "version": version.number, "stage": version.stage}


def _rows(found: QuerySet[Any], *names: str) -> Iterator[dict[str, Any]]:
    for row in found.order_by("pk").values(*names).iterator(chunk_size=500):
        yield {name.replace("version__model__name", "model"): value for name, value in row.items()}

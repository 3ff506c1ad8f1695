"""The kinds of record that training keeps, for retention rules."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from privacy.retention import Kind, register
from training.clearing import clear_on_commit
from training.models import Feedback, FeedbackCase, FilesToClear, Prediction, Run

_CLOSED = (FeedbackCase.State.LEARNED, FeedbackCase.State.DISMISSED)
_OVER = (Run.State.SUCCEEDED, Run.State.FAILED, Run.State.CANCELLED)


def register_all() -> None:
    register(
        Kind(
            "predictions", _("Answers of models"), _("With what people said about them. Texts are redacted."),
            _without_open_feedback, "created_at", 180, project="version__model__project",
        )
    )  # fmt: skip
    register(
        Kind(
            "feedback_cases", _("Closed cases of feedback"), _("Learned or dismissed; open ones stay."),
            lambda: FeedbackCase.objects.filter(state__in=_CLOSED), "created_at", 365,
            project="model__project",
        )
    )  # fmt: skip
    register(
        Kind(
            "run_folders", _("Working files of training runs"),
            _("Rows, checkpoints and logs of runs that are over. The models and the runs' figures stay."),
            lambda: Run.objects.filter(state__in=_OVER), "finished_at", 90, project="project",
            remove=_clear_folders,
        )
    )  # fmt: skip


def _without_open_feedback() -> QuerySet[Prediction]:
    """What people said goes with its prediction; while it is looked into, both stay."""
    said = Feedback.objects.filter(prediction=OuterRef("pk"), case__isnull=False)
    return Prediction.objects.exclude(Exists(said.exclude(case__state__in=_CLOSED)))


def _clear_folders(keys: Sequence[Any]) -> int:
    """The rows stay; a folder in which nothing but the model is left does not count again."""
    folders = [run.folder for run in Run.objects.filter(pk__in=keys)]
    wanted = [(FilesToClear.Kind.RUN, folder) for folder in folders if _has_work(folder)]
    clear_on_commit(wanted)
    return len(wanted)


def _has_work(folder: Path) -> bool:
    return folder.is_dir() and any(path.name != "model" for path in folder.iterdir())

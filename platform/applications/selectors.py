"""What pages and the API show of applications."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _

from accounts.models import User
from applications import asking, measuring
from applications.kinds import Figure, Kind, all_kinds
from applications.models import Measured, Setup
from applications.standing import Standing, standing_of
from tasks_app.models import Project
from training.models import Run

Step = Setup.Step
_CODES = {"zh": "zh-hans"}  # as Django names them
STEPS: dict[Setup.Step, Promise] = {
    Step.IMPORT: gettext_lazy("Import the data"),
    Step.TRAIN: gettext_lazy("Train"),
    Step.PROMOTE: gettext_lazy("Compare and promote"),
    Step.PREPARE: gettext_lazy("Prepare the page"),
    Step.USE: gettext_lazy("First answer"),
    Step.MEASURE: gettext_lazy("Measure"),
}
# Shares of the whole, for the bar: nearly all of the time is training.
_DONE_BEFORE = {
    Step.IMPORT: 0.0, Step.TRAIN: 0.05, Step.PROMOTE: 0.8, Step.PREPARE: 0.85, Step.USE: 0.92,
    Step.MEASURE: 0.94,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offer:
    """One application as the page of all of them shows it."""

    kind: Kind
    title: str
    summary: str
    languages: list[str]  # codes

    @property
    def language_names(self) -> list[str]:
        """Each in its own language."""
        return [get_language_info(_CODES.get(code, code))["name_local"] for code in self.languages]


def offers(language: str) -> list[Offer]:
    return [
        Offer(
            kind, kind.gallery.title_in(language), kind.gallery.summary_in(language),
            [path.stem for path in kind.data],
        )
        for kind in all_kinds()
    ]  # fmt: skip


def setups_of(user: User) -> QuerySet[Setup]:
    return Setup.objects.filter(created_by=user).select_related("project").order_by("-created_at")


def runs_of(setup: Setup) -> list[Run]:
    runs = {str(run.pk): run for run in Run.objects.filter(pk__in=setup.runs.values())}
    return [runs[run_id] for run_id in setup.runs.values() if run_id in runs]


def only_model(setup: Setup) -> str:
    """The name of the model, where the set-up was for one and not for an application."""
    if setup.kind in {kind.key for kind in all_kinds()} or not setup.promoted:
        return ""
    model = asking.model_of(setup.project, next(iter(setup.promoted)))
    return model.name if model else ""


def progress(setup: Setup, runs: Sequence[Run]) -> float:
    """0..1."""
    if setup.state == Setup.State.SUCCEEDED:
        return 1.0
    before = _DONE_BEFORE[Step(setup.step)]
    if setup.step != Step.TRAIN or not runs:
        return before
    ended = [1.0 if run.state == Run.State.SUCCEEDED else run.progress for run in runs]
    return before + (_DONE_BEFORE[Step.PROMOTE] - before) * sum(ended) / len(ended)


def steps(setup: Setup) -> list[dict[str, str]]:
    """As components/steps.html takes them."""
    order = list(Step)
    now = order.index(Step(setup.step)) + (setup.state == Setup.State.SUCCEEDED)
    states = ["done" if place < now else "current" if place == now else "" for place in range(len(order))]
    return [{"title": str(STEPS[step]), "state": state} for step, state in zip(order, states, strict=True)]


def seconds_to_answer(setup: Setup) -> float | None:
    """From the wish to the first answer."""
    return (setup.answered_at - setup.created_at).total_seconds() if setup.answered_at else None


def seconds_so_far(setup: Setup) -> float:
    return ((setup.done_at or timezone.now()) - setup.created_at).total_seconds()


@dataclass(frozen=True, slots=True)
class About:
    """What every application's page shows of what it stands on; see templates/applications/_about.html."""

    project: Project
    standing: list[Standing]
    figures: list[Figure]
    measured: Measured | None
    outdated: bool

    @property
    def is_ready(self) -> bool:
        """Whether every model that it needs answers."""
        return all(one.version is not None for one in self.standing if one.needed)

    @property
    def problems(self) -> list[str]:
        """Why the last measuring failed, if it did."""
        return [self.measured.reason] if self.measured and self.measured.reason else []

    @property
    def rows(self) -> list[tuple[str, str, str, str]]:
        """Name, value with its interval, baseline, number of test items."""
        return [
            (figure.name, _with_interval(figure), _beside(figure), str(figure.count or ""))
            for figure in self.figures
        ]


def about(project: Project, kind: Kind) -> About:
    measured = Measured.objects.filter(project=project).first()
    figures = measuring.figures_of(measured) if measured else []
    outdated = measured is not None and measured.versions != measuring.versions_of(project, kind)
    return About(project, standing_of(project, kind), figures, measured, outdated)


def _with_interval(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return f"{figure.value:.3f}"
    return f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]"


def _beside(figure: Figure) -> str:
    if figure.baseline is None:
        return ""
    if not figure.baseline_name:
        return f"{figure.baseline:.3f}"
    return _("%(value)s (%(name)s)") % {"value": f"{figure.baseline:.3f}", "name": figure.baseline_name}

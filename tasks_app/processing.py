"""What projects process, for the record of processing activities, and the safeguards they set."""

from collections.abc import Callable, Iterator

from django.utils.translation import gettext as _

from privacy.pii.registry import DETECTORS
from privacy.register import Activity, Safeguard
from tasks_app.models import Project
from tasks_app.selectors import progress_of_each


def _in_use() -> list[Project]:
    return list(Project.objects.exclude(state=Project.State.DRAFT).order_by("created_at"))


def activities() -> Iterator[Activity]:
    projects = _in_use()
    counted = progress_of_each([project.pk for project in projects])
    for project in projects:
        items = counted[project.pk].items
        yield Activity(
            name=_("Project “%(title)s”") % {"title": project.title},
            purpose=_("to have %(n)s texts labelled") % {"n": items},
            basis=project.data_basis or _("not stated"),
            subjects=_("people who occur in texts; annotators of the project"),
            data=_("texts after replacement, answers, working times"),
            recipients=_("annotators of the project, who read the texts; its members, who export"),
            settings=_settings(project),
        )


def _settings(project: Project) -> tuple[tuple[str, str], ...]:
    kept = project.privacy_policy == Project.PrivacyPolicy.KEEP
    return (
        (_("Personal data"), str(project.get_privacy_policy_display())),
        (_("Detectors"), _("none") if kept else _("%(n)s rules") % {"n": len(DETECTORS)}),
        (_("Span model"), _("on") if project.privacy_model else _("off")),
        (_("Originals"), str(project.get_originals_display())),
        (_("Texts read for missed data"), str(project.privacy_check)),
        (_("Answers on erasure"), str(project.get_erasure_answers_display())),
        (_("Models on erasure"), str(project.get_erasure_models_display())),
    )


def safeguards() -> Iterator[Safeguard]:
    projects = _in_use()
    yield _of_all(
        projects, "replaced", _("Personal data is replaced before anybody reads a text"),
        lambda one: one.privacy_policy != Project.PrivacyPolicy.KEEP,
    )  # fmt: skip
    yield _of_all(
        projects, "checked", _("People read a sample for missed data before the crowd sees it"),
        lambda one: one.privacy_check > 0,
    )  # fmt: skip
    yield Safeguard(key="flags", present=True, title=_("A text with missed data is pulled at once"))
    yield _of_all(
        projects, "erasure_models", _("Models that learned from erased data are not kept"),
        lambda one: one.erasure_models != Project.ErasureOfModels.KEEP,
    )  # fmt: skip
    yield _of_all(
        projects, "licence", _("Every project says on what ground its texts may be passed on"),
        lambda one: bool(one.data_basis),
    )  # fmt: skip


def _of_all(projects: list[Project], key: str, title: str, holds: Callable[[Project], bool]) -> Safeguard:
    without = [one.title for one in projects if not holds(one)]
    note = _("not in: %(names)s") % {"names": ", ".join(without[:5])} if without else ""
    return Safeguard(key=key, title=title, present=not without, note=note)

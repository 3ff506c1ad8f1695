"""What is at work and what waits, as the training page shows it."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts import roles
from accounts.models import Role, User
from training import queue, selectors
from training.models import Run
from training.run_page import RunPage
from training.trainers import Desk
from training.words import duration, priority_name

_MOST = 50


@dataclass(frozen=True, slots=True)
class LiveRun:
    """One line: the run, its place among all that wait (0 while it runs), and when it may begin."""

    page: RunPage
    place: int
    begins_in: float | None
    may_move: bool

    @property
    def waits(self) -> str:
        if not self.place:
            return ""
        words = _("place %d in the queue") % self.place
        if self.begins_in is not None:
            words += " · " + _("begins in about %s") % duration(self.begins_in)
        return words

    @property
    def priority(self) -> str:
        return priority_name(self.page.run.priority) if self.page.run.priority else ""


def live_runs(user: User, desk: Desk) -> list[LiveRun]:
    """What runs, then what waits in the order in which it will be taken."""
    places = {pk: place for place, pk in enumerate(queue.waiting().values_list("pk", flat=True), start=1)}
    waits = queue.expected_waits(desk.slots)
    admin = Role.ADMIN in roles.site_roles(user)
    found = [
        LiveRun(
            RunPage.brief(run), places.get(run.pk, 0), waits.get(run.pk),
            may_move=admin and run.state == Run.State.QUEUED and places.get(run.pk, 0) > 1,
        )
        for run in selectors.live_runs(user)[:_MOST]
    ]  # fmt: skip
    return sorted(found, key=lambda line: line.place)

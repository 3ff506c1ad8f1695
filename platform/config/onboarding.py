"""Each role's first steps: what is done already, and what comes next. One query a role."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Subquery
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from annotations.models import Answer, Consensus, Review
from tasks_app.models import Project, PutAway, TryOut
from tasks_app.selectors import projects_of
from training.models import Feedback, ModelVersion, Run

FIRST_MODEL = "first-model"  # the set-up that the administrator's first step starts


@dataclass(frozen=True)
class Step:
    """One thing to do. `post`: its button sends a form instead of leading to a page."""

    title: Promise
    words: Promise
    button: Promise
    href: str
    post: bool = False
    done: bool = False


@dataclass(frozen=True)
class FirstSteps:
    role: str
    title: Promise
    steps: tuple[Step, ...]

    @property
    def next(self) -> int:
        """The place of the first step that is not done, counted from 1."""
        return next((n for n, step in enumerate(self.steps, start=1) if not step.done), 0)

    @property
    def done(self) -> int:
        return sum(step.done for step in self.steps)


def first_steps(user: User, role: str, roles: set[str]) -> FirstSteps | None:
    """None once all is done, the card was put away, or the page is another role's home."""
    if role not in roles or (role == Role.ANNOTATOR and roles - {Role.ANNOTATOR}):
        return None
    steps = _STEPS[role](user)
    if steps is None or all(step.done for step in steps.steps):
        return None
    return steps


def put_away(user: User, role: str) -> None:
    PutAway.objects.get_or_create(person=user, card=role)


def _facts(user: User, role: str, **facts: Exists | Subquery) -> dict[str, Any] | None:
    """Which of `facts` hold; None where the card was put away."""
    away = Exists(PutAway.objects.filter(person=user, card=role))
    row: Any = User.objects.filter(pk=user.pk).values(away=away, **facts).first()
    return None if row is None or row["away"] else row


def _annotator(user: User) -> FirstSteps | None:
    answers = Answer.objects.filter(worker=OuterRef("pk"), source="crowd")
    facts = _facts(
        user,
        Role.ANNOTATOR,
        has_practised=Exists(TryOut.objects.filter(person=user, project=None).exclude(finished_at=None)),
        has_answered=Exists(answers),
        has_approved=Exists(answers.filter(state="approved")),
    )
    if facts is None:
        return None
    catalogue = reverse("catalogue")
    return FirstSteps(
        Role.ANNOTATOR,
        _("From the first look to the first pay"),
        (
            Step(
                _("Practise on three short texts"),
                _("The real workbench, graded at once. It takes a minute."),
                _("Start the practice"), reverse("practice"), True, facts["has_practised"],
            ),
            Step(
                _("Answer your first paid item"),
                _("Choose a project below; its pay for one item and for an hour stand on its card."),
                _("To the projects"), f"{catalogue}#projects", False, facts["has_answered"],
            ),
            Step(
                _("See what it earned"),
                _("Approved answers are paid. Each line says for what, and when."),
                _("Earnings"), reverse("earnings"), False, facts["has_approved"],
            ),
        ),
    )  # fmt: skip


def _requester(user: User) -> FirstSteps | None:
    own = Project.objects.filter(owner=user)
    facts = _facts(
        user,
        Role.REQUESTER,
        has_project=Exists(own),
        latest=Subquery(own.order_by("-created_at").values("pk")[:1]),
        has_tried=Exists(TryOut.objects.filter(person=user, project__owner=user).exclude(finished_at=None)),
        has_published=Exists(own.exclude(published_at=None)),
        has_answered=Exists(Answer.objects.filter(project__owner=user)),
    )
    if facts is None:
        return None
    latest = facts["latest"]
    check = reverse("project-check", args=[latest]) if latest else reverse("project-new")
    bench = reverse("workbench", args=[latest]) if latest else check
    return FirstSteps(
        Role.REQUESTER,
        _("From an idea to the first answers"),
        (
            Step(
                _("Make the sample project"),
                _("One click: short news texts with two questions, for you and people you invite."),
                _("Make the sample project"), reverse("sample-project"), True, facts["has_project"],
            ),
            Step(
                _("Try it yourself"),
                _("Answer a few items as an annotator will, and see the answers as they are exported."),
                _("Try it out"), check, False, facts["has_tried"],
            ),
            Step(
                _("Publish it"),
                _("A pilot of some items first, or all at once."),
                _("Check and publish"), check, False, facts["has_published"],
            ),
            Step(
                _("See the first answers"),
                _("Of the sample project they can be your own: you are invited to it."),
                _("Answer the first item"), bench, False, facts["has_answered"],
            ),
        ),
    )  # fmt: skip


def _reviewer(user: User) -> FirstSteps | None:
    doubtful = Consensus.objects.filter(project=OuterRef("pk"), state=Consensus.State.REVIEW)
    decided = Review.objects.filter(reviewer=OuterRef("pk")).order_by("id")
    facts = _facts(
        user,
        Role.REVIEWER,
        waiting=Subquery(projects_of(user).filter(Exists(doubtful)).values("pk")[:1]),
        has_decided=Exists(decided),
        has_decided_ten=Exists(decided[9:10]),
    )
    if facts is None:
        return None
    waiting = facts["waiting"]
    queue = reverse("project-review", args=[waiting]) if waiting else f"{reverse('review')}#queues"
    return FirstSteps(
        Role.REVIEWER,
        _("From the first doubt to a settled queue"),
        (
            Step(
                _("Decide on your first item"),
                _("The answers stand side by side, with what differs. Approve, choose another, or send back.")
                if waiting
                else _("Nothing waits right now. Doubtful items appear here as the crowd works."),
                _("To the first item"), queue, False, facts["has_decided"],
            ),
            Step(
                _("Decide on ten by keys alone"),
                _("a approves, 1 to 9 choose, r sends back, n passes over; ? shows all keys."),
                _("Go on"), queue, False, facts["has_decided_ten"],
            ),
        ),
    )  # fmt: skip


def _admin(user: User) -> FirstSteps | None:
    ended = Run.objects.filter(state="succeeded")
    own = Run.objects.exclude(project__setup__kind=FIRST_MODEL)
    facts = _facts(
        user,
        Role.ADMIN,
        has_finished=Exists(ended),
        latest=Subquery(ended.order_by("-finished_at").values("pk")[:1]),
        has_asked=Exists(Feedback.objects.filter(author=OuterRef("pk"))),
        has_run=Exists(own),
        has_served=Exists(
            ModelVersion.objects.filter(stage=ModelVersion.Stage.PRODUCTION, run__in=own.values("pk"))
        ),
    )
    if facts is None:
        return None
    latest, training = facts["latest"], reverse("training")
    return FirstSteps(
        Role.ADMIN,
        _("From answers to a model at work"),
        (
            Step(
                _("Train a first model"),
                _("One click: news texts that came along, their approved answers, a model that learns from "
                  "them and answers. It takes about a minute."),
                _("Train it"), reverse("first-model"), True, facts["has_finished"],
            ),
            Step(
                _("Read its report"),
                _("How well it does on items that it never saw, label by label. Then ask it something, and "
                  "say whether it was right."),
                _("To the report"), reverse("run", args=[latest]) if latest else f"{training}#live", False,
                facts["has_asked"],
            ),
            Step(
                _("Train on your own answers"),
                _("Choose the project and the field below; the defaults are a good start."),
                _("New run"), f"{training}#new-run", False, facts["has_run"],
            ),
            Step(
                _("Put it to work"),
                _("Promote the version; predictions come from it from then on."),
                _("Models"), reverse("models"), False, facts["has_served"],
            ),
        ),
    )  # fmt: skip


_STEPS: dict[str, Callable[[User], FirstSteps | None]] = {
    Role.ANNOTATOR: _annotator,
    Role.REQUESTER: _requester,
    Role.REVIEWER: _reviewer,
    Role.ADMIN: _admin,
}

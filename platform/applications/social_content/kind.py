"""What this application is to the shared part of all of them."""

from pathlib import Path
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from applications.kinds import Figure, Kind
from applications.social_content import access, calibrating, measuring, scoring_round
from applications.social_content.calibrating import in_force
from applications.social_content.ranking import Weights
from applications.social_content.scoring import INTEREST, SAFETY
from applications.social_content.services import floors
from applications.social_content.services.feed import Reader, make_feed
from applications.social_content.services.people import set_person
from applications.social_content.services.posts import NewPost, take_posts
from tasks_app.models import Project

_TRIED = (
    ("try-1", "Sowed the last beans today, the soil is still warm."),
    ("try-2", "Nobody needs you in this garden group, get out and stay out."),
    ("try-3", "The train was late, but the coffee was good."),
    ("try-4", "Earn a fortune with our seeds, message me for the secret link!"),
    ("try-5", "How deep do tulip bulbs go in clay?"),
)
TRIAL_READER = "try-reader"


def prepare(project: Project) -> None:
    """Choose the floor for the version in production, unless that was done."""
    if in_force(project) is None:
        floor = access.floor_of(project)
        floors.ask_calibration(floor=floor, actor=None)
        calibrating.calibrate(UUID(str(floor.pk)))


def first_use(project: Project, actor: User) -> str:
    """A few posts come in, are read, and one reader gets a feed."""
    posts = [NewPost(key=key, text=text, author="try-author") for key, text in _TRIED]
    take_posts(project=project, posts=posts, actor=actor)
    scoring_round.read_posts(project.pk)
    person = set_person(
        project=project, person=TRIAL_READER, interests="Gardening, bulbs and seeds.", profiling=True,
        actor=actor,
    )  # fmt: skip
    feed = make_feed(project=project, reader=Reader.of(person), count=10, weights=Weights(), actor=actor)
    shown = feed.entries[0].post.text if feed.entries else "–"
    words = {"shown": len(feed.entries), "all": len(posts), "first": shown}
    return _("%(shown)d of %(all)d posts are shown; the first one: “%(first)s”") % words


def figures(project: Project) -> list[Figure]:
    return measuring.measure_all(project)


KIND = Kind(
    template=access.TEMPLATE,
    page="social-content",
    fields=(SAFETY,),
    optional=(INTEREST,),
    data=(Path(__file__).parent / "data" / "en.jsonl",),
    recipes={INTEREST: {"learning_rate": 3e-4, "batch_examples": 8, "layer_decay": 0.8}},
    prepare=prepare,
    first_use=first_use,
    measure=figures,
)

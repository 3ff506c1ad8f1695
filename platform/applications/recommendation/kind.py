"""Recommendation as one of the applications that ship."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from accounts.models import User
from applications.kinds import Figure, Kind
from applications.recommendation import learning, measuring, replay, shipped, taste, vectors
from applications.recommendation.models import CatalogueItem, Mixture
from applications.recommendation.services import catalogue, interactions, recommending
from tasks_app.models import Project

FIRST_WORDS = "baking bread and growing vegetables"


def prepare(project: Project) -> None:
    """A catalogue where there is none, its vectors, and the weights, which are learned anew each time."""
    if not CatalogueItem.objects.filter(project=project).exists():
        catalogue.push_items(project=project, lines=shipped.catalogue(), actor=None)
        interactions.push_interactions(project=project, lines=shipped.interactions(), actor=None)
    while vectors.make_vectors():
        pass
    row, _made = Mixture.objects.get_or_create(project=project, defaults={"state": Mixture.State.DONE})
    learned = learning.learn_from(project, replay.read_past(project))
    Mixture.objects.filter(pk=row.pk).update(**learned)
    row.refresh_from_db()
    learning.recount_all(project.pk, row.half_life_days)


def first_use(project: Project, user: User) -> str:
    answer = recommending.recommend(
        project=project, taste=taste.taste_of_interests(FIRST_WORDS), count=3, actor=user
    )
    titles = "; ".join(line.item.title for line in answer.lines)
    return _("Who likes “%(words)s” is recommended: %(titles)s.") % {"words": FIRST_WORDS, "titles": titles}


def measure(project: Project) -> Sequence[Figure]:
    return measuring.measure(project)


KIND = Kind(
    template="recommendation",
    page="recommendation",
    fields=("match",),
    data=(shipped.PAIRS,),
    recipes={"match": {"epochs": 4}},
    prepare=prepare,
    first_use=first_use,
    measure=measure,
)

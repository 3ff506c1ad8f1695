"""What the page shows."""

from typing import Any

from django.utils.translation import gettext as _

from applications import selectors
from applications.kinds import Kind
from applications.recommendation import vectors
from applications.recommendation.forms import AskForm, MixtureForm, TasksForm, UploadForm
from applications.recommendation.mixing.mixture import PARTS
from applications.recommendation.models import CatalogueItem, Interaction, Mixture, Person
from applications.recommendation.services.recommending import Answer, Recommended, mixture_of
from applications.recommendation.taste import Taste
from tasks_app.models import Project

_MOST_COUNTED = 1_000_000


def context(project: Project, kind: Kind) -> dict[str, Any]:
    mixture = mixture_of(project)
    counts = _counts(project)
    return {
        "about": selectors.about(project, kind),
        "counts": counts,
        "waiting": _waiting(project, counts["items"]),
        "mixture": mixture,
        "mixed": mixed(mixture),
        "learning": not mixture._state.adding and mixture.is_live,
        "ask": AskForm(),
        "upload": UploadForm(),
        "settings": MixtureForm(initial={"diversity_percent": round(100 * mixture.diversity)}),
        "tasks": TasksForm(),
    }


def _counts(project: Project) -> dict[str, int]:
    rows = {
        "items": CatalogueItem.objects.filter(project=project),
        "persons": Person.objects.filter(project=project),
        "interactions": Interaction.objects.filter(person__project=project),
    }
    return {name: found.order_by()[:_MOST_COUNTED].count() for name, found in rows.items()}


def _waiting(project: Project, total: int) -> dict[str, int] | None:
    """How far the vectors are, while they are being made."""
    left = CatalogueItem.objects.filter(vectors.waiting(), project=project).count()
    return {"left": left, "done": total - left, "total": total} if left else None


def part_names() -> dict[str, str]:
    return dict(zip(PARTS, (_("match"), _("likeness"), _("popularity"), _("recency")), strict=True))


def mixed(mixture: Mixture) -> list[tuple[str, str, str]]:
    """Part, weight, what the part is."""
    meaning = (
        _("probability that the history matches the item, by the model"),
        _("how near the item is to the nearest one of the history (cosine of their vectors)"),
        _("logarithm of the decayed number of interactions"),
        _("halves with every %d days since it was published") % 60,
    )
    weights = mixture.weights.array()
    return [
        (name, f"{weight:.2f}", what)
        for name, weight, what in zip(part_names().values(), weights, meaning, strict=True)
    ]


def list_context(project: Project, taste: Taste, answer: Answer) -> dict[str, Any]:
    return {
        "project": project,
        "lines": [_line(place, line) for place, line in enumerate(answer.lines, start=1)],
        "person": taste.person,
        "why": _why(answer.why),
        "version": answer.version,
        "history": [item.title for item in taste.items[:4]],
    }


def _line(place: int, line: Recommended) -> dict[str, Any]:
    names = part_names()
    shares = [(names[name], round(100 * share)) for name, share in line.shares.items() if share >= 0.005]
    return {
        "place": place,
        "item": line.item,
        "match": None if line.match is None else round(100 * line.match),
        "shares": shares,
        "because": [item.title for item in line.because],
        "prediction": line.prediction,
    }


def _why(code: str) -> str:
    return {
        "": "",
        "nobody": _("Nothing is known of this person yet: this is what is popular and new."),
        "opted_out": _(
            "This person has opted out of profiling, or restricted the use of their data: this is what is "
            "popular and new, and nothing they did was looked at."
        ),
    }[code]

"""`python -m local.bench.recommended --items N`: the project that was set up, with a catalogue of N items.

Prints `{"project", "token", "persons", "figures"}` as JSON; runs with the environment of an installation.
"""

import argparse
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import django
import numpy as np

if TYPE_CHECKING:
    from tasks_app.models import Project

NOISE, BATCH = 0.8, 2000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, required=True)
    django.setup()
    print(json.dumps(make(parser.parse_args().items)))


def make(size: int) -> dict[str, Any]:
    # Models can be loaded only after django.setup().
    from accounts.services.tokens import create_token  # noqa: PLC0415
    from applications.recommendation import shipped  # noqa: PLC0415
    from tasks_app.models import Project  # noqa: PLC0415

    project = Project.objects.select_related("owner").get(template="recommendation")
    figures = _chance(project)
    _fill(project, size)
    names = sorted({line.row["person"] for line in shipped.interactions()})
    token = create_token(user=project.owner, scopes=["full"])[1]
    return {"project": str(project.pk), "token": token, "persons": names, "figures": figures}


def _chance(project: "Project") -> dict[str, float]:
    """What a list in random order reaches on the same held-out interactions."""
    from applications.recommendation import measuring, replay  # noqa: PLC0415
    from applications.recommendation.services.recommending import mixture_of  # noqa: PLC0415

    past = replay.read_past(project)
    found = measuring.outcomes(past, past.testing, mixture_of(project), None)
    return {
        "ndcg_10.random": round(float(np.mean([one.random_ndcg for one in found])), 4),
        "hit_10.random": round(float(np.mean([one.random_hit for one in found])), 4),
    }


def _fill(project: "Project", size: int) -> None:
    """Copies of the items that are there: each vector with noise of its own, popularity mixed anew."""
    from django.db import connection  # noqa: PLC0415

    from applications.recommendation.models import CatalogueItem  # noqa: PLC0415

    draw = np.random.default_rng(0)
    own = list(CatalogueItem.objects.filter(project=project))
    for start in range(len(own), size, BATCH):
        rows = []
        for number in range(start, min(start + BATCH, size)):
            item = own[int(draw.integers(len(own)))]
            vector = np.asarray(item.vector) + NOISE * draw.normal(size=len(item.vector)) / np.sqrt(
                len(item.vector)
            )
            rows.append(
                CatalogueItem(
                    project=project, external_id=f"filled-{number}", title=f"{item.title} ({number})",
                    text=item.text, published_at=item.published_at - timedelta(days=int(draw.integers(1000))),
                    encoder=item.encoder, vector=vector / np.linalg.norm(vector),
                    popularity=item.popularity * float(draw.random()),
                )
            )  # fmt: skip
        CatalogueItem.objects.bulk_create(rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE recommendation_catalogueitem")


if __name__ == "__main__":
    main()

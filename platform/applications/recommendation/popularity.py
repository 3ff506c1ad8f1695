"""How often an item was used, with what is long ago counting less.

    n_i(t) = Σ_j w_kind(j) 2^(-(t - t_j) / H) = 2^(-(t - EPOCH) / H) Σ_j w_kind(j) 2^((t_j - EPOCH) / H)

The sum on the right does not depend on t: it stands in the item's row. With H of at least 7 days it stays
within a double until 2040.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from uuid import UUID

from django.core.cache import cache
from django.db import connection
from django.db.models import Avg

from applications.recommendation.models import CatalogueItem, Interaction

EPOCH = datetime(2022, 1, 1, tzinfo=UTC)
DAY = 86400.0
KIND_WEIGHTS = {
    Interaction.Kind.VIEWED: 0.3,
    Interaction.Kind.USED: 1.0,
    Interaction.Kind.LIKED: 1.5,
    Interaction.Kind.DISMISSED: 0.0,
}
# In one order, so that the same rows always give the same sum, to the last bit.
_COUNTED = (
    "SUM({weight} * POWER(2::float8, EXTRACT(EPOCH FROM n.at - %(epoch)s)::float8 / {day} / %(half)s)"
    " ORDER BY n.id)"
).format(
    day=DAY,
    weight="CASE n.kind " + " ".join(f"WHEN '{kind}' THEN {w}" for kind, w in KIND_WEIGHTS.items()) + " END",
)
_RECOUNT = f"""
UPDATE recommendation_catalogueitem i SET popularity = COALESCE((
    SELECT {_COUNTED} FROM recommendation_interaction n
    JOIN recommendation_person p ON p.id = n.person_id
    WHERE n.item_id = i.id AND NOT p.restricted), 0)
WHERE i.id = ANY(%(items)s::uuid[])
"""  # noqa: S608 - only our own names and numbers are put in
_BATCH = 2000


def hold_items(items: Collection[UUID]) -> None:
    """Lock rows in one order, so that two who count the same items wait for each other, never in a ring."""
    rows = CatalogueItem.objects.select_for_update().filter(pk__in=items).order_by("pk")
    list(rows.values_list("pk"))


def recount(items: Collection[UUID], half_life_days: float) -> None:
    """Count anew from the interactions that are there, in the caller's transaction.

    Nothing is added to or taken from a sum: what was erased leaves no trace in it.
    """
    ordered = sorted(items)
    hold_items(ordered)
    for start in range(0, len(ordered), _BATCH):
        with connection.cursor() as cursor:
            chunk = [str(item) for item in ordered[start : start + _BATCH]]
            cursor.execute(_RECOUNT, {"items": chunk, "epoch": EPOCH, "half": half_life_days})


def mean_of(project: UUID) -> float:
    """Of the stored sums of what is open; up to ten minutes old, as reading them all takes a while."""
    key = f"recommendation.mean.{project}"
    found: float | None = cache.get(key)
    if found is None:
        rows = CatalogueItem.objects.filter(project=project, active=True)
        found = rows.aggregate(mean=Avg("popularity"))["mean"] or 0.0
        cache.set(key, found, 600)
    return found


def fading(at: datetime, half_life_days: float) -> float:
    """What a stored sum is multiplied with to count at time `at`."""
    return float(2.0 ** (-(at - EPOCH).total_seconds() / DAY / half_life_days))

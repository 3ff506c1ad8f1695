"""Pairs of an item in whose text personal data is replaced later."""

from collections import Counter

from applications.customer_service.models import Ground, Knowledge, Pair
from tasks_app.protecting.copies import Change


def fix_pairs(change: Change) -> Counter[str]:
    """The old words go at once; the pair comes again out of the new ones when the worker reads everything."""
    resting = Ground.objects.filter(item=change.item).values("pair")
    count = Pair.objects.filter(pk__in=resting).delete()[0]
    if count:
        Knowledge.objects.filter(project=change.project).update(seen_until=None)
    return +Counter(answer_pairs=count)

"""Where a project wants several reviewers to agree: a decision waits until enough came to the same."""

from collections import Counter
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from annotations.correcting import comes_to_the_same
from annotations.models import Consensus, Review
from common.errors import Conflict
from tasks_app.models import Item


def is_agreed(row: Consensus, item: Item, value: Any, actor: User) -> bool:
    """Whether `value` is approved by the actor's word; under the item's lock, so that two words are counted
    one after the other.

    Raises Conflict for whoever has given theirs already: somebody else has to agree.
    """
    if row.project.reviewers_needed < 2:
        return True
    said = list(waiting(row))
    if any(one.reviewer_id == actor.pk for one in said):
        raise Conflict(
            _("You have decided on this already; another reviewer has to come to the same."),
            code="already_decided_by_you",
        )
    same = sum(comes_to_the_same(row, one.after, value, item) for one in said)
    return same + 1 >= row.project.reviewers_needed


def waiting(row: Consensus) -> Any:
    return Review.objects.filter(consensus=row, waits=True).order_by("pk")


def settle_waiting(item: Item) -> None:
    """What was said of the item's fields waits no longer: it was decided, or has to be answered anew."""
    Review.objects.filter(consensus__item=item, waits=True).update(waits=False)


def settle_words(row: Consensus) -> None:
    waiting(row).update(waits=False)


def counts(consensus_ids: Collection[UUID]) -> Counter[UUID]:
    """How many reviewers have decided on each, without what they said: the next one decides by themselves."""
    rows = Review.objects.filter(consensus__in=consensus_ids, waits=True)
    return Counter(rows.values_list("consensus_id", flat=True))

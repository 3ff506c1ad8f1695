"""What the crowd and the reviewers said about an item, when personal data in its text is replaced later."""

from collections import Counter
from typing import Any

from annotations.models import Answer, Consensus, ModelJudgment, Review, SecondReview, Suggestion
from annotations.references import certain
from tasks_app.models import Item
from tasks_app.protecting.copies import Change

_PLACED = {"span", "relation"}  # their judgments are about places in the text
_FINAL = {Consensus.State.APPROVED, Consensus.State.CORRECTED}


def fix_copies(change: Change) -> Counter[str]:
    """Carry every answer, decision and suggestion over to the item's new text. Returns how many changed."""
    fixed = Counter(
        answers=_fix_answers(change),
        consensus=_fix_consensus(change),
        decisions=_fix_decisions(change),
        suggestions=_fix_suggestions(change),
    )
    return +fixed


def _fix_answers(change: Change) -> int:
    rows = list(Answer.objects.select_for_update().filter(item=change.item).order_by("pk"))
    for row in rows:
        row.value = change.value(row.value)
        # A record of keys and marks in the text before. What it may quote is read like any other text.
        row.edits = change.texts(row.edits)
        row.reason = change.free(row.reason)
    Answer.objects.bulk_update(rows, ["value", "edits", "reason"])
    return len(rows)


def _fix_consensus(change: Change) -> int:
    fields = {field.name: field for field in change.fields}
    rows = list(Consensus.objects.select_for_update().filter(item=change.item).order_by("pk"))
    values = {row.field: change.field_value(row.field, row.value) for row in rows}
    for row in rows:
        row.value = values[row.field]
        field = fields.get(row.field)
        if field is None or field.type not in _PLACED:
            continue
        # What was probable of each word of the old text says nothing of the new one's words.
        if row.state in _FINAL and row.value is not None:
            row.posterior = certain(field, row.value, values, change.payload)
        else:
            row.posterior = {}
            Item.objects.filter(pk=change.item).update(needs_aggregation=True)
    Consensus.objects.bulk_update(rows, ["value", "posterior"])
    placed = [name for name, field in fields.items() if field.type in _PLACED]
    ModelJudgment.objects.filter(item=change.item, field__in=placed).delete()
    return len(rows)


def _fix_decisions(change: Change) -> int:
    reviews = list(Review.objects.filter(consensus__item=change.item).select_related("consensus"))
    for review in reviews:
        name = review.consensus.field
        review.before = change.field_value(name, review.before)
        review.after = change.field_value(name, review.after)
        review.reason = change.free(review.reason)
    Review.objects.bulk_update(reviews, ["before", "after", "reason"])
    seconds: list[Any] = list(
        SecondReview.objects.filter(review__consensus__item=change.item).select_related("review__consensus")
    )
    for second in seconds:
        second.value = change.field_value(second.review.consensus.field, second.value)
        second.reason = change.free(second.reason)
    SecondReview.objects.bulk_update(seconds, ["value", "reason"])
    return len(reviews) + len(seconds)


def _fix_suggestions(change: Change) -> int:
    rows = list(Suggestion.objects.filter(item=change.item))
    for row in rows:
        row.value = change.field_value(row.field, row.value)
    Suggestion.objects.bulk_update(rows, ["value"])
    return len(rows)

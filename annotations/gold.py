"""How people do on items whose truth is known. Nothing of this may show to them."""

from uuid import UUID

from django.db import connection, transaction

from annotations.aggregation.skill import PRIOR_ACCURACY
from annotations.models import COUNTED, Answer
from tasks_app import selectors
from tasks_app.fields import scoring
from tasks_app.models import Item

_COUNT = """
INSERT INTO annotations_workerskill
    (project_id, worker_id, field, accuracy, confusion, answers, gold_seen, gold_score, updated_at)
VALUES (%s, %s, %s, %s, '{}', 0, 1, %s, now())
ON CONFLICT (project_id, field, worker_id) DO UPDATE
SET gold_seen = annotations_workerskill.gold_seen + 1,
    gold_score = annotations_workerskill.gold_score + excluded.gold_score
"""


@transaction.atomic
def score_item(item_id: UUID) -> None:
    """Score the answers to a gold item that have no score yet. The item's lock makes each count once."""
    item = Item.objects.select_for_update(of=("self",)).select_related("project").get(pk=item_id)
    unscored = Answer.objects.filter(COUNTED, item=item, gold_scores__isnull=True)
    counted: list[tuple[str, UUID, float]] = []
    for answer in unscored:
        answer.gold_scores = scores(answer, item)
        answer.save(update_fields=["gold_scores"])
        counted += [(field, answer.worker_id, score) for field, score in answer.gold_scores.items()]
    order = {field.name: n for n, field in enumerate(selectors.current_fields(item.project))}
    with connection.cursor() as cursor:
        # By field, then by person, as a full fit writes the same rows: else the two could deadlock.
        for field, worker, score in sorted(counted, key=lambda row: (order.get(row[0], 0), str(row[1]))):
            cursor.execute(_COUNT, [item.project_id, worker, field, PRIOR_ACCURACY, score])
    Item.objects.filter(pk=item_id).update(needs_aggregation=False)


def scores(answer: Answer, item: Item) -> dict[str, float]:
    """Field -> 1 - distance to the truth, for the fields whose truth is known."""
    fields = selectors.schema_fields(answer.schema_version_id)
    return scoring.scores(fields, answer.value, item.gold or {}, item.payload)

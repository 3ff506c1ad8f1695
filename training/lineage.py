"""Which answers and people an example rests on, and which models saw a person or an item.

Read, never stored: answers, reviews and the items of a snapshot are all kept, and a snapshot's moment tells
which of them counted. So lineage costs no row, however many items there are.
"""

from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User
from annotations.models import Answer, Consensus, Review
from training.models import ModelVersion, Snapshot, SnapshotItem


def counted_answers(snapshot: Snapshot) -> QuerySet[Answer]:
    """The answers that counted when the snapshot was made, of whatever item of its project."""
    made = snapshot.created_at
    rejected = Q(state=Answer.State.REJECTED) & (Q(decided_at__isnull=True) | Q(decided_at__lte=made))
    return Answer.objects.filter(project=snapshot.project_id, extra=False, created_at__lte=made).exclude(
        rejected
    )


def people_of(snapshot: Snapshot) -> QuerySet[User]:
    """Everybody whose answer to one of its items counted."""
    held = SnapshotItem.objects.filter(snapshot=snapshot, item=OuterRef("item_id"))
    answered = counted_answers(snapshot).filter(Exists(held))
    return User.objects.filter(pk__in=answered.values("worker"))


def example_lineage(snapshot: Snapshot, entry: SnapshotItem) -> dict[str, Any]:
    """{item, group, split, answers, fields}: the answers and reviews behind one example, oldest first."""
    answers = counted_answers(snapshot).filter(item=entry.item).order_by("created_at", "pk")
    decided = Consensus.objects.filter(item=entry.item, field__in=snapshot.counts).order_by("field")
    return {
        "item": entry.item,
        "group": entry.group,
        "split": entry.split,
        "answers": list(answers.select_related("schema_version")),
        "fields": [
            {
                "field": consensus.field,
                "state": consensus.state,
                "reviews": list(_reviews(consensus, snapshot)),
            }
            for consensus in decided
        ],
    }


def _reviews(consensus: Consensus, snapshot: Snapshot) -> QuerySet[Review]:
    return consensus.reviews.filter(created_at__lte=snapshot.created_at).order_by("created_at", "pk")


def snapshots_with_item(item: UUID) -> QuerySet[Snapshot]:
    return Snapshot.objects.filter(items__item=item)


def snapshots_with_person(person: User) -> QuerySet[Snapshot]:
    """The snapshots in which an answer or a review of this person counted: one look at an index for each."""
    answered = Answer.objects.filter(
        worker=person, extra=False, created_at__lte=OuterRef("snapshot__created_at")
    )
    reviewed = Review.objects.filter(reviewer=person, created_at__lte=OuterRef("snapshot__created_at"))
    touched = Q(item__in=Answer.objects.filter(worker=person).values("item"))
    touched |= Q(item__in=Review.objects.filter(reviewer=person).values("consensus__item"))
    counted = answered.filter(item=OuterRef("item")).exclude(_rejected_before("snapshot__created_at"))
    rests = Q(Exists(counted)) | Q(Exists(reviewed.filter(consensus__item=OuterRef("item"))))
    return Snapshot.objects.filter(
        pk__in=SnapshotItem.objects.filter(touched).filter(rests).values("snapshot")
    )


def _rejected_before(moment: str) -> Q:
    return Q(state=Answer.State.REJECTED) & (Q(decided_at__isnull=True) | Q(decided_at__lte=OuterRef(moment)))


def versions_trained_on(snapshots: QuerySet[Snapshot]) -> QuerySet[ModelVersion]:
    """The models that saw what is in these snapshots."""
    found = ModelVersion.objects.filter(snapshot__in=snapshots.values("pk")).select_related(
        "model", "snapshot"
    )
    return found.order_by("model__name", "number")

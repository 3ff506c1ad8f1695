"""Two versions on the same items, and only on items that neither has learned from."""

import pytest

from training.engine.evaluation.outcomes import FILE, read_outcomes
from training.models import ModelVersion, Run, Snapshot, SnapshotItem
from training.versus import differences


@pytest.fixture
def earlier(judged: Run) -> Snapshot:
    """A snapshot with the same files, from when two of today's test items were still in training."""
    now = judged.snapshot
    assert now is not None
    made = Snapshot.objects.create(
        project=now.project, number=99, schema_version=now.schema_version, fields=now.fields, files=now.files,
        counts=now.counts, sha256="0" * 64,
    )  # fmt: skip
    tested = now.items.filter(split="test").order_by("item")
    for place, entry in enumerate(tested):
        split = ("train", "dev")[place] if place < 2 else "test"
        SnapshotItem.objects.create(snapshot=made, item=entry.item, group=entry.group, split=split)
    return made


def test_items_that_production_was_trained_on_do_not_count(judged: Run, earlier: Snapshot) -> None:
    tested = len(list(read_outcomes(judged.folder / FILE)))
    candidate, current = ModelVersion.objects.get(run=judged), ModelVersion.objects.get(run=judged)
    assert differences(candidate, current)[0]["units"] == tested
    current.snapshot = earlier
    assert differences(candidate, current)[0]["units"] == tested - 2

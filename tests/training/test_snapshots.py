import hashlib
import shutil

import pytest

from accounts.models import User
from annotations.models import Consensus
from common.errors import Conflict
from common.models import AuditEvent
from tasks_app.fields.schema import parse_fields
from tasks_app.models import Item, Project
from tests.factories import CHOICE, client_of, make_items
from tests.training.conftest import approve, approve_values
from training.engine.data import read_arrow
from training.models import Snapshot, SnapshotItem
from training.services.snapshots import freeze_snapshot
from training.soft import soft_targets


def groups_of(snapshot: Snapshot, split: str) -> set[str]:
    return set(snapshot.items.filter(split=split).values_list("group", flat=True))


def test_it_freezes_what_is_approved(approved: Project, admin: User) -> None:
    approve(approved, 1)
    Consensus.objects.filter(project=approved).last().delete()
    snapshot, new = freeze_snapshot(project=approved, actor=admin)
    assert new and snapshot.number == 1 and len(snapshot.sha256) == 64
    assert sum(snapshot.counts["intent"].values()) == 60
    rows = [
        row
        for split in SnapshotItem.Split.values
        for row in read_arrow(snapshot.folder / f"intent/{split}.arrow")
    ]
    assert {row.id for row in rows} == {str(pk) for pk in snapshot.items.values_list("item", flat=True)}
    assert rows[0].value in {"refund", "delivery", "other"} and "text" in rows[0].payload


def test_the_same_data_gives_the_same_snapshot(approved: Project, admin: User) -> None:
    first, _ = freeze_snapshot(project=approved, actor=admin)
    second, new = freeze_snapshot(project=approved, actor=admin)
    assert second == first and not new
    assert Snapshot.objects.count() == 1 and not list(first.folder.parent.glob(".*"))
    assert AuditEvent.objects.filter(action="snapshot.frozen").count() == 1


def test_lost_files_come_back_byte_for_byte(approved: Project, admin: User) -> None:
    snapshot, _ = freeze_snapshot(project=approved, actor=admin)
    shutil.rmtree(snapshot.folder)
    freeze_snapshot(project=approved, actor=admin)
    for name, expected in snapshot.files.items():
        assert hashlib.sha256((snapshot.folder / name).read_bytes()).hexdigest() == expected


def test_new_answers_make_a_new_one_and_test_items_stay_test(approved: Project, admin: User) -> None:
    first, _ = freeze_snapshot(project=approved, actor=admin)
    tested = groups_of(first, "test")
    approve(approved, 40)
    Item.objects.filter(pk__in=tested).update(split="train")
    second, new = freeze_snapshot(project=approved, actor=admin)
    assert new and second.number == 2 and second.sha256 != first.sha256
    assert tested <= groups_of(second, "test")


def test_a_group_never_crosses_splits(approved: Project, admin: User) -> None:
    for number, item in enumerate(Item.objects.filter(project=approved)):
        Item.objects.filter(pk=item.pk).update(group=f"call-{number // 3}")
    snapshot, _ = freeze_snapshot(project=approved, actor=admin)
    seen = [groups_of(snapshot, split) for split in SnapshotItem.Split.values]
    assert not (seen[0] & seen[1] or seen[0] & seen[2] or seen[1] & seen[2])
    assert sum(map(len, seen)) == 20


def test_pins_are_kept(project: Project, admin: User) -> None:
    approve(project, 40, pins=lambda n: "test" if n < 12 else "train")
    snapshot, _ = freeze_snapshot(project=project, actor=admin)
    assert snapshot.counts["intent"]["test"] == 12


def test_withdrawn_and_open_items_stay_out(approved: Project, admin: User) -> None:
    first = Item.objects.filter(project=approved)[0]
    Item.objects.filter(pk=first.pk).update(state=Item.State.WITHDRAWN)
    other = Consensus.objects.filter(project=approved).exclude(item=first)[0]
    Consensus.objects.filter(pk=other.pk).update(state=Consensus.State.REVIEW)
    snapshot, _ = freeze_snapshot(project=approved, actor=admin)
    assert not snapshot.items.filter(item__in=[first.pk, other.item_id]).exists()
    assert snapshot.items.count() == 58


def test_doubt_of_the_crowd_becomes_soft_targets_but_a_correction_is_certain(
    project: Project, admin: User
) -> None:
    approve(project, 2)
    doubt = {"item": {"refund": 0.6, "other": 0.4}}
    crowd, reviewed = Consensus.objects.filter(project=project)
    Consensus.objects.filter(pk=crowd.pk).update(posterior=doubt)
    Consensus.objects.filter(pk=reviewed.pk).update(posterior=doubt, state=Consensus.State.CORRECTED)
    snapshot, _ = freeze_snapshot(project=project, actor=admin)
    rows = {
        row.id: row
        for split in ("train", "dev", "test")
        for row in read_arrow(snapshot.folder / f"intent/{split}.arrow")
    }
    assert rows[str(crowd.item_id)].soft == {"refund": 0.6, "other": 0.4}
    assert rows[str(reviewed.item_id)].soft is None


def test_of_several_labels_each_has_its_own_doubt() -> None:
    multi = parse_fields([{**CHOICE, "multi": True, "labels": ["refund", "other"]}])[0]
    posterior = {"item:refund": {"yes": 0.7, "no": 0.3}, "item:other": {"yes": 0.001, "no": 0.999}}
    assert soft_targets(multi, posterior) == {"refund": 0.7, "other": 0.001}
    certain = {"item:refund": {"yes": 1.0}, "item:other": {"no": 1.0}}
    assert soft_targets(multi, certain) is None


def test_near_duplicates_stand_in_one_split_and_the_page_can_say_so(approved: Project, admin: User) -> None:
    text = "my parcel was promised for monday and nobody has called me since then what happened to it {}"
    twins = [
        make_items(approved, slots=0, payloads=[{"text": text.format(end)}])[0] for end in ("?", "!!", "…")
    ]
    approve_values(approved, twins, "delivery")
    snapshot, _ = freeze_snapshot(project=approved, actor=admin)
    assert snapshot.summary["duplicates"] == {"joined": 3, "clusters": 1, "left_out": 0}
    assert (
        len(set(snapshot.items.filter(item__in=[t.pk for t in twins]).values_list("split", flat=True))) == 1
    )
    assert sum(snapshot.summary["labels"]["intent"]["test"].values()) == snapshot.counts["intent"]["test"]


def test_a_copy_of_a_test_item_that_comes_later_is_left_out(approved: Project, admin: User) -> None:
    first, _ = freeze_snapshot(project=approved, actor=admin)
    tested = Item.objects.get(pk=first.items.filter(split="test").values_list("item", flat=True)[0])
    [copy] = make_items(approved, slots=0, payloads=[{"text": tested.payload["text"].upper() + " !"}])
    [other] = make_items(approved, slots=0, payloads=[{"text": "Nothing here was said before by anybody."}])
    approve_values(approved, [copy, other], "other")
    second, new = freeze_snapshot(project=approved, actor=admin)
    assert new and second.summary["duplicates"]["left_out"] == 1
    assert not second.items.filter(item=copy.pk).exists()


def test_nothing_approved_is_refused_and_leaves_nothing(project: Project, admin: User) -> None:
    with pytest.raises(Conflict):
        freeze_snapshot(project=project, actor=admin)
    assert not Snapshot.objects.exists() and not SnapshotItem.objects.exists()


def test_rest_creates_once_and_lists(approved: Project, admin: User) -> None:
    client = client_of(admin)
    made = client.post("/api/v1/snapshots", {"project": str(approved.pk)})
    assert made.status_code == 201
    again = client.post("/api/v1/snapshots", {"project": str(approved.pk)})
    assert again.status_code == 200 and again.json()["id"] == made.json()["id"]
    assert [row["id"] for row in client.get("/api/v1/snapshots").json()["results"]] == [made.json()["id"]]


def test_a_stranger_gets_404(approved: Project, stranger: User) -> None:
    client = client_of(stranger)
    assert client.get("/api/v1/snapshots").status_code == 404
    assert client.post("/api/v1/snapshots", {"project": str(approved.pk)}).status_code == 404
    assert not Snapshot.objects.exists()

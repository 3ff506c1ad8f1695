from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from annotations.models import Answer, Consensus, Review
from tasks_app.models import Project
from tasks_app.pseudonyms import pseudonym
from tests.factories import client_of, make_user
from tests.training.conftest import approve
from training import lineage
from training.models import Snapshot, SnapshotItem
from training.services.snapshots import freeze_snapshot


@pytest.fixture
def ann(db: None) -> User:
    return make_user("ann")


def answer(project: Project, worker: User, item: object, **more: object) -> Answer:
    schema = project.schema_versions.get()
    return Answer.objects.create(
        project=project, worker=worker, item_id=item, schema_version=schema, value={}, **more
    )


@pytest.fixture
def frozen(approved: Project, ann: User) -> Snapshot:
    """Ann answered one item, Bob another (rejected in time); an answer of Ann's came after the freezing."""
    first, second, third = Consensus.objects.filter(project=approved).order_by("item_id")[:3]
    answer(approved, ann, first.item_id)
    bob = make_user("bob")
    before = timezone.now() - timedelta(hours=1)
    answer(approved, bob, second.item_id, state="rejected", decided_at=before, created_at=before)
    carl = make_user("carl")
    Review.objects.create(consensus=third, reviewer=carl, action="approve")
    snapshot, _new = freeze_snapshot(project=approved, actor=None)
    Snapshot.objects.filter(pk=snapshot.pk).update(created_at=timezone.now())
    snapshot.refresh_from_db()
    answer(approved, ann, second.item_id)
    return snapshot


def entries(snapshot: Snapshot) -> list[SnapshotItem]:
    return list(snapshot.items.order_by("item")[:3])


def test_an_example_names_the_answers_that_counted_then(frozen: Snapshot, ann: User) -> None:
    first, second, third = entries(frozen)
    [given] = lineage.example_lineage(frozen, first)["answers"]
    assert given.worker == ann
    assert lineage.example_lineage(frozen, second)["answers"] == []
    [review] = lineage.example_lineage(frozen, third)["fields"][0]["reviews"]
    assert review.reviewer.display_name == "carl"
    assert frozen.people == 1


def test_a_later_rejection_does_not_change_what_was_learned(frozen: Snapshot) -> None:
    Answer.objects.filter(created_at__lt=frozen.created_at).update(
        state="rejected", decided_at=timezone.now()
    )
    assert len(lineage.example_lineage(frozen, entries(frozen)[0])["answers"]) == 1


def test_both_ways_from_people_and_items_to_snapshots(frozen: Snapshot, ann: User) -> None:
    assert list(lineage.snapshots_with_person(ann)) == [frozen]
    assert list(lineage.snapshots_with_item(entries(frozen)[0].item)) == [frozen]
    assert not lineage.snapshots_with_person(User.objects.get(display_name="bob")).exists()
    assert list(lineage.snapshots_with_person(User.objects.get(display_name="carl"))) == [frozen]


def test_who_answered_later_is_in_the_next_snapshot_only(frozen: Snapshot) -> None:
    late = make_user("late")
    answer(frozen.project, late, entries(frozen)[0].item)
    assert not lineage.snapshots_with_person(late).exists()
    approve(frozen.project, 5)
    second, _new = freeze_snapshot(project=frozen.project, actor=None)
    assert list(lineage.snapshots_with_person(late)) == [second]


def test_rest_tells_it_under_pseudonyms(frozen: Snapshot, ann: User, admin: User) -> None:
    client = client_of(admin)
    item = entries(frozen)[0].item
    told = client.get(f"/api/v1/snapshots/{frozen.pk}/lineage", {"item": str(item)}).json()
    assert told["answers"][0]["person"] == pseudonym(frozen.project_id, ann.pk)
    assert str(ann.pk) not in str(told)
    assert client.get(f"/api/v1/snapshots/{frozen.pk}/lineage", {"item": str(frozen.pk)}).status_code == 404
    where = f"/api/v1/projects/{frozen.project_id}/model-lineage"
    assert client.get(where, {"item": str(item)}).json() == {"snapshots": [str(frozen.pk)], "versions": []}
    assert client.get(where).status_code == 422


def test_strangers_get_404(frozen: Snapshot, stranger: User) -> None:
    client = client_of(stranger)
    item = entries(frozen)[0].item
    for path in (f"snapshots/{frozen.pk}", f"snapshots/{frozen.pk}/lineage?item={item}",
                 f"projects/{frozen.project_id}/model-lineage?item={item}"):  # fmt: skip
        assert client.get(f"/api/v1/{path}").status_code == 404
    browser = Client()
    browser.force_login(stranger)
    for path in ("", f"{frozen.pk}/", f"{frozen.pk}/card/"):
        assert browser.get(f"/training/snapshots/{path}").status_code == 404


def test_the_page_shows_counts_duplicates_and_an_example(frozen: Snapshot, admin: User, ann: User) -> None:
    browser = Client()
    browser.force_login(admin)
    shown = browser.get(
        f"/training/snapshots/{frozen.pk}/", {"item": str(entries(frozen)[0].item)}
    ).content.decode()
    assert frozen.sha256 in shown and "refund" in shown and pseudonym(frozen.project_id, ann.pk) in shown
    assert "resemble a test item" in shown
    missing = browser.get(f"/training/snapshots/{frozen.pk}/?item=nonsense")
    assert missing.status_code == 200 and "holds no such item" in missing.content.decode()
    card = browser.get(f"/training/snapshots/{frozen.pk}/card/")
    assert card["Content-Disposition"].startswith("attachment") and frozen.sha256 in card.content.decode()
    assert f"/training/snapshots/{frozen.pk}/" in browser.get("/training/snapshots/").content.decode()

"""Claim, return, extend, reclaim and expiry, one person at a time."""

import pytest
from django.db import connection
from django.utils import timezone

from common.errors import Conflict, Forbidden
from tasks_app.models import Assignment, Item, Project, WorkerProgress
from tasks_app.services import assignment as work
from tests.factories import client_of
from tests.tasks_app.conftest import add_items, make_project, person, post, publish, reserved


def claim(project, worker, **options):
    return work.claim_items(project=project, worker=worker, **options)


def expire(assignment_id):
    Assignment.objects.filter(pk=assignment_id).update(
        lease_expires_at=timezone.now() - timezone.timedelta(1)
    )
    return work.expire_leases()


def test_it_leases_items_and_counts_the_slot(live_project, annotator):
    [lease] = claim(live_project, annotator)
    item = Item.objects.get(pk=lease.item_id)
    assert (item.taken, item.slots) == (1, 2)
    assert lease.payload == item.payload


def test_nobody_gets_an_item_twice(live_project, annotator):
    seen = []
    while leases := claim(live_project, annotator, count=2):
        for lease in leases:
            seen.append(lease.item_id)
            work.return_assignment(assignment=Assignment.objects.get(pk=lease.assignment_id))
    assert len(seen) == len(set(seen)) == 4


def test_no_more_than_five_live_leases(owner, annotator):
    project = make_project(owner)
    add_items(project, 9)
    publish(project)
    assert len(claim(project, annotator, count=3)) == 3
    assert len(claim(project, annotator, count=5)) == 2
    assert claim(project, annotator, count=5) == []


def test_a_workbench_that_fetches_ahead_may_hold_more(owner, annotator, settings, sign_in):
    settings.LIVE_LEASES = 7
    project = make_project(owner)
    add_items(project, 9)
    publish(project)
    path, client = f"projects/{project.pk}/claim", sign_in(annotator)
    counts = [len(post(client, path, {"count": 5, "ahead": True}).json()["assignments"]) for _ in range(2)]
    assert counts == [5, 2]
    assert post(client, path, {"count": 5, "ahead": True}).status_code == 204
    assert claim(project, annotator, count=5) == []


def test_a_repeated_claim_key_gives_the_same_leases(live_project, annotator):
    first = claim(live_project, annotator, count=2, claim_key="k")
    again = claim(live_project, annotator, count=2, claim_key="k")
    assert {lease.assignment_id for lease in first} == {lease.assignment_id for lease in again}


def test_an_expired_lease_reopens_its_slot_for_others(live_project, annotator):
    [lease] = claim(live_project, annotator)
    assert expire(lease.assignment_id) == 1
    assert Item.objects.get(pk=lease.item_id).taken == 0
    other = person("other@example.org")
    assert lease.item_id in {found.item_id for found in claim(live_project, other, count=5)}


def test_a_slot_behind_the_cursor_is_found_again(live_project, annotator):
    leases = claim(live_project, annotator, count=4)
    for lease in leases:
        work.return_assignment(assignment=Assignment.objects.get(pk=lease.assignment_id))
    other = person("other@example.org")
    assert len(claim(live_project, other, count=4)) == 4
    Assignment.objects.filter(worker=other).delete()
    Item.objects.update(taken=0)
    assert WorkerProgress.objects.get(worker=other).cursor_position == 3
    assert len(claim(live_project, other, count=4)) == 4


def test_reclaim_takes_the_item_up_again_only_while_the_slot_is_free(owner, annotator):
    project = make_project(owner, overlap_min=1)
    add_items(project, 1)
    publish(project)
    [lease] = claim(project, annotator)
    expire(lease.assignment_id)
    mine = Assignment.objects.select_related("project").get(pk=lease.assignment_id)
    assert work.reclaim_assignment(assignment=mine) > timezone.now()
    assert Item.objects.get().taken == 1
    expire(lease.assignment_id)
    [_other] = claim(project, person("other@example.org"))
    mine.refresh_from_db()
    with pytest.raises(Conflict) as refused:
        work.reclaim_assignment(assignment=mine)
    assert refused.value.code == "slot_gone"


def test_reclaim_before_the_sweep_gives_a_new_time(live_project, annotator):
    [lease] = claim(live_project, annotator)
    Assignment.objects.update(lease_expires_at=timezone.now() - timezone.timedelta(1))
    mine = Assignment.objects.select_related("project").get(pk=lease.assignment_id)
    assert work.reclaim_assignment(assignment=mine) > timezone.now()
    assert Item.objects.get(pk=lease.item_id).taken == 1


def test_extend_refuses_a_lease_that_ran_out(live_project, annotator):
    [lease] = claim(live_project, annotator)
    mine = Assignment.objects.select_related("project").get(pk=lease.assignment_id)
    assert work.extend_lease(assignment=mine) >= lease.lease_expires_at
    expire(lease.assignment_id)
    with pytest.raises(Conflict) as refused:
        work.extend_lease(assignment=mine)
    assert refused.value.code == "lease_expired"


def test_returning_twice_frees_one_slot(live_project, annotator):
    [lease] = claim(live_project, annotator)
    mine = Assignment.objects.get(pk=lease.assignment_id)
    work.return_assignment(assignment=mine)
    work.return_assignment(assignment=mine)
    assert Item.objects.get(pk=lease.item_id).taken == 0


def test_a_paused_project_says_so(live_project, annotator):
    Project.objects.update(state=Project.State.PAUSED)
    live_project.refresh_from_db()
    with pytest.raises(Conflict) as refused:
        claim(live_project, annotator)
    assert refused.value.code == "paused"


def test_a_banned_person_gets_no_more(live_project, annotator):
    claim(live_project, annotator)
    WorkerProgress.objects.update(banned_at=timezone.now())
    with pytest.raises(Forbidden):
        claim(live_project, annotator)


def test_gold_appears_in_its_share_and_never_alone(owner):
    project = make_project(owner, gold_share=0.3, overlap_min=4, overlap_max=4)
    add_items(project, 40)
    add_items(project, 10, gold={"intent": "refund"}, start=100)
    publish(project)
    golds = 0
    for number in range(4):
        worker = person(f"w{number}@example.org")
        while leases := claim(project, worker, count=1):
            golds += Item.objects.get(pk=leases[0].item_id).gold is not None
            Assignment.objects.filter(pk=leases[0].assignment_id).update(state=Assignment.State.SUBMITTED)
    assert 10 <= golds <= 40
    assert not Item.objects.filter(gold=None, taken__lt=4).exists()


def test_the_claim_shows_nothing_that_tells_gold(owner, annotator, sign_in):
    project = make_project(owner, gold_share=0.45, overlap_min=1, overlap_max=1)
    add_items(project, 5)
    add_items(project, 5, gold={"intent": "refund"}, start=100)
    publish(project)
    response = post(sign_in(annotator), f"projects/{project.pk}/claim", {"count": 5})
    assert response.status_code == 201
    shapes = {tuple(sorted(one)) for one in response.json()["assignments"]}
    items = {tuple(sorted(one["item"])) for one in response.json()["assignments"]}
    assert shapes == {("fields", "id", "item", "lease_expires_at", "schema_version")}
    assert items == {("id", "text")}


def test_expiry_on_a_closed_item_gives_the_money_back(live_project, annotator):
    from tasks_app.services import slots

    [lease] = claim(live_project, annotator)
    before = reserved(live_project)
    slots.close_item(item_id=lease.item_id)
    assert reserved(live_project) == before - 5
    expire(lease.assignment_id)
    assert reserved(live_project) == before - 10
    assert Item.objects.get(pk=lease.item_id).slots == 0


def test_a_stranger_learns_nothing_about_an_assignment(live_project, annotator, stranger, sign_in):
    [lease] = claim(live_project, annotator)
    for verb in ("return", "extend", "reclaim", "flag", "submit"):
        response = post(sign_in(stranger), f"assignments/{lease.assignment_id}/{verb}", {"kind": "broken"})
        assert response.status_code == 404, verb


def test_a_personal_data_flag_pulls_the_item_at_once(live_project, annotator, sign_in):
    [lease] = claim(live_project, annotator)
    response = post(
        sign_in(annotator),
        f"assignments/{lease.assignment_id}/flag",
        {"kind": "personal_data", "comment": "a name"},
    )
    assert response.status_code == 204
    item = Item.objects.get(pk=lease.item_id)
    assert (item.state, item.taken, item.slots) == (Item.State.WITHDRAWN, 0, 0)


def test_a_claim_takes_few_queries(owner, annotator, django_assert_max_num_queries):
    project = make_project(owner)
    add_items(project, 3)
    publish(project)
    client = client_of(annotator)
    path = f"/api/v1/projects/{project.pk}/claim"
    assert client.post(path, headers={"Idempotency-Key": "1"}).status_code == 201
    with django_assert_max_num_queries(9):  # BEGIN and COMMIT, or the test's savepoint, are two of them
        assert client.post(path, headers={"Idempotency-Key": "2"}).status_code == 201


def test_a_claim_changes_an_item_that_stays_free_in_its_place(owner):
    """No index is touched then: at a million items that would be most of what a claim costs."""
    project = make_project(owner, overlap_min=3, overlap_max=3)
    [item] = add_items(project, 1)
    publish(project)
    in_place = []
    for name in ("one", "two", "three"):
        before = updates_of_items()
        claim(project, person(f"{name}@example.org"))
        in_place.append([after - old for after, old in zip(updates_of_items(), before, strict=True)])
    assert in_place == [[1, 1], [1, 1], [1, 0]]
    item.refresh_from_db()
    assert not item.free


def updates_of_items():
    """All of this transaction, and those among them that were made in place."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables WHERE relname = 'tasks_app_item'"
        )
        return cursor.fetchone()

"""Keeping somebody out of a project: what ends, what stays, and two at the same moment."""

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import Notification
from common.errors import Conflict, DomainError, Forbidden, Invalid
from common.models import AuditEvent
from tasks_app.models import Assignment, Item, WorkerProgress
from tasks_app.services import assignment as work
from tasks_app.services import banning, slots
from tests.tasks_app.conftest import add_items, make_project, person, publish, reserved
from tests.tasks_app.test_claim_concurrency import at_once


def ban(project, worker, reason="Random answers"):
    return banning.ban_worker(project=project, worker=worker, reason=reason, actor=project.owner)


def test_a_ban_gives_the_slots_to_others_and_keeps_what_was_handed_in(live_project, annotator):
    leases = work.claim_items(project=live_project, worker=annotator, count=3)
    done = Assignment.objects.filter(pk=leases[0].assignment_id)
    done.update(state="submitted")
    ban(live_project, annotator)
    states = Assignment.objects.filter(worker=annotator).order_by("state").values_list("state", "reason")
    assert list(states) == [("returned", "banned"), ("returned", "banned"), ("submitted", "")]
    assert sum(Item.objects.values_list("taken", flat=True)) == 1
    with pytest.raises(Forbidden) as refused:
        work.claim_items(project=live_project, worker=annotator)
    assert refused.value.code == "banned"
    assert Notification.objects.get(user=annotator).kind == "worker_banned"
    assert AuditEvent.objects.filter(action="worker.banned").count() == 1


def test_banning_twice_keeps_the_first_reason(live_project, annotator):
    first = ban(live_project, annotator)
    assert ban(live_project, annotator, "another").ban_reason == first.ban_reason == "Random answers"
    assert AuditEvent.objects.filter(action="worker.banned").count() == 1


def test_a_ban_needs_a_reason_and_spares_the_owner(live_project, annotator):
    with pytest.raises(Invalid):
        ban(live_project, annotator, " ")
    with pytest.raises(Conflict):
        ban(live_project, live_project.owner)
    assert not WorkerProgress.objects.filter(banned_at__isnull=False).exists()


def test_after_the_ban_is_lifted_the_person_goes_on(live_project, annotator):
    ban(live_project, annotator)
    banning.lift_ban(project=live_project, worker=annotator, actor=live_project.owner)
    banning.lift_ban(project=live_project, worker=annotator, actor=live_project.owner)
    assert len(work.claim_items(project=live_project, worker=annotator)) == 1
    assert Notification.objects.filter(kind="ban_lifted").count() == 1


def test_a_lease_that_ends_on_a_closed_item_gives_its_money_back(live_project, annotator):
    [lease] = work.claim_items(project=live_project, worker=annotator)
    slots.close_item(item_id=lease.item_id)
    before = reserved(live_project)
    ban(live_project, annotator)
    assert reserved(live_project) == before - 5
    assert (Item.objects.get(pk=lease.item_id).slots, Item.objects.get(pk=lease.item_id).taken) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_no_claim_comes_between_a_ban_and_the_end_of_the_leases(owner):
    project = make_project(owner, overlap_min=1, overlap_max=1)
    add_items(project, 400)
    publish(project)
    for number in range(12):
        worker = person(f"w{number}@example.org")
        work.claim_items(project=project, worker=worker)

        def tab(worker=worker):
            try:
                return len(work.claim_items(project=project, worker=worker, count=1))
            except DomainError:
                return 0

        at_once([tab, tab, lambda worker=worker: ban(project, worker), tab, tab])
        assert not Assignment.objects.filter(worker=worker, state="leased").exists()
    assert sum(Item.objects.values_list("taken", flat=True)) == 0


@pytest.mark.django_db(transaction=True)
def test_bans_sweeps_and_returns_at_once_free_each_slot_once(owner):
    project = make_project(owner, overlap_min=6, overlap_max=6)
    add_items(project, 5)
    publish(project)
    workers = [person(f"w{n}@example.org") for n in range(6)]
    for worker in workers:
        work.claim_items(project=project, worker=worker, count=5)
    Assignment.objects.update(lease_expires_at=timezone.now() - timezone.timedelta(seconds=1))
    returns = [
        lambda row=row: work.return_assignment(assignment=row) for row in Assignment.objects.all()[::3]
    ]
    bans = [lambda worker=worker: ban(project, worker) for worker in workers]
    at_once([*bans, *[work.expire_leases] * 4, *returns])
    assert set(Item.objects.values_list("taken", flat=True)) == {0}
    assert not Assignment.objects.filter(state="leased").exists()


@pytest.mark.django_db(transaction=True)
def test_a_paused_project_lends_nothing_to_a_page_that_still_thinks_it_runs(owner, annotator):
    project = make_project(owner)
    add_items(project, 2)
    stale = publish(project)
    with transaction.atomic():
        type(project).objects.filter(pk=project.pk).update(state="paused")
    with pytest.raises(Conflict) as refused:
        work.claim_items(project=stale, worker=annotator)
    assert refused.value.code == "paused"

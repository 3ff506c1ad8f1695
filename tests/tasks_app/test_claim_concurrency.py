"""Many people at the same moment, on the real PostgreSQL."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from tasks_app.models import Assignment, Item
from tasks_app.services import assignment as work
from tests.tasks_app.conftest import add_items, make_project, person, publish

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 32


def at_once(jobs):
    """Run every job in a thread of its own, all released by one barrier."""
    barrier = threading.Barrier(len(jobs))

    def run(job):
        try:
            connection.ensure_connection()
            barrier.wait(timeout=30)
            return job()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return [future.result() for future in [pool.submit(run, job) for job in jobs]]


def claim_all(project, worker):
    """Claim until nothing is left; keep every lease (as submitted, or the limit of five would stop it)."""
    found = []
    while leases := work.claim_items(project=project, worker=worker, count=3):
        found += [lease.item_id for lease in leases]
        Assignment.objects.filter(pk__in=[lease.assignment_id for lease in leases]).update(state="submitted")
    return found


def test_many_people_never_exceed_the_overlap(owner):
    project = make_project(owner, overlap_min=3, overlap_max=3)
    add_items(project, 120)
    publish(project)
    workers = [person(f"w{n}@example.org") for n in range(THREADS)]
    found = at_once([lambda worker=worker: claim_all(project, worker) for worker in workers])
    times = Counter(item for mine in found for item in mine)
    assert set(times.values()) == {3}
    assert len(times) == 120
    assert all(len(mine) == len(set(mine)) for mine in found)


def test_one_person_in_many_tabs_holds_at_most_five_and_no_item_twice(owner, annotator):
    project = make_project(owner)
    add_items(project, 50)
    publish(project)
    found = at_once(
        [lambda: work.claim_items(project=project, worker=annotator, count=2) for _tab in range(THREADS)]
    )
    items = [lease.item_id for leases in found for lease in leases]
    assert len(items) == len(set(items)) == work.MAX_LIVE


def test_the_last_slot_goes_to_one_of_many(owner):
    project = make_project(owner, overlap_min=1, overlap_max=1)
    add_items(project, 1)
    publish(project)
    workers = [person(f"w{n}@example.org") for n in range(THREADS)]
    found = at_once(
        [lambda worker=worker: work.claim_items(project=project, worker=worker) for worker in workers]
    )
    assert sum(len(leases) for leases in found) == 1


def test_simultaneous_sweeps_and_returns_free_each_slot_once(owner):
    project = make_project(owner, overlap_min=4, overlap_max=4)
    add_items(project, 10)
    publish(project)
    workers = [person(f"w{n}@example.org") for n in range(4)]
    for worker in workers:
        work.claim_items(project=project, worker=worker, count=5)
        work.claim_items(project=project, worker=worker, count=5)
    from datetime import timedelta

    from django.utils import timezone

    Assignment.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    returns = [lambda row=row: work.return_assignment(assignment=row) for row in Assignment.objects.all()]
    at_once([work.expire_leases] * 8 + returns)
    assert set(Item.objects.values_list("taken", flat=True)) == {0}
    assert not Assignment.objects.filter(state="leased").exists()


def test_the_database_itself_refuses_over_assignment(owner):
    from django.db import IntegrityError

    project = make_project(owner)
    [item] = add_items(project, 1)
    with pytest.raises(IntegrityError, match="item_never_over_assigned"):
        Item.objects.filter(pk=item.pk).update(taken=1)

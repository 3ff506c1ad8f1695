"""Requests are carried out one at a time, and a killed worker leaves none undone."""

import threading

import pytest
from django.db import connection

from common.turns import turn
from privacy.carrying_out import carry_out_waiting
from privacy.models import Certificate, SubjectRequest
from tests.privacy.carrying_out.conftest import erase, fresh

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_one_request_at_a_time_on_the_whole_site(anna, shelf):
    """While a worker erases, another one that is asked to leaves it all to the first."""
    erase(anna)
    others = []

    def other_worker():
        SubjectRequest.objects.update(tried_at=None)  # else the pause after a try would keep it away
        others.append(carry_out_waiting())
        connection.close()

    def meanwhile():
        shelf.after = None
        other = threading.Thread(target=other_worker)
        other.start()
        other.join(20)

    shelf.after = meanwhile
    assert carry_out_waiting() == 1
    assert others == [0] and len(shelf.erasures) == 1
    assert Certificate.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_after_the_commit_leaves_a_request_that_is_taken_up(anna, shelf, monkeypatch):
    class Killed(BaseException):
        """As if the process had ended."""

    def kill(*args, **options):
        raise Killed

    email = anna.email
    row = erase(anna)
    with monkeypatch.context() as patch:
        patch.setattr("privacy.erasing.residue_of", kill)
        with pytest.raises(Killed):
            carry_out_waiting()
    assert fresh(row).state == "working" and not Certificate.objects.exists()
    asked = []
    monkeypatch.setattr(shelf, "residue", lambda subject: asked.append(subject) or {})
    SubjectRequest.objects.update(tried_at=None)
    assert carry_out_waiting() == 1
    assert Certificate.objects.get().document["erased"]["shelf"] == {"notes": 3}
    # The account is empty by now, and still it is known what to look for.
    assert email in asked[0].values


@pytest.mark.django_db(transaction=True)
def test_the_turn_ends_with_its_worker(anna):
    erase(anna)
    with turn("privacy.requests"):
        done = []
        other = threading.Thread(target=lambda: (done.append(carry_out_waiting()), connection.close()))
        other.start()
        other.join()
        assert done == [0]
    assert carry_out_waiting() == 1

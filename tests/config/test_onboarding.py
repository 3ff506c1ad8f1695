"""First steps: what is done is known, and the card can be put away."""

import pytest
from django.utils import timezone

from accounts.models import Role
from accounts.roles import grant
from config.onboarding import first_steps
from tasks_app.models import Project, PutAway, TryOut
from tests.factories import make_project, make_user

pytestmark = pytest.mark.django_db


def states(user, role, roles):
    found = first_steps(user, role, {str(one) for one in roles})
    return found and [step.done for step in found.steps]


def test_a_new_annotator_has_everything_before_them():
    user = make_user("ada")
    assert states(user, Role.ANNOTATOR, [Role.ANNOTATOR]) == [False] * 3


def test_what_is_done_is_known():
    user = make_user("ada")
    TryOut.objects.create(person=user, fields=[], items=[], finished_at=timezone.now())
    assert states(user, Role.ANNOTATOR, [Role.ANNOTATOR]) == [True, False, False]


def test_a_requesters_steps_follow_their_own_project():
    user, other = make_user("rita"), make_user("olga")
    make_project(other)
    roles = [Role.ANNOTATOR, Role.REQUESTER]
    assert states(user, Role.REQUESTER, roles) == [False] * 4
    project = make_project(user, state=Project.State.DRAFT)
    assert states(user, Role.REQUESTER, roles) == [True, False, False, False]
    Project.objects.filter(pk=project.pk).update(published_at=timezone.now())
    assert states(user, Role.REQUESTER, roles) == [True, False, True, False]


def test_the_card_stands_on_the_home_of_its_role_alone():
    user = make_user("rita")
    assert states(user, Role.REQUESTER, [Role.ANNOTATOR]) is None
    assert states(user, Role.ANNOTATOR, [Role.ANNOTATOR, Role.REQUESTER]) is None
    assert states(user, Role.ADMIN, [Role.ANNOTATOR, Role.ADMIN]) == [False] * 4


def test_it_can_be_put_away_and_stays_so(client):
    user = make_user("ada")
    client.force_login(user)
    assert "first-steps-title" in client.get("/catalogue/").text
    for _ in range(2):
        assert client.post("/first-steps/annotator/away/").status_code == 302
    assert "first-steps-title" not in client.get("/catalogue/").text
    assert PutAway.objects.filter(person=user).count() == 1
    assert client.post("/first-steps/nonsense/away/").status_code == 404


def test_one_question_to_the_database(django_assert_num_queries):
    user = make_user("ada")
    with django_assert_num_queries(1):
        first_steps(user, Role.ANNOTATOR, {"annotator"})
    with django_assert_num_queries(1):
        first_steps(user, Role.REQUESTER, {"annotator", "requester"})


def test_each_home_shows_its_card(client):
    user = make_user("rita")
    grant(user, Role.ADMIN)
    client.force_login(user)
    assert "first-steps-title" in client.get("/projects/").text
    assert "first-steps-title" in client.get("/training/").text

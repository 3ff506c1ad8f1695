"""Who gets a role in a project, and who may give it."""

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command

from accounts import roles
from accounts.models import Membership, Role
from tests.tasks_app.conftest import post


def members(project):
    return f"projects/{project.pk}/members"


def test_an_invited_annotator_may_answer_and_a_revoked_one_no_more(live_project, annotator, owner, sign_in):
    live_project.visibility = "invited"
    live_project.save()
    claim = f"projects/{live_project.pk}/claim"
    assert post(sign_in(annotator), claim).status_code == 404
    body = {"email": annotator.email, "role": "annotator"}
    unproven = post(sign_in(owner), members(live_project), body)
    assert unproven.status_code == 422 and unproven.json()["errors"][0]["code"] == "unconfirmed"
    EmailAddress.objects.create(user=annotator, email=annotator.email, verified=True)
    made = post(sign_in(owner), members(live_project), body)
    again = post(sign_in(owner), members(live_project), body)
    assert made.status_code == again.status_code == 201 and made.json()["id"] == again.json()["id"]
    assert post(sign_in(annotator), claim).status_code == 201
    gone = sign_in(owner).delete(f"/api/v1/{members(live_project)}/{made.json()['id']}")
    assert gone.status_code == 204
    assert post(sign_in(annotator), claim).status_code == 404


def test_strangers_and_annotators_give_no_roles(live_project, annotator, stranger, sign_in):
    body = {"email": stranger.email, "role": "requester"}
    for person in (annotator, stranger):
        assert post(sign_in(person), members(live_project), body).status_code == 404
    assert not Membership.objects.filter(scope=live_project.pk).exists()


def test_a_reviewer_may_not_make_further_ones(live_project, annotator, stranger, sign_in):
    roles.grant(annotator, Role.REVIEWER, live_project.pk)
    body = {"email": stranger.email, "role": "reviewer"}
    assert post(sign_in(annotator), members(live_project), body).status_code == 403


def test_nobody_becomes_administrator_of_the_site_through_a_project(live_project, owner, sign_in):
    body = {"email": owner.email, "role": "admin"}
    assert post(sign_in(owner), members(live_project), body).status_code == 422


def test_an_unknown_address_is_named(live_project, owner, sign_in):
    answer = post(sign_in(owner), members(live_project), {"email": "x@example.org", "role": "reviewer"})
    assert answer.status_code == 422 and answer.json()["errors"][0]["pointer"] == "/email"


def test_another_project_s_membership_cannot_be_revoked(live_project, owner, stranger, sign_in):
    roles.grant(stranger, Role.ADMIN)
    row = Membership.objects.get(user=stranger, role=Role.ADMIN)
    assert sign_in(owner).delete(f"/api/v1/{members(live_project)}/{row.pk}").status_code == 404


def test_the_command_gives_a_site_role(annotator):
    call_command("grant_role", annotator.email, "admin")
    assert Role.ADMIN in roles.site_roles(annotator)
    with pytest.raises(CommandError, match="Nobody here"):
        call_command("grant_role", "x@example.org", "admin")

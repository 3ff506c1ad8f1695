"""One refusal, two faces: a problem document for programs, a page or fragment for people."""

import errno
from unittest import mock

import pytest
from django.db import OperationalError
from redis.exceptions import ConnectionError as RedisDown

from accounts.models import User
from common.errors import Conflict, Invalid, Problem
from common.web import as_domain_error, problem_body


@pytest.fixture
def signed_in(client, db):
    user = User.objects.create_user("a@example.org", "correct horse battery")
    client.force_login(user)
    return client


def test_a_problem_document_has_the_members_of_the_rfc():
    body = problem_body(Invalid("No.", problems=[Problem("/a/0", "x", "because")], missing_minor=3))
    assert body["status"] == 422 and body["title"] and body["type"].endswith("#invalid")
    assert body["errors"] == [{"pointer": "/a/0", "code": "x", "detail": "because"}]
    assert body["missing_minor"] == 3


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OperationalError("server closed the connection"), 503),
        (RedisDown("gone"), 503),
        (OSError(errno.ENOSPC, "full"), 507),
        (Conflict("x"), 409),
        (ValueError("a bug"), None),
    ],
)
def test_what_stands_for_which_refusal(error, status):
    refusal = as_domain_error(error)
    assert (refusal.status if refusal else None) == status


def test_a_person_gets_a_page_and_htmx_a_fragment(signed_in):
    with mock.patch("tasks_app.selectors.catalogue", side_effect=OperationalError("gone")):
        page = signed_in.get("/catalogue/")
        fragment = signed_in.get("/catalogue/", headers={"HX-Request": "true"})
    assert (page.status_code, fragment.status_code) == (503, 503)
    assert b"<html" in page.content and b"<html" not in fragment.content
    assert b"Nothing was changed" in page.content


def test_a_program_gets_a_problem_document(signed_in):
    with mock.patch("tasks_app.selectors.catalogue", side_effect=OperationalError("gone")):
        response = signed_in.get("/api/v1/catalogue")
    assert response.status_code == 503
    assert response["Content-Type"] == "application/problem+json"


def test_broken_json_is_a_problem_too(signed_in):
    response = signed_in.patch("/api/v1/me", data=b"{broken", content_type="application/json")
    assert response.status_code == 400
    assert response.json()["status"] == 400


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(OperationalError("gone"), 503, "unavailable"), (ValueError("a bug"), 500, "fault")],
)
def test_what_fails_outside_a_view_is_told_the_same_way(client, error, status, code):
    """A middleware fails here; so does every page while it looks up who is signed in."""
    client.raise_request_exception = False
    with mock.patch("django.middleware.common.CommonMiddleware.process_request", side_effect=error):
        page, document = client.get("/"), client.get("/api/v1/catalogue")
    assert (page.status_code, document.status_code) == (status, status)
    assert b"<html" in page.content and b"a bug" not in page.content
    assert document["Content-Type"] == "application/problem+json"
    assert document.json()["code"] == code


def test_an_address_that_leads_nowhere_is_told_the_same_way(client):
    page, document = client.get("/nowhere/"), client.get("/api/v1/nowhere")
    assert (page.status_code, document.status_code) == (404, 404)
    assert b"<html" in page.content
    assert document.json()["code"] == "not_found"

"""Two versions of a project's fields compared, with the answers that were given under the older."""

import pytest

from annotations.models import Answer
from annotations.schema_fit import fit_of
from tasks_app.fields.schema import parse_fields
from tasks_app.services import designing
from tests.factories import CHOICE, TEXT, client_of, make_items, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    return make_project()


def change(project, *fields):
    return designing.projects.set_fields(project=project, fields=list(fields), actor=project.owner)


def answer(project, item, label):
    version = project.schema_versions.get(number=1)
    Answer.objects.create(
        project=project, item=item, worker=make_user(), schema_version=version, value={"intent": label}
    )


def compared(project, **query):
    return client_of(project.owner).get(f"/api/v1/projects/{project.pk}/schemas/compare", query)


def test_changes_and_how_many_answers_still_fit(project):
    for item, label in zip(make_items(project, 3), ("refund", "other", "other"), strict=True):
        answer(project, item, label)
    change(project, CHOICE | {"labels": ["refund", "delivery"]}, TEXT)
    found = compared(project).json()
    assert (found["older"], found["newer"]) == (1, 2)
    assert [(one["field"], one["effect"]) for one in found["changes"]] == [
        ("intent", "narrower"),
        ("reply", "new"),
    ]
    # The new field is not held against older answers; the label that is gone is.
    assert found["changes"][0]["labels_removed"] == ["other"]


def test_the_page_shows_it_and_offers_every_version(client, project):
    client.force_login(project.owner)
    assert "There is one version so far." in client.get(f"/projects/{project.pk}/schemas/").text
    change(project, CHOICE, TEXT)
    change(project, TEXT)
    page = client.get(f"/projects/{project.pk}/schemas/?older=1&newer=3").text
    assert "Version 2" in page
    assert "It is not asked any more." in page
    assert "Older answers have no value for it" in page


def test_fit_is_by_the_answers_themselves(project):
    for item, label in zip(make_items(project, 3), ("refund", "other", "other"), strict=True):
        answer(project, item, label)
    fields = parse_fields([CHOICE | {"labels": ["refund", "delivery"]}, TEXT])
    fit = fit_of(project.schema_versions.get().pk, project.pk, fields)
    assert (fit.looked_at, fit.fitting, fit.misfitting) == (3, 1, 2)


def test_no_such_version_and_no_stranger(client, project):
    assert compared(project, older=7).status_code == 404
    client.force_login(make_user("stranger"))
    assert client.get(f"/projects/{project.pk}/schemas/").status_code == 404

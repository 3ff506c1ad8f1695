"""Uploads over REST and by form, once for each key, and on a full disk."""

import errno
from unittest import mock

from tasks_app.models import ImportJob
from tasks_app.services import imports
from tests.tasks_app.importing.conftest import lines, load


def test_a_full_disk_gives_507_and_stores_nothing(project, sign_in):
    client = sign_in(project.owner)
    full = OSError(errno.ENOSPC, "No space left on device")
    with mock.patch.object(imports, "TemporaryFile", side_effect=full):
        response = client.post(
            f"/api/v1/projects/{project.pk}/items:import",
            data=lines({"text": "a"}),
            content_type="application/x-ndjson",
        )
    assert response.status_code == 507
    assert "disk is full" in response.json()["detail"]
    assert not ImportJob.objects.exists()


def test_upload_over_rest_is_a_job_and_its_key_makes_one(project, sign_in):
    client = sign_in(project.owner)

    def upload(content):
        return client.post(
            f"/api/v1/projects/{project.pk}/items:import",
            data=content,
            content_type="application/x-ndjson",
            headers={"Idempotency-Key": "k"},
        )

    first, again = upload(lines({"text": "a"})), upload(lines({"text": "a"}))
    other = upload(lines({"text": "b"}))
    assert first.status_code == again.status_code == 202
    assert first.json()["job"]["id"] == again.json()["job"]["id"]
    assert other.status_code == 409
    job = first.json()["job"]["id"]
    assert client.get(f"/api/v1/import-jobs/{job}").json()["state"] == "queued"


def test_a_form_upload_and_an_unknown_type(project, sign_in):
    from django.core.files.uploadedfile import SimpleUploadedFile

    client = sign_in(project.owner)
    path = f"/api/v1/projects/{project.pk}/items:import"
    form = client.post(path, {"file": SimpleUploadedFile("d.csv", b"id,text\n1,a\n", "text/csv")})
    assert form.status_code == 202
    unknown = client.post(path, data=b"x", content_type="application/zip")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_format")
    empty = client.post(path, data=b"", content_type="text/csv")
    assert empty.status_code == 422


def test_a_stranger_does_not_see_the_job(project, stranger, sign_in):
    job = load(project, lines({"text": "a"}))
    assert sign_in(stranger).get(f"/api/v1/import-jobs/{job.pk}").status_code == 404

"""Reports of missed personal data on the workbench, over REST and on the reviewers' page."""

import json
from typing import Any

from accounts.models import Role
from accounts.roles import grant
from privacy.models import MissedValue
from tasks_app.models import Project
from tests.factories import client_of, lease, make_user
from tests.privacy.missed_values.conftest import END, NAME, PLACE, START, flagged, item_of


def test_the_workbench_s_flag_carries_the_mark_and_a_stranger_cannot_flag(project: Project) -> None:
    item, worker = item_of(project), make_user()
    held = lease(item, worker)
    path = f"/api/v1/assignments/{held.pk}/flag"
    body = {
        "kind": "personal_data",
        "spans": [{"turn": 0, "start": START, "end": END}],
        "data_kind": "PERSON",
    }
    assert client_of(make_user()).post(path, body, format="json").status_code == 404
    assert client_of(worker).post(path, body, format="json").status_code == 204
    assert client_of(worker).post(path, body, format="json").status_code == 204
    row = MissedValue.objects.get()
    assert (row.start, row.end, row.kind) == (START, END, "PERSON")
    bad = {**body, "spans": [{"turn": 9, "start": 0, "end": 2}]}
    other = lease(item_of(project, "Nothing here."), worker)
    refused = client_of(worker).post(f"/api/v1/assignments/{other.pk}/flag", bad, format="json")
    assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == "/spans/0"


def test_only_reviewers_of_the_project_see_and_decide_reports(project: Project) -> None:
    row = flagged(item_of(project), PLACE)
    reviewer, stranger = make_user(), make_user()
    grant(reviewer, Role.REVIEWER, project.pk)
    decide = f"/api/v1/privacy/missed/{row.pk}/confirm"
    for person in (stranger, row.flagged_by):
        assert client_of(person).get("/api/v1/privacy/missed").json()["results"] == []
        assert client_of(person).post(decide, {"kind": "PERSON"}, format="json").status_code == 404
        assert (
            client_of(person).post(f"/api/v1/privacy/missed/{row.pk}/reject", {"reason": "x"}).status_code
            == 404
        )
    [seen] = client_of(reviewer).get("/api/v1/privacy/missed?state=open").json()["results"]
    assert seen["id"] == str(row.pk) and NAME not in json.dumps(seen)
    everywhere = client_of(reviewer).post(decide, {"kind": "PERSON", "everywhere": True}, format="json")
    assert everywhere.status_code == 403
    done = client_of(reviewer).post(decide, {"kind": "PERSON"}, format="json")
    assert done.status_code == 200 and done.json()["state"] == "confirmed"
    late = client_of(reviewer).post(f"/api/v1/privacy/missed/{row.pk}/reject", {"reason": "No."})
    assert late.status_code == 409 and late.json()["code"] == "decided"


def test_the_page_shows_the_words_around_it_and_decides(project: Project, client: Any) -> None:
    first, second = item_of(project), item_of(project, "Where is it?")
    row, unmarked = flagged(first, PLACE), flagged(second)
    client.force_login(project.owner)
    page = client.get("/privacy/missed/")
    assert page.status_code == 200 and NAME in page.content.decode()
    wrong = client.post(f"/privacy/missed/{unmarked.pk}/", {"kind": "PERSON", "confirm": "1"})
    assert wrong.status_code == 422 and "Type the words" in wrong.content.decode()
    done = client.post(f"/privacy/missed/{row.pk}/", {"kind": "PERSON", "confirm": "1"})
    assert done.status_code == 302
    client.post(f"/privacy/missed/{unmarked.pk}/", {"reject": "1", "reason": "A question."})
    assert NAME not in client.get("/privacy/missed/").content.decode()
    assert "A question." in client.get("/privacy/missed/?state=rejected").content.decode()
    client.force_login(make_user())
    assert client.post(f"/privacy/missed/{row.pk}/", {"confirm": "1"}).status_code == 404

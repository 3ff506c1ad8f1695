"""The audit log's page and REST: for administrators, filtered, by cursor, with the state of its chain."""

import hashlib
import json

import pytest
from django.db import connection

from accounts.models import Role
from accounts.roles import grant
from common import audit, audit_checks
from common.audit_sealing import seal_events
from common.models import AuditCheck, AuditEvent
from tests.factories import client_of, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    person = make_user("Ada")
    grant(person, Role.ADMIN)
    return person


@pytest.fixture
def signed_in(client, admin):
    client.force_login(admin)
    return client


@pytest.fixture
def events(admin):
    """120 of the admin's and three of somebody else's, all but the last sealed."""
    other = make_user("Ben")
    for number in range(120):
        audit.record("model.promoted", admin, actor=admin.pk, number=number)
    audit.record("model.rolled_back", other, actor=other.pk, note="worse than before")
    audit.record("worker.banned", other, actor=other.pk)
    seal_events()
    audit.record("worker.banned", admin, actor=other.pk)
    return other


def test_to_others_it_does_not_exist(client, events):
    for address in ("", "state/", "export/", "head/"):
        client.force_login(events)
        assert client.get(f"/privacy/audit/{address}").status_code == 404
    assert client.post("/privacy/audit/verify/").status_code == 404
    assert client_of(events).get("/api/v1/privacy/audit").status_code == 404
    assert client_of(events).post("/api/v1/privacy/audit/state").status_code == 404
    assert not AuditCheck.objects.exists()


def test_the_newest_stand_first_with_their_places(signed_in, events):
    page = signed_in.get("/privacy/audit/").content.decode()
    assert page.index("worker.banned") < page.index("model.rolled_back") < page.index("model.promoted")
    assert "worse than before" in page and "not sealed" in page and "not verified yet" in page


def test_each_page_leads_to_the_next(signed_in, events):
    seen, address = [], "/privacy/audit/?action=model.promoted"
    while address:
        response = signed_in.get(address)
        seen += [line.event.pk for line in response.context["lines"]]
        address = "/privacy/audit/" + response.context["next"] if response.context["next"] else ""
    assert len(seen) == len(set(seen)) == 120 and seen == sorted(seen, reverse=True)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("action=worker.banned", 2),
        ("action=model.", 121),
        ("actor={other}", 3),
        ("actor={mail}", 3),
        ("target=accounts.user:{other}", 2),
        ("target={other}&action=worker.banned", 1),
        ("until=2020-01-01", 0),
        ("since=2020-01-01", 123),
        ("action=nothing.", 0),
    ],
)
def test_it_is_filtered(signed_in, events, query, count):
    query = query.format(other=events.pk, mail=events.email)
    assert signed_in.get(f"/privacy/audit/?{query}").status_code == 200
    exported = b"".join(signed_in.get(f"/privacy/audit/export/?{query}").streaming_content)
    assert len(exported.splitlines()) == count + (query == "since=2020-01-01")  # the export itself


def test_a_wrong_filter_is_said_and_shows_the_whole_log(signed_in, events):
    page = signed_in.get("/privacy/audit/?actor=nobody@example.org")
    assert page.status_code == 200 and "There is no such account." in page.content.decode()


def test_the_export_can_be_verified_by_anybody(signed_in, events):
    exported = b"".join(signed_in.get("/privacy/audit/export/").streaming_content)
    before = bytes(32)
    rows = [json.loads(line) for line in exported.splitlines()]
    for row in rows[:122]:
        place = {name: row.pop(name) for name in ("position", "previous", "hash")}
        text = json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
        assert place["previous"] == before.hex()
        before = hashlib.sha256(before + text).digest()
        assert place["hash"] == before.hex()
    assert rows[122]["position"] is None


def test_a_verification_is_asked_for_and_shown(signed_in, events, admin):
    signed_in.post("/privacy/audit/verify/")
    signed_in.post("/privacy/audit/verify/")
    assert AuditCheck.objects.get().asked_by == admin.pk
    AuditCheck.objects.update(state="running", checked=7_000)
    shown = signed_in.get("/privacy/audit/state/").content.decode()
    assert "links verified so far" in shown and "every 2s" in shown and "Verify now" not in shown
    audit_checks.run_checks()
    shown = signed_in.get("/privacy/audit/state/").content.decode()
    assert "holds" in shown and "every 2s" not in shown and "Verify now" in shown


def test_a_broken_chain_is_said_at_the_top(signed_in, events):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE common_auditevent DISABLE TRIGGER ALL")
        cursor.execute("DELETE FROM common_auditevent WHERE action = 'model.rolled_back'")
        cursor.execute("ALTER TABLE common_auditevent ENABLE TRIGGER ALL")
    audit_checks.run_checks()
    page = signed_in.get("/privacy/audit/").content.decode()
    assert "The chain does not hold." in page and "removed" in page


def test_rest_says_the_same(events, admin):
    client = client_of(admin)
    answer = client.get("/api/v1/privacy/audit?action=worker.banned").json()
    assert [row["position"] for row in answer["results"]] == [None, 122]
    assert client.get("/api/v1/privacy/audit?since=soon").status_code == 422
    assert client.post("/api/v1/privacy/audit/state").status_code == 202
    audit_checks.run_checks()
    state = client.get("/api/v1/privacy/audit/state").json()
    assert state["verified"]["state"] == "intact" and state["head"]["position"] == 122
    head = client.get("/api/v1/privacy/audit/state").json()["head"]
    assert head["hash"] == state["verified"]["head"]


def test_a_page_far_back_reads_no_more_than_the_first(signed_in, events, django_assert_max_num_queries):
    last = AuditEvent.objects.order_by("id").values_list("pk", flat=True)[5]
    with django_assert_max_num_queries(14):
        signed_in.get(f"/privacy/audit/?before={last}")

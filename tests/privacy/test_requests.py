"""Who may ask for what, how they show who they are, and what the desk decides."""

from datetime import date, timedelta
from unittest.mock import patch

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from redis.exceptions import ConnectionError

from accounts.models import Notification
from common.errors import Conflict, Invalid
from common.models import AuditEvent
from privacy import links, reminding
from privacy.carrying_out import carry_out_waiting
from privacy.holders import Obstacle
from privacy.mailing import send_waiting
from privacy.models import SubjectRequest
from privacy.particulars import Value, particulars_of
from privacy.services import deciding, requests
from tests.factories import client_of, make_user

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
REASON = "The passport was shown at the desk."


@pytest.fixture(autouse=True)
def fresh_limits(db):
    cache.clear()


@pytest.fixture
def anna():
    user = make_user("anna")
    user.set_password(PASSWORD)
    user.save()
    return user


def post(user, body, key="k"):
    return client_of(user).post("/api/v1/privacy/requests", body, headers={"Idempotency-Key": key})


def state(row):
    row.refresh_from_db()
    return row.state


# -- one's own account -------------------------------------------------------------------------------------


def test_ones_own_access_begins_at_once_and_counts_its_deadline(anna):
    answer = post(anna, {"kind": "access", "subject": "me", "regime": "ccpa"})
    assert (answer.status_code, answer.json()["state"]) == (201, "working")
    assert answer.json()["due_on"] == str(timezone.localdate() + timedelta(days=45))
    assert answer.json()["days_left"] == 45 and not answer.json()["overdue"]


def test_a_repeated_request_is_one_and_so_is_the_same_wish_again(anna):
    first, again = post(anna, {"kind": "access"}), post(anna, {"kind": "access"})
    other_key = post(anna, {"kind": "access"}, key="other")
    assert first.json()["id"] == again.json()["id"] == other_key.json()["id"]
    assert post(anna, {"kind": "erasure"}).json()["code"] == "idempotency_key_reused"


def test_a_stranger_learns_nothing_of_it(anna):
    made = post(anna, {"kind": "access"}).json()["id"]
    path = f"/api/v1/privacy/requests/{made}"
    assert client_of(anna).get(path).status_code == 200
    assert client_of(make_user()).get(path).status_code == 404
    assert client_of(None).get(path).status_code == 404
    assert client_of(None).get(path, headers={"X-Request-Key": "forged"}).status_code == 404
    assert client_of(make_user()).get(f"{path}/download").status_code == 404


def test_an_erasure_wants_the_password_again(anna):
    wrong = post(anna, {"kind": "erasure", "password": "wrong"})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/password")
    assert not SubjectRequest.objects.exists()
    right = post(anna, {"kind": "erasure", "password": PASSWORD}, key="b")
    assert right.json()["state"] == "working"


def test_without_the_password_a_link_is_mailed_and_counts(anna, mailoutbox):
    made = client_of(anna).delete("/api/v1/me", {})
    assert (made.status_code, made.json()["state"]) == (202, "received")
    send_waiting()
    [mail] = mailoutbox
    assert mail.to == [anna.email]
    [path] = [line for line in mail.body.splitlines() if "/privacy/verify/" in line]
    path = path.partition("8000")[2]
    row = SubjectRequest.objects.get()
    assert Client().get(path).status_code == 200 and state(row) == "received"  # a program that looks at mail
    assert Client().post(path).status_code == 302 and state(row) == "working"


def test_passwords_cannot_be_tried_out(anna):
    codes = [post(anna, {"kind": "erasure", "password": "x"}, key=str(n)).status_code for n in range(12)]
    assert codes == [422] * 10 + [429] * 2


def test_what_must_be_settled_first_is_said_and_can_be_given_up(anna, monkeypatch):
    owed = Obstacle("earnings", "You have $3.00 to be paid out.", waivable=True)
    monkeypatch.setattr("privacy.holders._obstacle_sources", [lambda subject: [owed]])
    refused = post(anna, {"kind": "erasure", "password": PASSWORD})
    assert (refused.status_code, refused.json()["code"]) == (409, "to_be_settled")
    assert "$3.00" in refused.json()["detail"]
    done = post(anna, {"kind": "erasure", "password": PASSWORD, "waive_earnings": True}, key="b")
    assert done.status_code == 201 and SubjectRequest.objects.get().waives_earnings


def test_what_cannot_be_given_up_stays_in_the_way(anna, monkeypatch):
    owner = Obstacle("projects", "Hand over your projects first.")
    monkeypatch.setattr("privacy.holders._obstacle_sources", [lambda subject: [owner]])
    with pytest.raises(Conflict):
        requests.open_for_account(user=anna, kind="erasure", password=PASSWORD, waive_earnings=True)


# -- anybody, by mail --------------------------------------------------------------------------------------


def test_a_known_and_an_unknown_address_get_the_same_answer(anna, mailoutbox):
    answers = [
        post(None, {"kind": "access", "subject": address}, key=address).json()
        for address in (anna.email, "nobody@example.org")
    ]
    for answer in answers:
        del answer["id"]
    assert answers[0] == answers[1] and answers[0]["state"] == "received"
    send_waiting()
    assert [mail.to for mail in mailoutbox] == [[anna.email], ["nobody@example.org"]]
    bodies = {mail.body.partition("http")[0] for mail in mailoutbox}
    assert len(bodies) == 1


def test_nothing_counts_before_the_link_is_opened_and_then_the_desk_is_told(admin):
    row = requests.open_for_address(address="x@example.org", kind="erasure")
    with pytest.raises(Conflict):
        deciding.confirm_request(request=row, actor=admin)
    requests.verify_by_link(request=row)
    requests.verify_by_link(request=row)
    assert state(row) == "verified"
    assert Notification.objects.get(user=admin).kind == "subject_request_received"


def test_a_link_is_for_one_thing_and_not_for_ever(monkeypatch):
    row = requests.open_for_address(address="x@example.org", kind="access")
    see, verify = (links.token_of(row, purpose) for purpose in (links.SEE, links.VERIFY))
    assert Client().get(f"/privacy/r/{verify}/").status_code == 404
    assert Client().post(f"/privacy/verify/{see}/").status_code == 404
    assert Client().get(f"/privacy/r/{see}/").status_code == 200
    monkeypatch.setitem(links._SECONDS, links.VERIFY, -1)
    assert Client().post(f"/privacy/verify/{verify}/").status_code == 404


def test_the_key_of_a_link_shows_the_request_over_rest():
    row = requests.open_for_address(address="x@example.org", kind="access")
    other = requests.open_for_address(address="y@example.org", kind="access")
    headers = {"X-Request-Key": links.token_of(row, links.SEE)}
    assert client_of(None).get(f"/api/v1/privacy/requests/{row.pk}", headers=headers).status_code == 200
    assert client_of(None).get(f"/api/v1/privacy/requests/{other.pk}", headers=headers).status_code == 404


def test_an_address_gets_three_mails_a_day_and_whoever_asks_is_not_told(mailoutbox):
    answers = [
        post(None, {"kind": "access", "subject": "x@example.org"}, key=str(number)).status_code
        for number in range(5)
    ]
    send_waiting()
    assert answers == [201] * 5 and len(mailoutbox) == 3


def test_one_network_address_may_ask_twenty_times_an_hour():
    codes = {
        post(None, {"kind": "access", "subject": f"x{n}@example.org"}, key=str(n)).status_code
        for n in range(21)
    }
    assert codes == {201, 429}
    assert SubjectRequest.objects.count() == 20


def test_values_that_nobody_proved_are_left_out_unless_the_desk_says_why(admin):
    values = [Value("phone", "+44 7700 900123")]
    one, two = (
        requests.open_for_address(address="x@example.org", kind="access", values=values) for _n in range(2)
    )
    for row in (one, two):
        requests.verify_by_link(request=row)
    deciding.confirm_request(request=one, actor=admin)
    deciding.confirm_request(request=two, actor=admin, proof=REASON)
    for row in (one, two):
        row.refresh_from_db()
    assert [value.kind for value in particulars_of(one).values] == ["email"]
    assert [value.kind for value in particulars_of(two).values] == ["email", "phone"]
    assert two.proof == REASON


def test_values_lie_sealed_while_it_is_open_and_nowhere_afterwards(admin, mailoutbox):
    row = requests.open_for_address(address="Maria.Jensen@example.org", kind="access")
    requests.verify_by_link(request=row)
    row.refresh_from_db()
    assert b"jensen" not in bytes(row.sealed).lower()
    assert particulars_of(row).contact == "Maria.Jensen@example.org"
    deciding.refuse_request(request=row, actor=admin, reason="The identity could not be shown.")
    send_waiting()
    row.refresh_from_db()
    assert row.sealed is None and row.nonce is None and len(row.digest) == 64
    assert "The identity could not be shown." in mailoutbox[-1].body
    assert "jensen" not in str(list(AuditEvent.objects.values())).lower()


def test_a_request_that_nobody_confirmed_is_forgotten_after_a_week():
    row = requests.open_for_address(address="x@example.org", kind="access")
    assert reminding.forget_unproven() == 0
    SubjectRequest.objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(days=8))
    assert reminding.forget_unproven() == 1


# -- the desk ----------------------------------------------------------------------------------------------


def letter(admin, **other):
    told = {"kind": "erasure", "regime": "gdpr", "values": [Value("email", "x@example.org")], "proof": REASON}
    return requests.record_letter(actor=admin, received_on=date(2026, 11, 2), **(told | other))


def test_a_letter_counts_from_the_day_it_came_and_wants_a_proof(admin):
    row = letter(admin)
    assert (row.state, row.due_on, row.proof) == ("verified", date(2026, 12, 2), REASON)
    for wrong in ({"proof": "ok"}, {"values": []}):
        with pytest.raises(Invalid):
            letter(admin, **wrong)


def test_a_deadline_is_extended_once_with_a_reason(admin, mailoutbox):
    row = letter(admin, contact="x@example.org", values=[Value("name", "X")])
    SubjectRequest.objects.filter(pk=row.pk).update(due_on=timezone.localdate() + timedelta(days=1))
    with pytest.raises(Invalid):
        deciding.extend_deadline(request=row, actor=admin, reason="")
    deciding.extend_deadline(request=row, actor=admin, reason="Many backups must be looked through.")
    row.refresh_from_db()
    assert row.due_on == date(2027, 2, 2)
    with pytest.raises(Conflict):
        deciding.extend_deadline(request=row, actor=admin, reason="Still many backups to look through.")
    send_waiting()
    assert "2027-02-02" in mailoutbox[0].body and "Many backups" in mailoutbox[0].body


def test_pipl_and_an_overdue_request_cannot_be_extended(admin):
    late = letter(admin)
    SubjectRequest.objects.filter(pk=late.pk).update(due_on=timezone.localdate() - timedelta(days=1))
    for row in (late, letter(admin, regime="pipl")):
        with pytest.raises(Conflict):
            deciding.extend_deadline(request=row, actor=admin, reason="We need more time for this.")


def test_the_desk_is_reminded_a_week_before_and_every_day_afterwards(admin):
    row = letter(admin)
    today = timezone.localdate()
    told = []
    for days in (9, 7, 7, 3, 0, 0, -1, -2):
        SubjectRequest.objects.filter(pk=row.pk).update(due_on=today + timedelta(days=days))
        if told:  # a day later, or the same day again
            SubjectRequest.objects.filter(pk=row.pk, reminded_on=today).update(
                reminded_on=today if days in {7, 0} and told[-1][0] == days else today - timedelta(days=1)
            )
        told.append((days, reminding.remind_desk()))
    assert told == [(9, 0), (7, 1), (7, 0), (3, 0), (0, 1), (0, 0), (-1, 1), (-2, 1)]
    assert set(Notification.objects.values_list("kind", flat=True)) == {
        "subject_request_due", "subject_request_overdue",
    }  # fmt: skip


def test_the_desk_over_rest_is_an_administrators(admin, anna):
    body = {
        "kind": "restrict", "values": [{"kind": "name", "text": "Anna Smith"}], "proof": REASON,
        "received_on": "2026-11-02",
    }  # fmt: skip
    path = "/api/v1/privacy/desk"
    assert client_of(anna).post(path, body).status_code == 404
    assert client_of(anna).get(path).status_code == 404
    made = client_of(admin).post(path, body)
    assert made.status_code == 201
    one = f"{path}/{made.json()['id']}"
    assert client_of(anna).post(f"{one}/refuse", {"reason": REASON}).status_code == 404
    assert client_of(admin).get(f"{one}/preview").json()["items"] == 0
    assert client_of(admin).post(f"{one}/nonsense", {}).status_code == 404
    assert client_of(admin).post(f"{one}/refuse", {"reason": "no"}).status_code == 422
    refused = client_of(admin).post(f"{one}/refuse", {"reason": REASON}).json()
    assert (refused["state"], refused["reason"]) == ("refused", REASON)
    assert client_of(admin).post(f"{one}/confirm", {}).status_code == 409


def test_a_rectification_in_dialogues_is_a_task_with_old_and_new(admin, mailoutbox):
    row = requests.open_for_address(
        address="x@example.org", kind="rectification", correction={"old": "Jensen", "new": "Jenssen"}
    )
    requests.verify_by_link(request=row)
    browser = Client()
    browser.force_login(admin)
    page = browser.get(f"/privacy/desk/{row.pk}/").text
    assert "Jensen" in page and "Jenssen" in page
    browser.post(f"/privacy/desk/{row.pk}/complete/", {"reason": "Corrected in the source."})
    assert state(row) == "closed"
    send_waiting()
    row.refresh_from_db()
    assert row.sealed is None and len(mailoutbox) >= 1


def test_a_rectification_says_what_is_wrong():
    assert post(None, {"kind": "rectification", "subject": "x@example.org"}).status_code == 422


def test_a_failing_mail_server_is_tried_again_and_in_the_end_given_up(monkeypatch):
    row = requests.open_for_address(address="x@example.org", kind="access")

    def down(*args, **options):
        raise ConnectionRefusedError

    monkeypatch.setattr("privacy.mailing.send_mail", down)
    for _n in range(4):
        assert send_waiting() == 0
    row.refresh_from_db()
    assert (row.mail, row.mail_attempts) == ("verify", 4)
    send_waiting()
    row.refresh_from_db()
    assert row.mail == ""


def test_opting_out_is_recorded_at_once(anna):
    requests.open_for_account(user=anna, kind="opt_out")
    carry_out_waiting()
    assert SubjectRequest.objects.get().outcome == {"opted_out": {"accounts": 1, "items": 0}}


def test_who_writes_another_address_into_a_header_is_counted_all_the_same():
    path, body = "/api/v1/privacy/requests", {"kind": "access", "subject": "x@example.org"}
    codes = [
        client_of(None).post(path, body, headers={"X-Forwarded-For": f"192.0.2.{n}"}).status_code
        for n in range(21)
    ]
    assert codes == [201] * 20 + [429]


def test_rights_can_be_used_while_the_cache_is_away():
    with patch("django.core.cache.backends.redis.RedisCacheClient.incr", side_effect=ConnectionError("gone")):
        asked = post(None, {"kind": "access", "subject": "x@example.org"})
    assert asked.status_code == 201

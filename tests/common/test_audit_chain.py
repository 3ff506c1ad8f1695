"""The chain over the audit log: what is sealed, in which order, and what a verification notices."""

import json
import threading
import time
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from common import audit, audit_checks
from common.audit_chain import GENESIS, Row, canonical, link_hash
from common.audit_heads import Head, current_head, is_genuine, read_head, sign
from common.audit_sealing import seal_events
from common.audit_verifying import verify
from common.models import AuditCheck, AuditEvent, AuditLink, AuditNote, AuditPending
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def log():
    """Ten sealed events."""
    for number in range(10):
        audit.record("thing.done", make_user(), actor=None, number=number)
    assert seal_events(at_once=4) == 10
    return list(AuditLink.objects.order_by("position").values_list("event", flat=True))


def tamper(sql, *values, table="common_auditevent"):
    """As somebody with a superuser's hands would: without the triggers."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        cursor.execute(sql, values)
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")


def test_the_chain_holds(log):
    report = verify()
    assert report.is_intact and report.checked == report.position == 10 and report.unsealed == 0


def test_anybody_can_work_out_a_hash():
    row = Row(7, "2026-11-27T10:00:00.000001Z", None, "a.b", "t", "1", '{"z": 1, "a": "ö"}')
    assert canonical(row) == (
        '{"action":"a.b","actor":null,"at":"2026-11-27T10:00:00.000001Z","data":{"a":"ö","z":1},"id":7,'
        '"target":"1","target_type":"t"}'.encode()
    )
    # sha256sum of 32 zero bytes and the line above
    assert link_hash(GENESIS, row) != link_hash(link_hash(GENESIS, row), row)


def test_what_is_not_sealed_yet_is_counted(log):
    audit.record("thing.done", make_user(), actor=None)
    assert verify().unsealed == 1 and verify().is_intact


def test_a_changed_event_is_named(log):
    tamper("""UPDATE common_auditevent SET data = '{"number": 99}' WHERE id = %s""", log[3])
    assert verify().problems == {"changed": [log[3]]}


@pytest.mark.parametrize("column", ["at", "actor", "action", "target_type", "target"])
def test_every_column_counts(log, column):
    value = {"at": "'2020-01-01'", "actor": "gen_random_uuid()"}.get(column, "'x'")
    tamper(f"UPDATE common_auditevent SET {column} = {value} WHERE id = %s", log[3])  # noqa: S608
    assert verify().problems == {"changed": [log[3]]}


def test_a_removed_event_is_named(log):
    tamper("DELETE FROM common_auditevent WHERE id = %s", log[3])
    assert verify().problems == {"removed": [log[3]]}


def test_events_that_changed_places_are_named(log):
    tamper(
        "UPDATE common_auditlink SET event = CASE event WHEN %s THEN -1 ELSE -2 END WHERE event IN (%s, %s)",
        log[2], log[2], log[6], table="common_auditlink",
    )  # fmt: skip
    tamper(
        "UPDATE common_auditlink SET event = CASE event WHEN -1 THEN %s ELSE %s END WHERE event IN (-1, -2)",
        log[6], log[2], table="common_auditlink",
    )  # fmt: skip
    assert verify().problems == {"reordered": [log[6], log[2]]}


def test_an_event_put_in_past_the_chain_is_named(log):
    tamper(
        "INSERT INTO common_auditevent (id, at, action, target_type, target, data) "
        "VALUES (9000000, now(), 'a', 't', '1', '{}')"
    )
    assert verify().problems == {"inserted": [9000000]}


def test_a_removed_link_is_named(log):
    tamper("DELETE FROM common_auditlink WHERE position = 5", table="common_auditlink")
    assert verify().problems["link_missing"] == [5]
    assert verify().problems["inserted"] == [log[4]]  # its event stands outside now


def test_a_link_that_was_changed_is_named(log):
    tamper("UPDATE common_auditlink SET hash = %s WHERE position = 5", bytes(32), table="common_auditlink")
    assert verify().problems == {"link_changed": [6], "changed": [log[4]]}


def test_a_cut_end_shows_by_a_head_from_before(log):
    head = current_head(timezone.now().isoformat())
    tamper("DELETE FROM common_auditlink WHERE position > 8", table="common_auditlink")
    tamper("DELETE FROM common_auditevent WHERE id = ANY(%s)", log[8:])
    assert verify().is_intact  # nothing inside the chain tells
    assert verify(heads=(head,)).problems == {"head": [10]}
    assert verify(heads=(read_head(head.hash),)).problems == {"head": [head.hash]}


def test_a_chain_made_anew_shows_by_a_check_from_before(log):
    """A superuser who changes an event and works out all the hashes again cannot sign the earlier head."""
    audit_checks.run_checks()
    tamper("UPDATE common_auditevent SET actor = gen_random_uuid() WHERE id = %s", log[3])
    tamper("DELETE FROM common_auditlink", table="common_auditlink")
    AuditPending.objects.bulk_create(AuditPending(event=one) for one in log)
    seal_events()
    assert verify().is_intact
    assert verify(heads=audit_checks.kept_heads()).problems == {"head": [10]}


def test_a_forged_head_is_not_believed(log):
    genuine = sign(position=10, digest=b"x" * 32, at="now")
    assert is_genuine(genuine)
    forged = Head(position=9, hash=genuine.hash, at="now", signature=genuine.signature,
                  public_key=genuine.public_key)  # fmt: skip
    assert not is_genuine(forged)
    assert verify(heads=(forged,)).problems == {"signature": [9]}


def test_a_trigger_that_is_off_is_named(log):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE common_auditevent DISABLE TRIGGER audit_append_only")
    assert verify().problems == {"guard_off": ["audit_append_only"]}


def test_a_long_chain_is_read_in_portions(log, monkeypatch):
    monkeypatch.setattr("common.audit_verifying._EVERY", 3)
    heard = []
    assert verify(tell=heard.append).checked == 10 and heard == [3, 6, 9]


def test_only_what_came_later_can_be_checked(log):
    report = verify(since=6)
    assert (report.checked, report.position, report.is_intact) == (4, 10, True)


# --- the commands -----------------------------------------------------------------------------------------


def test_the_command_prints_the_head_and_refuses_what_was_changed(log, tmp_path):
    out, head = StringIO(), StringIO()
    call_command("audit_head", stdout=head)
    (tmp_path / "head.json").write_text(head.getvalue())
    call_command("verify_audit", head=str(tmp_path / "head.json"), stdout=out)
    assert "The chain holds: 10 links" in out.getvalue()
    assert json.loads(head.getvalue())["hash"] in out.getvalue()
    assert AuditCheck.objects.get().state == "intact"
    tamper("DELETE FROM common_auditevent WHERE id = %s", log[3])
    with pytest.raises(CommandError, match=f"removed: {log[3]}"):
        call_command("verify_audit")
    assert AuditCheck.objects.latest("id").problems == {"removed": [log[3]]}
    call_command("verify_audit", since="8", stdout=out)
    with pytest.raises(CommandError, match="neither a position nor a date"):
        call_command("verify_audit", since="soon")
    with pytest.raises(CommandError, match="64 hexadecimal digits"):
        call_command("verify_audit", head="abc")


def test_checks_come_by_themselves_every_hour_and_whole_every_day(log, monkeypatch):
    assert audit_checks.run_checks() == 1 and audit_checks.run_checks() == 0
    monkeypatch.setattr(audit_checks, "HOURLY", timedelta(0))
    audit.record("thing.done", make_user(), actor=None)
    seal_events()
    assert audit_checks.run_checks() == 1
    assert [(one.since, one.checked) for one in AuditCheck.objects.order_by("id")] == [(0, 10), (10, 1)]
    monkeypatch.setattr(audit_checks, "DAILY", timedelta(0))
    assert audit_checks.due_since() == 0


def test_a_check_that_a_killed_worker_left_is_done_again(log):
    check = AuditCheck.objects.create(state="running", checked=3)
    assert audit_checks.ask_check(actor=None) == check  # nobody's second click makes another one
    audit_checks.run_checks()
    check.refresh_from_db()
    assert (check.state, check.checked, check.position) == ("intact", 10, 10)


# --- what an event may hold -------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["because he is ill", "a@example.org", "王小明"])
def test_an_event_refuses_text(text):
    with pytest.raises(ValueError, match="ids and codes"):
        audit.record("thing.done", make_user(), actor=None, why=text)
    with pytest.raises(ValueError, match="ids and codes"):
        audit.record("thing.done", make_user(), actor=None, why={"deep": [text]})


def test_where_nobody_looks_the_text_is_left_out(settings):
    settings.AUDIT_STRICT = False
    audit.record("thing.done", make_user(), actor=None, why="because he is ill", n=1)
    assert AuditEvent.objects.get().data == {"why": None, "n": 1}


def test_a_note_stands_beside_the_chain_and_can_go(log):
    audit.record("thing.done", make_user(), actor=None, note="ask nolene.smith@gmail.com about it")
    seal_events()
    assert AuditNote.objects.get().text == "ask [EMAIL_1] about it"
    AuditNote.objects.all().delete()
    assert verify().is_intact


# --- several at once --------------------------------------------------------------------------------------


def in_threads(number, work):
    errors = []

    def run(one):
        try:
            work(one)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(one,)) for one in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


@pytest.mark.django_db(transaction=True)
def test_writers_and_sealers_at_once_make_one_chain():
    target = make_user()

    def work(one):
        for number in range(25):
            if one < 4:
                audit.record("thing.done", target, actor=None, number=number)
            else:
                seal_events(at_once=7)

    in_threads(8, work)
    seal_events()
    report = verify()
    assert report.is_intact and report.checked == 100


@pytest.mark.django_db(transaction=True)
def test_a_long_transaction_is_sealed_after_it_ends_and_keeps_nobody_waiting():
    target, written, go_on = make_user(), threading.Event(), threading.Event()

    def slow(_one):
        with transaction.atomic():
            audit.record("slow.done", target, actor=None)
            written.set()
            go_on.wait(10)

    thread = threading.Thread(target=in_threads, args=(1, slow))
    thread.start()
    written.wait(10)
    started = time.monotonic()
    audit.record("quick.done", target, actor=None)
    with transaction.atomic():  # an id that is never used
        audit.record("lost.done", target, actor=None)
        transaction.set_rollback(True)
    assert seal_events() == 1 and time.monotonic() - started < 5
    go_on.set()
    thread.join()
    assert seal_events() == 1 and verify().is_intact
    actions = [AuditEvent.objects.get(pk=one.event).action for one in AuditLink.objects.order_by("position")]
    assert actions == ["quick.done", "slow.done"]


@pytest.mark.django_db(transaction=True)
def test_a_sealer_that_is_killed_leaves_everything_waiting(monkeypatch):
    audit.record("thing.done", make_user(), actor=None)

    def die(*_arguments, **_options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("common.audit_sealing.execute_values", die)
        with pytest.raises(KeyboardInterrupt):
            seal_events()
    assert AuditPending.objects.count() == 1 and not AuditLink.objects.exists()
    assert seal_events() == 1 and verify().is_intact


@pytest.mark.parametrize("table", ["common_auditevent", "common_auditlink"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET {}"])
def test_the_database_refuses_to_change_either_table(log, table, change):
    column = "action = 'x'" if table.endswith("event") else "event = 1"
    with (
        connection.cursor() as cursor,
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
    ):
        cursor.execute(change.format(table, column))

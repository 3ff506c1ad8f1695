"""Real errors with known secrets in what was sent, stored and asked: none of them in any log or mail."""

import logging
import sys
import threading

import pytest
from django.core import mail
from django.db import DataError, IntegrityError, transaction
from django.test import Client, RequestFactory
from django.urls import reverse
from django.views.debug import ExceptionReporter

from accounts.models import User
from common.errors import Conflict
from common.rounds import each
from privacy.pii.logs import HIDDEN, hide_quoted, message_of, scrub, traceback_of
from privacy.reports import HideValues, QuietReporter, kind_of
from tests.factories import client_of, make_user

SECRETS = [
    "nolene.smith@gmail.com", "212-555-0143", "4111 1111 1111 1111", "Nolene Smith", "the divorce in Leeds",
]  # fmt: skip
TEXT = "I am Nolene Smith, nolene.smith@gmail.com, 212-555-0143, 4111 1111 1111 1111: the divorce in Leeds"


@pytest.fixture
def lines():
    """What a handler with the settings' formatter writes."""
    written = []

    class Keep(logging.Handler):
        def emit(self, record):
            written.append(self.format(record))

    handler = Keep()
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


def left_in(text):
    return [secret for secret in SECRETS if secret.lower() in text.lower()]


# --- a line -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "Task training.tasks.execute_run[0192f3c1-7b1e-7c3a-9f2b-123456789012] succeeded in 0.0123s: None",
        "Internal Server Error: /api/v1/projects/0192f3c1-7b1e-7c3a-9f2b-123456789012/items",
        "Error 111 connecting to 127.0.0.1:6379. Connection refused.",
        "celery@host-12.example.org v5.5.3 (immunity) ready.",
        "Scheduler: Sending due task expire-leases (tasks_app.tasks.expire_leases)",
        "2026-11-27 23:04:03,092 started 12345 in 0.25 s",
    ],
)
def test_what_programs_say_stays(line):
    assert scrub(line) == line


def test_what_is_somebodys_goes():
    assert scrub("mail to nolene.smith@gmail.com failed, phone 212-555-0143") == (
        "mail to [EMAIL] failed, phone [PHONE]"
    )
    assert scrub("POST /items/?q=anna&from=leeds 500") == "POST /items/?… 500"
    assert scrub("Not Found: /feedback/WyJhYmMiXQ:1tGx3f:abcdefghijkl/") == "Not Found: /feedback/…/"


def test_no_log_holds_a_link_that_opens_what_is_held_about_somebody():
    token = "WyJhYmMiXQ:1tGx3f:abcdefghijkl"
    for path in (
        reverse("privacy-link-download", args=[token]), reverse("privacy-verify", args=[token]),
        reverse("account_confirm_email", args=[token]),
        reverse("account_reset_password_from_key", args=["1a", "abc-def"]),
    ):  # fmt: skip
        line = scrub(f"Method Not Allowed (POST): {path}")
        assert token not in line and "abc-def" not in line and HIDDEN in line


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("could not convert string to float: 'the divorce'", "could not convert string to float: '…'"),
        ("can't read 'a b' and \"it's\" here", "can't read '…' and '…' here"),
        ("bad {'text': 'Hello'}", "bad {'…': '…'}"),
        ("cut off 'the divor", "cut off '…'"),
        ("b'\\xff' is no text", "'…' is no text"),
    ],
)
def test_what_a_library_quotes_goes(text, left):
    assert hide_quoted(text) == left


def test_our_own_words_may_name_code():
    assert (
        message_of(Conflict("No field 'intent' in 'the divorce'.")) == "Conflict: No field 'intent' in '…'."
    )


# --- records ----------------------------------------------------------------------------------------------


def test_messages_arguments_and_tracebacks_are_clean(lines):
    log = logging.getLogger("some.library")
    log.warning("about %s", "nolene.smith@gmail.com")
    log.warning("about %(who)s", {"who": "212-555-0143"})
    log.error("given %s", {"text": TEXT})
    log.error("given %s and %s", (TEXT, 1), TEXT.encode())
    log.error("failed: %s", ValueError(f"cannot parse {TEXT!r}"))
    log.error(ValueError(f"cannot parse {TEXT!r}"))
    try:
        try:
            {}[TEXT]
        except KeyError as error:
            raise ValueError(f"no such row {TEXT!r}") from error
    except ValueError:
        log.exception("it failed for %r", TEXT)
    assert left_in("\n".join(lines)) == []
    assert "ValueError" in lines[-1] and "KeyError" in lines[-1] and "test_logs.py" in lines[-1]
    assert "direct cause" in lines[-1]


@pytest.mark.django_db
def test_rows_are_named_by_their_ids(lines):
    person = make_user("Nolene Smith")
    each(lambda one: 1 / 0, [person])
    assert f"accounts.user {person.pk}" in lines[-1] and "ZeroDivisionError" in lines[-1]
    assert "nolene" not in lines[-1].lower()


def test_a_wrong_call_of_the_log_is_no_error(lines):
    logging.getLogger("x").warning("%d things", "many")
    assert lines[-1] == "WARNING x: %d things"


def test_what_nobody_catches_is_told_without_values(capsys, monkeypatch):
    from privacy import logs

    logs._tell(ValueError, ValueError(f"bad {TEXT!r}"), None)
    thread = threading.Thread(target=lambda: int(TEXT))
    monkeypatch.setattr(threading, "excepthook", logs._tell_of_thread)
    thread.start()
    thread.join()
    said = capsys.readouterr().err
    assert "ValueError: bad '…'" in said and "invalid literal" in said and left_in(said) == []


# --- the database -----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_databases_error_is_told_by_table_and_constraint(lines):
    User.objects.create(email=SECRETS[0])
    try:
        with transaction.atomic():
            User.objects.create(email=SECRETS[0])
    except IntegrityError as error:
        assert "nolene" in str(error)  # it quotes the value
        said = message_of(error)
        logging.getLogger("x").exception("failed")
    assert said.startswith("IntegrityError: [23505]") and "accounts_user" in said
    assert left_in(said + lines[-1]) == []


@pytest.mark.django_db
def test_a_value_that_does_not_fit_is_not_repeated(lines):
    try:
        with transaction.atomic():
            User.objects.extra(where=["id::text::int = %s::text::int"], params=[SECRETS[3]]).count()
    except DataError:
        logging.getLogger("x").exception("failed")
    assert "DataError: [22P02]" in lines[-1] and left_in(lines[-1]) == []


# --- requests, mails and pages ----------------------------------------------------------------------------


@pytest.fixture
def broken(monkeypatch, settings):
    """An address that fails while it holds what was sent."""
    settings.ADMINS = [("", "ops@example.org")]

    def fail(*_arguments, **_named):
        kept = TEXT
        raise RuntimeError(f"cannot handle {kept!r}")

    monkeypatch.setattr("common.web.as_domain_error", lambda error: None)
    return fail


@pytest.mark.django_db
def test_a_fault_in_a_page_is_logged_and_mailed_without_what_was_sent(lines, broken, monkeypatch):
    person = make_user("Nolene Smith")
    monkeypatch.setattr("accounts.views.render", broken)
    client = Client(raise_request_exception=False)
    client.force_login(person)
    answer = client.get(f"/settings/?q={TEXT}", headers={"Referer": f"http://x/?q={TEXT}"})
    assert answer.status_code == 500
    assert left_in(answer.content.decode()) == []
    assert "RuntimeError: cannot handle '…'" in "\n".join(lines)
    assert left_in("\n".join(lines)) == []
    [letter] = mail.outbox
    assert (
        "RuntimeError" in letter.body and "accounts/views.py" in letter.body and str(person.pk) in letter.body
    )
    assert left_in(letter.subject + letter.body) == [] and person.email not in letter.body


@pytest.mark.django_db
def test_a_fault_in_the_api_is_logged_and_mailed_without_the_body(lines, broken, monkeypatch):
    monkeypatch.setattr("tasks_app.api.projects.projects.create_project", broken)
    client = client_of(make_user("owner", is_superuser=True))
    client.raise_request_exception = False
    answer = client.post("/api/v1/projects", {"title": TEXT, "instructions": TEXT, "fields": []})
    assert answer.status_code in {422, 500}
    assert left_in("\n".join(lines)) == []
    assert not any(left_in(letter.subject + letter.body) for letter in mail.outbox)


def test_the_report_shows_no_value():
    request = RequestFactory().post(f"/x/?q={TEXT}", {"comment": TEXT}, headers={"Cookie": f"a={TEXT}"})
    try:
        payload = {"text": TEXT}
        raise ValueError(f"no {payload!r}")
    except ValueError:
        reporter = QuietReporter(request, *sys.exc_info(), is_email=True)
    text, page = reporter.get_traceback_text(), reporter.get_traceback_html()
    assert left_in(text) == [] and left_in(page) == []
    assert "payload" in page and "dict of 1" in page  # the name and the kind help, the value is not there


def test_the_settings_name_the_reporter(settings):
    assert settings.DEFAULT_EXCEPTION_REPORTER == "privacy.reports.QuietReporter"
    assert settings.DEFAULT_EXCEPTION_REPORTER_FILTER == "privacy.reports.HideValues"
    assert issubclass(QuietReporter, ExceptionReporter) and HideValues().is_active(None)
    assert kind_of("abc") == "<str of 3>" and kind_of(None) is None and kind_of(4111) == "<int>"


# --- workers and the engine -------------------------------------------------------------------------------


def test_celery_says_which_task_failed_and_not_on_what(lines):
    from celery import Celery

    app = Celery(set_as_current=False)
    app.conf.task_always_eager = False

    @app.task(name="some.task")
    def some_task(text):
        raise ValueError(f"cannot read {text!r}")

    from celery.app.trace import build_tracer

    tracer = build_tracer("some.task", some_task, app=app)
    tracer("0192f3c1-7b1e-7c3a-9f2b-123456789012", (TEXT,), {}, {"argsrepr": repr((TEXT,))})
    said = "\n".join(lines)
    assert "some.task" in said and "ValueError" in said and left_in(said) == []


def test_the_engine_prints_no_value(tmp_path, capfd):
    from training.engine import __main__ as engine

    try:
        float(TEXT)
    except ValueError as error:
        engine._tell(ValueError, error, None)
        assert left_in(traceback_of(error)) == []
    said = capfd.readouterr().err
    assert "could not convert string to float" in said and left_in(said) == []

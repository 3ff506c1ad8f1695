"""The record of processing and the impact assessment say what is configured: a setting changes them."""

import csv
import io

import pytest
from django.utils import translation

from accounts.models import Role
from accounts.roles import grant
from common import audit_checks
from privacy import impact, register
from privacy.impact import Risk
from privacy.register import Safeguard
from tests.factories import client_of, make_project, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    person = make_user("Ada")
    grant(person, Role.ADMIN)
    return person


def there(key):
    [found] = [one for one in register.all_safeguards() if one.key == key]
    return found.present


def risk(key):
    [found] = [one for one in impact.risks() if one.key == key]
    return found


@pytest.mark.parametrize(
    ("key", "name", "good", "bad"),
    [
        ("https", "HTTPS", True, False),
        ("hub_off", "HUB_TOKEN", "", "token"),
        ("rotated", "VAULT_KEYS_OLD", [], ["old"]),
        ("verified_mail", "ACCOUNT_SIGNUP_OPEN", False, True),
        ("age", "MINIMUM_AGE", 16, 12),
        ("logs", "LOGGING_CONFIG", "privacy.logs.configure", "logging.config.dictConfig"),
    ],
)
def test_a_setting_changes_the_report(settings, key, name, good, bad):
    setattr(settings, name, good)
    assert there(key)
    setattr(settings, name, bad)
    assert not there(key)


def test_mail_and_database_elsewhere_need_tls(settings):
    settings.EMAIL_HOST, settings.EMAIL_USE_TLS = "mail.example.org", False
    assert not there("mail_tls")
    settings.EMAIL_USE_TLS = True
    assert there("mail_tls")
    assert "mail.example.org" in register.as_json()["controller"]["Recipients"]


def test_the_audit_log_counts_only_while_it_was_verified():
    assert not there("audit")
    audit_checks.run_checks()
    assert there("audit")


def test_a_project_that_keeps_personal_data_is_named_and_raises_the_risk():
    make_project(privacy_check=10, data_basis="consent")
    assert there("replaced") and there("checked")
    before = risk("recognised").residual
    make_project(title="Open chats", privacy_policy="keep")
    assert not there("replaced") and not there("checked")
    [note] = [one.note for one in register.all_safeguards() if one.key == "replaced"]
    assert "Open chats" in note and risk("recognised").residual > before
    [row] = [one for one in register.as_json()["activities"] if "Open chats" in one["name"]]
    assert row["settings"]["Detectors"] == "none" and row["basis"] == "not stated"


def test_a_draft_is_no_activity_yet():
    make_project(title="Not yet", state="draft")
    assert not [one for one in register.all_activities() if "Not yet" in one.name]


def test_models_kept_after_erasure_are_a_missing_measure():
    project = make_project()
    assert there("erasure_models")
    type(project).objects.update(erasure_models="keep", erasure_ground="archive")
    assert not there("erasure_models")


def test_no_model_in_use_is_not_said_to_be_private():
    assert not there("private_training") and there("memorisation")


@pytest.mark.parametrize(("present", "left"), [((1, 1), 1), ((1, 0), 2), ((0, 0), 3)])
def test_what_is_left_follows_from_what_is_there(present, left):
    measures = tuple(Safeguard(key=str(n), title="", present=bool(one)) for n, one in enumerate(present))
    one = Risk("x", "x", 3, 2, measures, "")
    assert one.residual_likelihood == left and one.residual == {1: 1, 2: 2, 3: 3}[left]


def test_every_measure_of_a_risk_is_known():
    known = {one.key for one in register.all_safeguards()}
    wanted = {key for entry in impact._catalogue() for key in entry[4]}
    assert wanted <= known


def test_the_pages_and_files(client, admin):
    make_project(title="=HYPERLINK(evil)")
    client.force_login(admin)
    for language, word in (("en", "Record of processing"), ("zh-hans", "处理活动记录")):
        with translation.override(language):
            page = client.get("/privacy/register/", headers={"Accept-Language": language})
            assert word in page.content.decode()
    assert "Likelihood" in client.get("/privacy/impact-assessment/").content.decode()
    rows = list(csv.reader(io.StringIO(client.get("/privacy/register/csv/").content.decode())))
    assert rows[0][0] == "name" and len(rows) == len(register.all_activities()) + 1
    assert client.get("/privacy/register/json/").json()["activities"]
    assert client.get("/privacy/impact-assessment/json/").json()["risks"]
    for address in ("register", "impact-assessment"):
        page = client.get(f"/privacy/{address}/html/").content.decode()
        assert page.startswith("<!doctype html>") and "<script" not in page and "<h2>" in page
        assert client.get(f"/privacy/{address}/pdf/").status_code == 404


def test_rest_gives_both_and_strangers_get_neither(client, admin):
    assert client_of(admin).get("/api/v1/privacy/register").json()["safeguards"]
    assert client_of(admin).get("/api/v1/privacy/impact-assessment").json()["safeguards_absent"]
    stranger = make_user()
    client.force_login(stranger)
    for address in ("register", "impact-assessment"):
        assert client_of(stranger).get(f"/api/v1/privacy/{address}").status_code == 404
        assert client.get(f"/privacy/{address}/").status_code == 404
        assert client.get(f"/privacy/{address}/json/").status_code == 404

import pytest

from accounts.models import User
from privacy.models import ConsentRecord
from privacy.services import notices
from tests.factories import sign_up_form

PASSWORD = "correct horse battery"


def sign_up(client, **changed):
    return client.post("/accounts/signup/", sign_up_form("new@example.org", PASSWORD, **changed))


def test_sign_up_records_the_notice_the_age_and_what_was_agreed(client, admin, controller):
    notices.publish_notices(actor=admin.pk)
    assert sign_up(client, residence="ccpa", agreed=["training"], number="1").status_code == 302
    user = User.objects.get(email="new@example.org")
    rows = {row.purpose: row for row in ConsentRecord.objects.filter(person=user.pk)}
    assert set(rows) == {"notice", "age", "training"}
    text = notices.current_text(regime="ccpa", language="en")
    for row in rows.values():
        assert (row.number, row.sha256, row.regime, row.how) == (1, text.sha256, "ccpa", "sign_up")
    assert rows["age"].statement == "I am at least 16 years old."
    assert user.notice_seen == 1 and client.get("/catalogue/").status_code == 200


def test_before_the_first_publication_the_shipped_text_is_recorded(client, db):
    sign_up(client)
    row = ConsentRecord.objects.get(purpose="notice")
    assert row.number == 0 and row.sha256 == notices.current_text().sha256


@pytest.mark.parametrize(
    ("left_out", "words"),
    [("of_age", "You have to be at least 16 years old"), ("notice", "Read the privacy notice")],
)
def test_without_age_or_notice_there_is_no_account(client, db, left_out, words):
    page = sign_up(client, **{left_out: ""})
    assert words in page.text
    assert not User.objects.exists() and not ConsentRecord.objects.exists()


def test_the_age_is_a_setting_and_no_date_of_birth_is_asked(client, db, settings):
    settings.MINIMUM_AGE = 18
    page = client.get("/accounts/signup/").text
    assert "I am at least 18 years old." in page
    assert 'type="date"' not in page and "birth" not in page
    assert "checked" not in page  # nothing is agreed to beforehand


def test_a_notice_published_while_somebody_types_is_read_first(client, admin, controller):
    notices.publish_notices(actor=admin.pk)
    page = sign_up(client, number="0")
    assert "has just changed" in page.text and not User.objects.filter(email="new@example.org").exists()
    assert sign_up(client, number="1").status_code == 302

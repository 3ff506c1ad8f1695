import csv
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from babel.numbers import list_currencies
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import translation

from common.currencies import show_money, to_minor
from common.templatetags.show import money
from rewards.models import Recognition, Transfer
from rewards.services import ledger, payouts
from rewards.services.ledger import Payment
from rewards.statements import Month, csv_lines, month_of, person_statement, project_statement
from tests.factories import client_of, make_project, make_user

UTC_ZONE, TOKYO = ZoneInfo("UTC"), ZoneInfo("Asia/Tokyo")


def at(moment: datetime, *keys: str) -> None:
    """Booked then; the ledger itself refuses such a change."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no triggers
        for key in keys:
            assert Transfer.objects.filter(key__startswith=key).update(created_at=moment)
        cursor.execute("SET session_replication_role = origin")


@pytest.fixture
def ann(db):
    return make_user("ann")


@pytest.fixture
def project(ann):
    """Paid 30 in January, 50 on its last day at 20:00 UTC (in Tokyo: February); 60 paid out in March."""
    project = make_project(funds=1000)
    ledger.reserve(project_id=project.pk, currency="USD", amount_minor=500, key="r")
    for amount, key in ((30, "answer:a"), (50, "answer:b")):
        payment = Payment(worker_id=ann.pk, amount_minor=amount, key=key, memo="=Chats")
        ledger.pay(project_id=project.pk, currency="USD", payments=[payment])
    payouts.request_payout(user_id=ann.pk, currency="USD", amount_minor=60, key="p")
    at(datetime(2025, 12, 5, tzinfo=UTC), "fund:", "r")
    at(datetime(2026, 1, 10, tzinfo=UTC), "pay:answer:a")
    at(datetime(2026, 1, 31, 20, tzinfo=UTC), "pay:answer:b")
    at(datetime(2026, 3, 2, tzinfo=UTC), "payout:")
    return project


def months(zone, *numbers):
    return [Month(2026, number, zone) for number in numbers]


def test_a_persons_months_add_up_and_follow_one_another(project, ann) -> None:
    rows = [person_statement(ann.pk, month, "USD") for month in months(UTC_ZONE, 1, 2, 3, 4)]
    assert [(r.opening_minor, r.closing_minor) for r in rows] == [(0, 80), (80, 80), (80, 20), (20, 20)]
    for row in rows:
        assert row.opening_minor + sum(line.amount_minor for line in row.lines) == row.closing_minor
    assert [line.balance_minor for line in rows[0].lines] == [30, 80]


def test_a_month_begins_where_the_person_is(project, ann) -> None:
    rows = [person_statement(ann.pk, month, "USD") for month in months(TOKYO, 1, 2)]
    assert [(r.opening_minor, r.closing_minor) for r in rows] == [(0, 30), (30, 80)]


def test_a_project_statement_sums_days_up_and_leaves_reservations_out(project) -> None:
    december, january = (
        project_statement(project.pk, month, "USD")
        for month in (Month(2025, 12, UTC_ZONE), Month(2026, 1, UTC_ZONE))
    )
    assert [(line.kind, line.amount_minor) for line in december.lines] == [("fund", 1000)]
    assert [(line.kind, line.count, line.amount_minor) for line in january.lines] == [
        ("pay", 1, -30),
        ("pay", 1, -50),
    ]
    assert (january.opening_minor, january.closing_minor) == (1000, 920)
    balance = ledger.balances(project_id=project.pk, currency="USD")
    assert january.closing_minor == balance.escrow + balance.reserved


def test_the_csv_adds_up_and_holds_no_formula(project, ann) -> None:
    statement = person_statement(ann.pk, Month(2026, 1, TOKYO), "USD")
    rows = list(csv.DictReader(StringIO("".join(csv_lines(statement)))))
    assert [row["kind"] for row in rows] == ["opening", "pay", "closing"]
    amounts = sum(Decimal(row["amount"]) for row in rows if row["amount"])
    assert Decimal(rows[0]["balance"]) + amounts == Decimal(rows[-1]["balance"]) == Decimal("0.30")
    assert rows[1]["memo"] == "'=Chats"
    assert rows[1]["time (Asia/Tokyo)"] == "2026-01-10T09:00:00+09:00"


def test_the_page_and_rest_say_the_same(project, ann) -> None:
    Recognition.objects.create(user=ann.pk, time_zone="Asia/Tokyo")
    body = client_of(ann).get("/api/v1/me/statement?month=2026-02&currency=USD").json()
    assert (body["opening"]["amount_minor"], body["closing"]["amount_minor"]) == (30, 80)
    assert body["time_zone"] == "Asia/Tokyo"
    browser = Client()
    browser.force_login(ann)
    page = browser.get("/earnings/statements/2026-02/?currency=USD").content.decode()
    assert "$0.30" in page and "$0.80" in page and "Asia/Tokyo" in page
    file = browser.get("/earnings/statements/2026-02/csv/?currency=USD")
    assert b"".join(file.streaming_content).decode().endswith("0.80,USD\r\n")
    assert client_of(ann).get("/api/v1/me/statement.csv?month=2026-02").status_code == 200


def test_a_stranger_has_a_statement_of_nothing(project) -> None:
    body = client_of(make_user("stranger")).get("/api/v1/me/statement?month=2026-01&currency=USD").json()
    assert body["lines"] == [] and body["closing"]["amount_minor"] == 0


@pytest.mark.parametrize("query", ["month=2026-13", "month=soon", "currency=usd", "time_zone=Mars/Olympus"])
def test_nonsense_is_refused(project, ann, query) -> None:
    assert client_of(ann).get(f"/api/v1/me/statement?{query}").status_code == 422


def test_the_month_of_a_moment_is_that_of_the_zone() -> None:
    moment = datetime(2026, 1, 31, 20, tzinfo=UTC)
    assert (str(month_of(moment, UTC_ZONE)), str(month_of(moment, TOKYO))) == ("2026-01", "2026-02")
    assert str(Month(2026, 12, UTC_ZONE).next()) == "2027-01"
    assert str(Month(2026, 1, UTC_ZONE).previous()) == "2025-12"


@pytest.mark.parametrize(
    ("minor", "currency", "english", "chinese"),
    [
        (1234567, "USD", "$12,345.67", "US$12,345.67"),
        (1234567, "JPY", "¥1,234,567", "JP¥1,234,567"),
        (1234567, "KWD", "KWD\u00a01,234.567", "KWD\u00a01,234.567"),
        (1234567, "IQD", "IQD\u00a01,234.567", "IQD\u00a01,234.567"),  # CLDR would round it to whole dinars
        (1234567, "CHF", "CHF\u00a012,345.67", "CHF\u00a012,345.67"),
        (-5, "EUR", "-€0.05", "-€0.05"),
        (0, "CNY", "CN¥0.00", "¥0.00"),
        (7, "ZZZ", "ZZZ\u00a00.07", "ZZZ\u00a00.07"),
    ],
)
def test_amounts_are_written_as_the_readers_language_does(minor, currency, english, chinese) -> None:
    for language, shown in (("en", english), ("zh-hans", chinese), (None, english)):
        with translation.override(language):
            assert show_money(minor, currency) == money(minor, currency) == shown


@pytest.mark.parametrize("language", [code for code, _name in settings.LANGUAGES])
def test_no_two_currencies_look_alike_in_one_language(language) -> None:
    with translation.override(language):
        shown = [show_money(0, currency).strip("0.") for currency in sorted(list_currencies())]
    assert len(set(shown)) == len(shown)


def test_an_amount_is_never_rounded() -> None:
    assert to_minor(Decimal("12.34"), "USD") == 1234
    assert to_minor(Decimal("12.345"), "KWD") == 12345
    for amount, currency in (("0.001", "USD"), ("1.5", "JPY")):
        with pytest.raises(ValueError):
            to_minor(Decimal(amount), currency)


def test_currencies_stand_side_by_side(ann) -> None:
    for currency, amount in (("JPY", 1500), ("KWD", 2500), ("USD", 99)):
        project = make_project(funds=5000, currency=currency)
        ledger.reserve(project_id=project.pk, currency=currency, amount_minor=amount, key=f"r{currency}")
        payment = Payment(worker_id=ann.pk, amount_minor=amount, key=f"a{currency}")
        ledger.pay(project_id=project.pk, currency=currency, payments=[payment])
    browser = Client()
    browser.force_login(ann)
    page = browser.get("/earnings/").content.decode()
    assert "¥1,500" in page and "KWD\u00a02.500" in page and "$0.99" in page
    sent = {"currency": "JPY", "amount": "1.5", "key": "x"}
    assert "JPY has 0 decimals" in browser.post("/earnings/payout/", sent, follow=True).content.decode()
    browser.post("/earnings/payout/", {**sent, "amount": "500"})
    browser.post("/earnings/payout/", {**sent, "amount": "500"})
    body = client_of(ann).get("/api/v1/me/earnings").json()
    assert body["underway"] == [{"amount_minor": 500, "currency": "JPY"}]
    assert {"amount_minor": 1000, "currency": "JPY"} in body["available"]

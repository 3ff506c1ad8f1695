"""A reader who asks for Chinese gets whole pages in Chinese: ours and those that allauth brings."""

import re
from html.parser import HTMLParser

import pytest
from allauth.account.models import EmailAddress

from accounts.models import User
from tasks_app.models import Item
from tasks_app.services.projects import create_project
from tests.annotations.crowd import decide
from tests.factories import CHOICE, SPAN, confirm_session, make_items, make_project
from tests.journeys.service_rows import KNOWN, shop

CHINESE = {"Accept-Language": "zh-Hans"}
SIGNED_OUT = ["", "accounts/login/", "accounts/login/code/", "accounts/signup/", "accounts/password/reset/",
              "accounts/inactive/"]  # fmt: skip
ACCOUNT = [
    "accounts/email/",
    "accounts/password/change/",
    "accounts/logout/",
    "accounts/confirm-email/",
    "accounts/reauthenticate/",
    "accounts/2fa/",
    "accounts/2fa/totp/activate/",
    "accounts/2fa/webauthn/",
    "accounts/2fa/webauthn/add/",
    "accounts/3rdparty/",
    "accounts/sessions/",
]
OWN = [
    "settings/",
    "settings/notifications/",
    "settings/notifications/preferences/",
    "catalogue/",
    "work/",
    "earnings/",
    "earnings/statements/2026-01/",
    "recognition/",
    "privacy/",
    "privacy/erase/",
    "privacy/requests/new/",
    "privacy/certificates/verify/",
    "privacy/desk/",
    "privacy/desk/new/",
    "help/",
    "help/fields/",
    "help/review/",
]
SITE = ["projects/", "projects/new/", "applications/", "review/", "training/", "models/", "finance/"]
PROJECT = [
    "",
    "items/",
    "import/",
    "review/",
    "quality/",
    "money/",
    "settings/",
    "design/",
    "design/template/",
    "design/rules/",
    "design/check/",
    "schemas/",
    "label/",
    "analysis/",
    "analysis/tasks/",
]
APPLICATIONS = {
    "education-grading": ["", "questions/", "class/", "release/"],
    "health-triage": ["", "coverage/", "abstained/"],
    "social-content": ["", "moderation/", "floor/"],
    "recommendation": [""],
}
# Names of fields and kinds, which are written like this in files and requests.
CODES = (
    "condition", "urgency", "evidence", "Evidence", "safety", "interest", "match", "score", "missing",
    "kappa", "LAC", "APS", "REST", "JSONL", "MB", "viewed", "used", "liked", "dismissed",
)  # fmt: skip
# Names, formats, commands and codes: they are the same in every language.
SAME = re.compile(
    r"(?<![A-Za-z])(Manyhands|EN|English|Krippendorff|JSON( Lines)?|CSV|CoNLL|Label Studio|Hugging Face"
    r"|GDPR|CCPA|PIPL|CC-BY-4\.0|US(?=\$)"
    r"|Markdown|JavaScript|API|ID|USD|F1|PERSON_1|Email|train|celery -A config worker -Q train|choice|span"
    r"|scale|text|rank|relation|starter|UTC|IBAN|BIC|VAULT_KEY|manual|answer:ID|[A-Z]\w+(/[\w-]+)+"
    r"|passkey|PIN|[A-Z2-7]{32}|Ctrl Enter|Enter|Esc|group"
    r"|W-[A-Z0-9]+)(?![A-Za-z])|\S+@\S+|\{\w+\}|[\"“][a-z_]+[\"”]"
)
# What the owner of the project wrote: names and titles of fields and labels, the title.
WRITTEN = re.compile(
    r"Support chats|Choose\.|Intent|Question and answer|Where is my parcel number \d+\?"
    r"|\b(intent|qa|emotion|refund|delivery|other|question|answer)\b"
)


class Words(HTMLParser):
    """The words of a page that a reader sees or hears, without code, keys and texts to be labelled."""

    SILENT = ("script", "style", "kbd", "code", "pre", "textarea", "svg")
    SPOKEN = ("aria-label", "title", "placeholder", "alt")

    def __init__(self) -> None:
        super().__init__()
        self.silent: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag in self.SILENT:
            self.silent.append(tag)
        self.words += [value for name, value in attrs if name in self.SPOKEN and value]

    def handle_endtag(self, tag):
        if self.silent and self.silent[-1] == tag:
            self.silent.pop()

    def handle_data(self, data):
        if not self.silent:
            self.words.append(data)


def english_in(html, *written):
    parser = Words()
    parser.feed(html)
    left = [re.sub("|".join(map(re.escape, written)) or "$^", "", words) for words in parser.words]
    left = [WRITTEN.sub("", SAME.sub("", words)).strip() for words in left]
    return [words for words in left if re.search(r"[A-Za-z]{2}", words)]


@pytest.fixture
def person(db):
    user = User.objects.create_superuser("anna@example.org", "correct horse battery", language="zh-hans")
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


@pytest.fixture
def chinese(client, person):
    client.force_login(person)
    confirm_session(client)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "zh-Hans"
    return client


@pytest.mark.parametrize("path", SIGNED_OUT)
def test_a_page_before_signing_in(client, db, path):
    page = client.get(f"/{path}", headers=CHINESE)
    assert page.status_code == 200
    assert '<html lang="zh-hans"' in page.text
    assert english_in(page.text) == []


@pytest.mark.parametrize("path", ACCOUNT + OWN + SITE)
def test_a_page_after_signing_in(chinese, path):
    page = chinese.get(f"/{path}")
    assert page.status_code == 200
    assert '<html lang="zh-hans"' in page.text
    assert english_in(page.text) == []


def test_the_pages_of_a_project(chinese, person):
    project = make_project(person, fields=(CHOICE, SPAN), overlap_max=3)
    settled, doubtful = make_items(project, 2)
    people = decide(settled, "refund", "refund", "refund") + decide(doubtful, "refund", "delivery", "other")
    written = [*(one.display_name for one in people), settled.external_id, doubtful.external_id]
    paths = [f"projects/{project.pk}/{end}" for end in PROJECT] + [f"items/{doubtful.pk}/"]
    left = {}
    for path in paths:
        page = chinese.get(f"/{path}")
        assert page.status_code == 200, path
        left[path] = english_in(page.text, *written)
    assert not {path: words for path, words in left.items() if words}


@pytest.mark.parametrize("template", APPLICATIONS)
def test_the_pages_of_an_application(chinese, person, template):
    project = create_project(owner=person, template=template)
    left = {}
    for end in APPLICATIONS[template]:
        page = chinese.get(f"/projects/{project.pk}/{template}/{end}")
        assert page.status_code == 200, end
        left[end] = english_in(page.text, project.title, *CODES)
    assert not {path: words for path, words in left.items() if words}


def test_the_pages_of_customer_service(chinese, person):
    empty = make_project(person, template="customer-service", funds=0)
    ids = shop(person)
    full = f"projects/{ids['shop']}/customer-service/"
    ends = ["", "pairs/", "unknown/"]
    paths = [f"projects/{empty.pk}/customer-service/{end}" for end in ends] + [full + end for end in ends]
    paths += [f"{full}?conversation={ids['chat']}", f"{full}pairs/{ids['pair']}/", f"{full}pairs/?q=x"]
    paths += [f"{full}unknown/?state={state}" for state in ("making", "task", "answered")]
    written = [*KNOWN, *KNOWN.values(), "Do you sell lamps", "Shop", "tiny-writer"]
    written += Item.objects.filter(project=ids["shop"]).values_list("external_id", flat=True)
    left = {}
    for path in paths:
        page = chinese.get(f"/{path}")
        assert page.status_code == 200, path
        left[path] = english_in(page.text, *written)
    assert not {path: words for path, words in left.items() if words}


def test_a_refusal_speaks_chinese(client, db):
    client.force_login(User.objects.create_user("bob@example.org", "correct horse battery"))
    page = client.get("/projects/new/", headers=CHINESE)
    assert page.status_code == 403
    assert "这需要“需求方”角色" in page.text
    assert english_in(page.text) == []


def test_a_wrong_form_speaks_chinese(client, db):
    form = {"email": "no", "password1": "qwert", "password2": "other"}
    page = client.post("/accounts/signup/", form, headers=CHINESE)
    assert "密码长度太短。密码必须包含至少 10 个字符。" in page.text
    assert english_in(page.text) == []

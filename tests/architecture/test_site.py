import io
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(__file__).resolve().parents[2]
# What the signed-out may open.
OPEN = {
    "home",
    "healthz",
    "readyz",
    "metrics",
    "set_language",
    "api-token",
    "api-schema",
    "api-docs",
    "design",
    "feedback-link",
    "privacy-notice",
    "api-privacy-notice",
    "api-privacy-requests",
    "privacy-new",
    "privacy-sent",
    "certificate-verify",
    "api-certificate-verify",
    "gpc",
    "unsubscribe",
    "account_confirm_email",
    "help",
    "help-topic",
    "help-document",
}
SAMPLE = "00000000-0000-7000-8000-000000000000"


def routes(patterns, prefix=""):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if str(pattern.pattern).startswith(("accounts/", "django-admin/")):
                continue
            yield from routes(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield pattern.name, prefix + str(pattern.pattern)


def concrete(route):
    route = re.sub(r"<uuid:\w+>", SAMPLE, route)
    route = re.sub(r"<int:\w+>", "1", route)
    return "/" + re.sub(r"<(slug:|str:)?\w+>", "nothing", route)


@pytest.mark.django_db
def test_every_page_and_path_refuses_the_signed_out(client):
    answers = {}
    for name, route in routes(get_resolver().url_patterns):
        if name in OPEN:
            continue
        path = concrete(route)
        answers[f"get {route}"] = client.get(path).status_code
        answers[f"post {route}"] = client.post(path, "{}", content_type="application/json").status_code
    wrong = {route: code for route, code in answers.items() if code not in {301, 302, 401, 403, 404, 405}}
    assert len(answers) > 60
    assert not wrong


@pytest.mark.django_db
def test_models_and_migrations_agree():
    out = io.StringIO()
    call_command("makemigrations", "--check", "--dry-run", stdout=out)
    assert "No changes" in out.getvalue()


@pytest.mark.django_db
def test_the_openapi_document_is_made_and_names_the_fixed_paths(client):
    response = client.get("/api/schema/", headers={"Accept": "application/json"})
    assert response.status_code == 200
    document = response.json()
    assert document["openapi"].startswith("3.1")
    for path in (
        "/api/v1/auth/token",
        "/api/v1/projects",
        "/api/v1/projects/{project_id}/claim",
        "/api/v1/catalogue",
        "/api/v1/assignments/{assignment_id}/submit",
        "/api/v1/runs",
        "/api/v1/snapshots",
        "/api/v1/models",
    ):
        assert path in document["paths"], path


def test_no_view_fetches_rows_without_an_access_check():
    files = [*ROOT.glob("*/views.py"), *ROOT.glob("*/api/*.py"), *ROOT.glob("platform/*/views.py")]
    assert files
    assert not [path for path in files if ".objects.get(" in path.read_text()]


def test_templates_hold_no_inline_script_or_style():
    inline = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>|\son\w+=\"|\sstyle=\"")
    found = [path for path in (ROOT / "templates").rglob("*.html") if inline.search(path.read_text())]
    assert not found

"""Every address of the site with an object behind each of its ids, and who is let in where."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

OUTSIDE = ("accounts/", "django-admin/")  # allauth's and Django's own, tested by themselves
# Anybody, signed in or not. A token in the address is the permission.
OPEN = {
    "", "healthz", "readyz", "metrics", "help/", "help/docs/<slug:name>/", "help/<slug:name>/",
    "i18n/setlang/", "api/schema/", "api/docs/", "design/", ".well-known/gpc.json",
    "settings/notifications/stop/<str:token>/", "feedback/<str:token>/",
    "projects/<uuid:project_id>/social-content/why/<str:token>/",
    "projects/<uuid:project_id>/education-grading/learner/<str:token>/",
    "privacy/notice/", "privacy/requests/new/", "privacy/requests/sent/", "privacy/verify/<str:token>/",
    "privacy/r/<str:token>/", "privacy/r/<str:token>/download/", "privacy/r/<str:token>/certificate/",
    "privacy/r/<str:token>/certificate.json", "privacy/certificates/verify/",
    "api/v1/auth/token", "api/v1/privacy/notice", "api/v1/privacy/requests",
    "api/v1/privacy/certificates/verify", "accounts/confirm-email/<str:key>/",
}  # fmt: skip
# Whoever is signed in: what is the person's own, and what everybody may see.
OWN = {
    "first-steps/<slug:role>/away/", "settings/", "settings/tokens/", "settings/notifications/",
    "settings/notifications/preferences/", "settings/time-zone/", "catalogue/", "practice/",
    "qualifications/",
    "earnings/", "earnings/payout/", "earnings/address/", "earnings/statements/<str:month>/",
    "earnings/statements/<str:month>/csv/", "recognition/", "work/", "review/", "applications/",
    "privacy/", "privacy/held/", "privacy/ask/", "privacy/erase/", "privacy/consents/",
    "privacy/consents/say/", "privacy/notice/seen/",
    "api/v1/catalogue", "api/v1/qualifications", "api/v1/practice", "api/v1/me/assignments",
    "api/v1/me/skills", "api/v1/me/measures", "api/v1/auth/tokens", "api/v1/me/notifications",
    "api/v1/me/notifications/read", "api/v1/privacy/notices",
    "api/v1/me/notification-preferences", "api/v1/me/earnings",
    "api/v1/me/payouts", "api/v1/me/payout-address", "api/v1/me/statement", "api/v1/me/statement.csv",
    "api/v1/me/recognition", "api/v1/leaderboard", "api/v1/applications", "api/v1/privacy/consents",
    "api/v1/me", "api/v1/me/data-export",
}  # fmt: skip
# Objects that are open to every person who annotates: projects in the catalogue, tests of skills.
OFFERED = {
    "projects/<uuid:project_id>/label/", "api/v1/projects/<uuid:project_id>/retrained",
    "qualifications/<uuid:qualification_id>/",
    "qualifications/<uuid:qualification_id>/start/", "api/v1/projects/<uuid:project_id>/claim",
    "api/v1/projects/<uuid:project_id>/assignments", "api/v1/qualifications/<uuid:qualification_id>",
    "api/v1/qualifications/<uuid:qualification_id>/start",
    # The workbench asks them as it asks a project; in a trial and in a test they hold nothing.
    "api/v1/tries/<uuid:try_id>/projects/<uuid:again>/claim",
    "api/v1/tries/<uuid:try_id>/projects/<uuid:again>/assignments",
    "api/v1/attempts/<uuid:attempt_id>/projects/<uuid:again>/claim",
    "api/v1/attempts/<uuid:attempt_id>/projects/<uuid:again>/assignments",
}  # fmt: skip
# A site role, whatever the object: requesters in the first, administrators in the second.
REQUESTERS = {
    "projects/", "projects/new/", "projects/sample/", "qualifications/new/", "applications/start/",
    "applications/first-model/",
    "privacy/missed/", "api/v1/projects", "api/v1/schemas:check", "api/v1/privacy/missed",
}  # fmt: skip
ADMINS = {
    "health/", "finance/", "finance/batches/", "training/", "training/live/", "training/snapshots/",
    "training/rules/", "models/", "privacy/notices/", "privacy/notices/publish/", "privacy/register/",
    "privacy/impact-assessment/", "privacy/audit/", "privacy/audit/state/", "privacy/audit/verify/",
    "privacy/audit/export/", "privacy/audit/head/", "privacy/retention/", "privacy/vault/", "privacy/desk/",
    "privacy/desk/new/", "api/v1/payouts", "api/v1/payout-batches", "api/v1/reversals", "api/v1/snapshots",
    "api/v1/runs", "api/v1/recipes", "api/v1/trainers", "api/v1/retrain-rules", "api/v1/models",
    "api/v1/privacy/register", "api/v1/privacy/impact-assessment",
    "api/v1/privacy/audit", "api/v1/privacy/audit/state", "api/v1/privacy/retention",
    "api/v1/privacy/vault-accesses", "api/v1/privacy/desk",
}  # fmt: skip
_PART = re.compile(r"<(?:\w+:)?(\w+)>")
_METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Address:
    route: str
    methods: tuple[str, ...]

    @property
    def parts(self) -> list[str]:
        return _PART.findall(self.route)

    @property
    def kind(self) -> str:
        """Who is let in; "" for an address that names no object and stands in no list."""
        kinds = {"open": OPEN, "own": OWN, "offered": OFFERED, "requester": REQUESTERS, "admin": ADMINS}
        named = next((kind for kind, routes in kinds.items() if self.route in routes), "")
        return named or ("object" if self.parts else "")

    def path(self, value_of: Callable[[str, str], Any]) -> str:
        """`value_of(route, name)` is what stands for the part `name`."""
        return "/" + _PART.sub(lambda found: str(value_of(self.route, found[1])), self.route)


def addresses() -> list[Address]:
    return [Address(route, _methods(pattern)) for route, pattern in _patterns(get_resolver().url_patterns)]


def _patterns(patterns: Any, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for one in patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from () if route in OUTSIDE else _patterns(one.url_patterns, route)
        else:
            yield route, one


def _methods(pattern: URLPattern) -> tuple[str, ...]:
    """Of a REST view those that it has; a page says by itself which it refuses."""
    view = getattr(pattern.callback, "cls", None)
    return tuple(name for name in _METHODS if hasattr(view, name)) if view else ("get", "post")

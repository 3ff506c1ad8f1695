"""What the site is put together from: Django's apps, and what each request passes on its way in."""

from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF

APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "common",
    "accounts",
    "privacy",
    "rewards",
    "tasks_app",
    "annotations",
    "training",
    "applications",
    "applications.customer_service",
    "applications.education_grading",
    "applications.finance_monitor",
    "applications.health_triage",
    "applications.recommendation",
    "applications.social_content",
    "config.apps.SiteConfig",
]

MIDDLEWARE = [
    "config.shortcut.ShortcutForPrograms",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.middleware.SignedInOnce",
    "accounts.zones.InOwnZone",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "privacy.telling.TellReplaced",
    "privacy.gate.NoticeMiddleware",
    "accounts.second_factor.RequireSecondFactor",
    "accounts.going_on.GoOnByPage",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "privacy.middleware.GlobalPrivacyControl",
    "common.charts.ChartFiles",
    "common.web.DomainErrorMiddleware",
]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        # Plotly and the browser's own widgets set style attributes; scripts stay strict.
        "style-src": [SELF, "'unsafe-inline'"],
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}


def templates(folder: Path) -> list[dict[str, Any]]:
    """Django's template settings, with the project's own templates in `folder`."""
    return [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [folder],
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.template.context_processors.i18n",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                    "config.context.site",
                ],
            },
        },
    ]

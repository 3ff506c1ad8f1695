"""How the REST API reads, answers, limits and describes itself."""

from typing import Any

from config import env

DOCUMENT = {
    "TITLE": "Manyhands",
    "DESCRIPTION": "Publish conversations as paid tasks, find the truth, fine-tune, serve.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}


def framework(*, proxies: int) -> dict[str, Any]:
    """Django REST framework's settings behind so many proxies of ours."""
    return {
        "DEFAULT_AUTHENTICATION_CLASSES": [
            "accounts.authentication.TokenAuthentication",
            "accounts.authentication.SessionAuthentication",
        ],
        "DEFAULT_PERMISSION_CLASSES": [
            "rest_framework.permissions.IsAuthenticated",
            "privacy.api.gate.NoticeSeen",
        ],
        "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_CONTENT_NEGOTIATION_CLASS": "common.negotiation.QuickNegotiation",
        "DEFAULT_PAGINATION_CLASS": "common.pagination.ById",
        "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
        "DEFAULT_THROTTLE_RATES": {
            "sign-in": env.text("SIGN_IN_RATE", "60/min"),
            "feedback": env.text("FEEDBACK_RATE", "600/min"),
        },
        "EXCEPTION_HANDLER": "common.web.problem_document",
        # How many proxies add to X-Forwarded-For; what is left of theirs anybody can write there, and would
        # so be counted as somebody else by every limit.
        "NUM_PROXIES": proxies,
        "TEST_REQUEST_DEFAULT_FORMAT": "json",
    }

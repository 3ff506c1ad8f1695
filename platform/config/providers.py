"""Who else may sign people in: providers from the environment, in the shape that allauth reads."""

from collections.abc import Callable
from typing import Any

from config import env


def sign_in_providers() -> dict[str, dict[str, Any]]:
    """Those whose client id is set; none of them is shown, or ever called, otherwise."""
    return {name: found for name, found in _known().items() if found["APPS"]}


def _known() -> dict[str, dict[str, Any]]:
    return {
        "google": {
            "APPS": _app(env.text("GOOGLE_CLIENT_ID"), lambda: env.secret("GOOGLE_CLIENT_SECRET")),
            "SCOPE": ["openid", "email"],
            "OAUTH_PKCE_ENABLED": True,
        },
        "github": {
            "APPS": _app(env.text("GITHUB_CLIENT_ID"), lambda: env.secret("GITHUB_CLIENT_SECRET")),
            "SCOPE": ["user:email"],
        },
        "openid_connect": {"APPS": _oidc(), "OAUTH_PKCE_ENABLED": True},
    }


def _app(client: str, secret: Callable[[], str]) -> list[dict[str, Any]]:
    """The secret is asked for only where the client is named: a missing one is an error then."""
    return [{"client_id": client, "secret": secret()}] if client else []


def _oidc() -> list[dict[str, Any]]:
    """A server of one's own (Keycloak, Authentik, Entra ID), found by its discovery document."""
    apps = _app(env.text("OIDC_CLIENT_ID"), lambda: env.secret("OIDC_CLIENT_SECRET"))
    for app in apps:
        app["provider_id"] = "sso"
        app["name"] = env.text("OIDC_NAME", "OpenID Connect")
        app["settings"] = {"server_url": env.text("OIDC_ISSUER").rstrip("/")}
    return apps

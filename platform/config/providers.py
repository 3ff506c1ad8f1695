"""Who else may sign people in: providers from the environment, in the shape that allauth reads."""

from typing import Any

from config import env


def sign_in_providers() -> dict[str, dict[str, Any]]:
    """Those whose client id is set; none of them is shown, or ever called, otherwise."""
    return {name: found for name, found in _known().items() if found["APPS"]}


def _known() -> dict[str, dict[str, Any]]:
    return {
        "google": {
            "APPS": _app("GOOGLE"),
            "SCOPE": ["openid", "email"],
            "OAUTH_PKCE_ENABLED": True,
        },
        "github": {"APPS": _app("GITHUB"), "SCOPE": ["user:email"]},
        "openid_connect": {"APPS": _oidc(), "OAUTH_PKCE_ENABLED": True},
    }


def _app(name: str) -> list[dict[str, Any]]:
    client = env.text(f"{name}_CLIENT_ID")
    return [{"client_id": client, "secret": env.secret(f"{name}_CLIENT_SECRET")}] if client else []


def _oidc() -> list[dict[str, Any]]:
    """A server of one's own (Keycloak, Authentik, Entra ID), found by its discovery document."""
    apps = _app("OIDC")
    for app in apps:
        app["provider_id"] = "sso"
        app["name"] = env.text("OIDC_NAME", "OpenID Connect")
        app["settings"] = {"server_url": env.text("OIDC_ISSUER").rstrip("/")}
    return apps

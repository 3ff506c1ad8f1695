"""Typed reading of environment variables; every mistake is an ImproperlyConfigured that says what to set."""

import os
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def flag(name: str, default: bool = False) -> bool:
    raw = os.environ.get(name)
    if raw is None:
        return default
    value = raw.strip().lower()
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name}={raw!r} is neither true nor false. Set it to 1 or 0.")


def integer(name: str, default: int) -> int:
    raw = os.environ.get(name, "").strip()
    if not raw:
        return default
    try:
        return int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={raw!r} is not a whole number.") from None


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def secret(name: str, default: str | None = None) -> str:
    """The value of `NAME`, or the content of the file that `NAME_FILE` points at (Docker and Kubernetes)."""
    if path := os.environ.get(f"{name}_FILE"):
        try:
            value = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE={path!r} cannot be read: {error.strerror}.") from None
    else:
        value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"{name} is not set. Set {name}, or {name}_FILE to a file that holds it.")
    return default


def database(name: str) -> dict[str, Any]:
    """Django's settings for `postgresql://user:password@host:port/db?host=/socket/folder`."""
    url = urlsplit(secret(name, ""))
    if url.scheme not in {"postgresql", "postgres"}:
        raise ImproperlyConfigured(
            f"{name} must be a postgresql:// URL. "
            "`python3 manage.py up` starts a PostgreSQL of its own and sets it for you."
        )
    query = {key: values[-1] for key, values in parse_qs(url.query).items()}
    return {
        "ENGINE": "common.postgres",
        "NAME": unquote(url.path.lstrip("/")) or "manyhands",
        "USER": query.pop("user", None) or unquote(url.username or "postgres"),
        "PASSWORD": unquote(url.password or ""),
        "HOST": query.pop("host", None) or url.hostname or "",
        "PORT": str(url.port or query.pop("port", "") or ""),
        "OPTIONS": query,
    }


def broker(redis_url: str) -> str:
    """Celery's spelling of a Redis URL: `unix:///path?db=0` becomes `redis+socket:///path?virtual_host=0`."""
    if not redis_url.startswith("unix://"):
        return redis_url
    url = urlsplit(redis_url)
    number = parse_qs(url.query).get("db", ["0"])[-1]
    return f"redis+socket://{url.path}?virtual_host={number}"


def amounts(name: str, default: str = "") -> dict[str, Decimal]:
    """`USD=8,JPY=1100,*=100`: an amount in whole units for each currency, `*` for those not named."""
    found: dict[str, Decimal] = {}
    for pair in words(name, default):
        currency, _, amount = pair.partition("=")
        try:
            found[currency.strip()] = Decimal(amount.strip())
        except InvalidOperation:
            raise ImproperlyConfigured(f"{name}: {pair!r} is not like USD=8.50.") from None
    return found

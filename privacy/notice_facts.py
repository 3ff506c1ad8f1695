"""What a notice's `{{ variables }}` stand for: the site's settings and what is really configured."""

import re
from collections.abc import Callable

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from common.errors import Invalid, Problem
from privacy import purposes

_VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
# Without these a notice does not say who is responsible (GDPR Art. 13(1)(a)).
REQUIRED = ("CONTROLLER_NAME", "CONTROLLER_ADDRESS", "CONTROLLER_EMAIL")
_OWN_HOSTS = {"", "localhost", "127.0.0.1", "::1"}


def fill(body: str, language: str) -> str:
    """The notice's text in Markdown. Raises Invalid for a variable that does not exist."""
    unknown = sorted(set(_VARIABLE.findall(body)) - VARIABLES.keys())
    if unknown:
        detail = _("There is no variable %(names)s.") % {"names": ", ".join(unknown)}
        raise Invalid(
            detail, code="unknown_variable", problems=[Problem("/body", "unknown_variable", detail)]
        )
    with translation.override(language):
        return _VARIABLE.sub(lambda found: VARIABLES[found[1]](), body)


def missing() -> list[str]:
    """The settings that must be set before a notice can be published."""
    return [name for name in REQUIRED if not getattr(settings, name)]


def _setting(name: str) -> str:
    return getattr(settings, name) or _("[%(name)s is not set]") % {"name": name}


def _processing() -> str:
    head = [_("What"), _("What for"), _("Legal basis")]
    rows = [[str(one.data), str(one.why), str(one.basis)] for one in purposes.PROCESSING]
    return _table([head, *rows])


def _table(rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def _consents() -> str:
    return "\n".join(f"- {purposes.statement_of(one)} {purposes.EFFECTS[one]}" for one in purposes.OPTIONAL)


def recipients() -> list[str]:
    """Who gets data, one sentence each; also for the record of processing activities."""
    found = [_("Payments: the bank that carries them out.")]
    if settings.EMAIL_HOST not in _OWN_HOSTS:
        found.append(_("Mail: the mail server %(host)s.") % {"host": settings.EMAIL_HOST})
    if settings.HUB_TOKEN:
        found.append(
            _("Models, without texts or answers: a model hub, when an administrator puts one there.")
        )
    if settings.DATA_RECIPIENTS:
        found.append(settings.DATA_RECIPIENTS)
    found.append(_("Nobody else. Data is neither sold nor shared for advertising."))
    return found


def _recipients() -> str:
    return "\n".join(f"- {one}" for one in recipients())


def transfers() -> str:
    if settings.DATA_LOCATION:
        return str(settings.DATA_LOCATION)
    return _("Everything is kept on servers of the controller; this site sends nothing to other hosts.")


VARIABLES: dict[str, Callable[[], str]] = {
    "controller": lambda: _setting("CONTROLLER_NAME"),
    "address": lambda: _setting("CONTROLLER_ADDRESS"),
    "email": lambda: _setting("CONTROLLER_EMAIL"),
    "dpo": lambda: settings.DPO_CONTACT or settings.CONTROLLER_EMAIL or _("none is appointed"),
    "representative": lambda: settings.LOCAL_REPRESENTATIVE or _("none is needed"),
    "authority": lambda: settings.SUPERVISORY_AUTHORITY or _("the one where you live or work"),
    "site": lambda: settings.SITE_URL,
    "minimum_age": lambda: str(settings.MINIMUM_AGE),
    "purposes": _processing,
    "consents": _consents,
    "recipients": _recipients,
    "transfers": transfers,
    "retention": lambda: _("Until you close your account; what the books need, as long as the law asks."),
}

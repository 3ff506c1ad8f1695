"""The record of processing activities (GDPR Art. 30, PIPL Art. 55-56), read from what is really configured.

An app above names its activities and safeguards from `AppConfig.ready`; those that all sites have stand in
`privacy/register_own.py`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from privacy import notice_facts


@dataclass(frozen=True, kw_only=True)
class Activity:
    """One row of the record; all words in the active language. settings: (what, how it is set) pairs."""

    name: str
    purpose: str
    basis: str
    subjects: str
    data: str
    recipients: str = ""
    retention: str = ""
    settings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Safeguard:
    """A technical or organisational measure, whether it is there, and what is really set."""

    key: str
    title: str
    present: bool
    note: str = ""


Activities = Callable[[], Iterable[Activity]]
Safeguards = Callable[[], Iterable[Safeguard]]
_activities: dict[str, Activities] = {}
_safeguards: dict[str, Safeguards] = {}


def contribute(
    app: str, *, activities: Activities | None = None, safeguards: Safeguards | None = None
) -> None:
    """From `AppConfig.ready`. The same app again replaces what it said before."""
    if activities is not None:
        _activities[app] = activities
    if safeguards is not None:
        _safeguards[app] = safeguards


def all_activities() -> list[Activity]:
    return [one for source in _activities.values() for one in source()]


def all_safeguards() -> list[Safeguard]:
    return [one for source in _safeguards.values() for one in source()]


def controller() -> list[tuple[str, str]]:
    """Who answers for it (Art. 30(1)(a)), and where the data is (d, e)."""
    unset = _("not set")
    return [
        (_("Controller"), settings.CONTROLLER_NAME or unset),
        (_("Address"), settings.CONTROLLER_ADDRESS or unset),
        (_("Contact"), settings.CONTROLLER_EMAIL or unset),
        (_("Data protection officer"), settings.DPO_CONTACT or unset),
        (_("Recipients"), "; ".join(notice_facts.recipients())),
        (_("Place and transfers"), notice_facts.transfers()),
    ]


COLUMNS = ("name", "purpose", "basis", "subjects", "data", "recipients", "retention")


def as_json() -> dict[str, Any]:
    return {
        "controller": dict(controller()),
        "activities": [
            {name: getattr(one, name) for name in COLUMNS} | {"settings": dict(one.settings)}
            for one in all_activities()
        ],
        "safeguards": [
            {"key": one.key, "title": one.title, "present": one.present, "note": one.note}
            for one in all_safeguards()
        ],
    }

"""A project's `qualification` as it is sent and kept: {"requires": ["<id>", …]}, or null."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from common.errors import Problem
from tasks_app.models import Qualification


def check_qualification(asked: Any) -> tuple[dict[str, Any] | None, list[Problem]]:
    """What is to be kept, and what is wrong with it by pointers under /qualification."""
    if asked is None:
        return None, []
    if not isinstance(asked, dict) or set(asked) - {"requires"}:
        return None, [
            Problem(
                "/qualification", "shape", _('Give {"requires": [ids of qualifications]}, or null for none.')
            )
        ]
    wanted = asked.get("requires")
    if not isinstance(wanted, list):
        return None, [Problem("/qualification/requires", "list", _("Give a list of ids of qualifications."))]
    ids = [_uuid(one) for one in wanted]
    known = set(Qualification.objects.filter(pk__in=[pk for pk in ids if pk]).values_list("pk", flat=True))
    problems = [
        Problem(f"/qualification/requires/{n}", "unknown", _("There is no qualification with this id."))
        for n, pk in enumerate(ids)
        if pk not in known
    ]
    kept = list(dict.fromkeys(str(pk) for pk in ids if pk in known))
    return ({"requires": kept} if kept else None), problems


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def is_uuid(value: Any) -> bool:
    return _uuid(value) is not None

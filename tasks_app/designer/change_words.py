"""What changed between two sets of fields, in words for people."""

from collections.abc import Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tasks_app.designer.comparing import Change

_EFFECTS: dict[str, Promise] = {
    "new": _("Older answers have no value for it; agreement on it begins with this version."),
    "gone": _(
        "It is not asked any more. Values that were given stay in their answers and in exports of all."
    ),
    "looks": _("Only what people read has changed. Every answer keeps its meaning."),
    "wider": _(
        "Older answers fit as they are, but their authors did not have the new labels to choose from."
    ),
    "narrower": _("Some older answers may not fit any more. They keep their version and are not changed."),
    "other": _("It is another kind of question now: older values cannot be read as new ones."),
}
_KINDS: dict[str, Promise] = {
    "added": _("added"),
    "removed": _("removed"),
    "changed": _("changed"),
    "moved": _("moved"),
}


def in_words(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """For `tasks_app/_changes.html`."""
    return [{"change": one, "words": _EFFECTS[one.effect], "kind": _KINDS[one.kind]} for one in changes]

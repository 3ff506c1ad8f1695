"""What a version gives away about those whose words it learned: for card, pages, REST and the gate."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from common.errors import Conflict
from training.models import ModelVersion

Report = Mapping[str, Any]
WRITES = "text"


def membership_of(report: Report | None) -> dict[str, Any] | None:
    """{auc, interval, tpr, …} of engine/memorisation/membership.py; None where it was not measured."""
    found: dict[str, Any] | None = ((report or {}).get("memorisation") or {}).get("membership")
    return found


def canaries_of(report: Report | None) -> dict[str, Any] | None:
    """{count, exposures, mean, …} of engine/memorisation/canaries.py; None where none were planted."""
    found: dict[str, Any] | None = ((report or {}).get("memorisation") or {}).get("canaries")
    return found


def could_say_a_canary(version: ModelVersion) -> bool:
    """Whether a planted string could come out in an answer: only a model that writes can say one."""
    return version.model.head == WRITES and canaries_of(version.run.report) is not None


def refuse_canaries(version: ModelVersion) -> None:
    """Conflict for a version that could say a planted string; no reason opens that."""
    if could_say_a_canary(version):
        raise Conflict(
            _("Version %d was trained to test what it learns by heart: made-up strings could come out in its "
              "answers. Train it again without the test.") % version.number,
            code="canaries",
        )  # fmt: skip


def hundredths(share: float) -> int:
    return round(100 * share)


def figures(report: Report | None) -> dict[str, Any]:
    """What REST tells with a version: {epsilon, delta, unit, membership_auc, membership_tpr, exposure}."""
    privacy, member, planted = (report or {}).get("privacy"), membership_of(report), canaries_of(report)
    return {
        **{key: privacy[key] if privacy else None for key in ("epsilon", "delta", "unit")},
        "membership_auc": member["auc"] if member else None,
        "membership_tpr": member["tpr"] if member else None,
        "exposure": planted["mean"] if planted else None,
    }

"""Which erasures there were since a version was trained: on its card, on its page, and in REST."""

from functools import partial
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from training import cards
from training.models import ModelErasure, ModelVersion

Action, Retraining = ModelErasure.Action, ModelErasure.Retraining


def erasures_json(version: ModelVersion) -> list[dict[str, Any]]:
    """Oldest first: [{at, action, legal_ground, items, through, retraining, run}]. Names nobody, and
    no request either: by that it could be looked up whose it was."""
    return [
        {
            "at": row.at.isoformat(),
            "action": row.action,
            "legal_ground": row.legal_ground,
            "items": row.items,
            "through": row.through.number if row.through else None,
            "retraining": row.retraining,
            "run": str(row.run_id) if row.run_id else None,
        }
        for row in version.erasures.select_related("through").order_by("at")
    ]


def renew_card(version: ModelVersion) -> None:
    """Write the card anew, with what was erased since; the copy beside the weights follows on commit."""
    version.refresh_from_db(fields=["card_data", "card"])
    version.card_data["erasures"] = erasures_json(version)
    version.card = cards.render(version.card_data)
    version.save(update_fields=["card_data", "card"])
    transaction.on_commit(partial(_write, version))


def _write(version: ModelVersion) -> None:
    if version.folder.exists():
        (version.folder / "README.md").write_text(version.card, encoding="utf-8")


def lines_of(version: ModelVersion) -> list[dict[str, Any]]:
    """For the page: each erasure with its words."""
    return [
        {"row": row, "words": _words(row), "retraining": _retraining(row)}
        for row in version.erasures.select_related("through", "run").order_by("at")
    ]


def _words(row: ModelErasure) -> str:
    words = {
        Action.QUARANTINE: _("in quarantine: it answers nobody and cannot be promoted"),
        Action.RETRAIN: _("in quarantine, and trained again without the data"),
        Action.KEEP: _("kept on a legal ground"),
        Action.ANONYMISED: _("answers stayed as nobody's; the version is as it was"),
    }
    return words[Action(row.action)]


def _retraining(row: ModelErasure) -> str:
    words = {
        Retraining.NONE: "",
        Retraining.WANTED: _("a run without the data is about to be queued"),
        Retraining.RUNNING: _("a run without the data is queued or at work"),
        Retraining.PROMOTED: _("the version trained without the data was promoted by the gate"),
        Retraining.CANDIDATE: _(
            "the version trained without the data waits: the gate did not let it through"
        ),
        Retraining.FAILED: _("no version could be trained without the data"),
    }
    return words[Retraining(row.retraining)]

"""What a model reads beside the text of an item: the candidates of a ranking."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from common.errors import Invalid, Problem
from training.models import Model

Payload = dict[str, Any]


def complete(model: Model, payloads: Sequence[Payload]) -> list[Payload]:
    """The payloads with all that `model` reads. Raises Invalid with pointers to what is missing."""
    if model.head == "rank":
        _require_candidates(payloads)
    return list(payloads)


def _require_candidates(payloads: Sequence[Payload]) -> None:
    detail = _("A ranking needs candidates to put in order.")
    problems = [
        Problem(f"/items/{index}/candidates", "required", detail)
        for index, payload in enumerate(payloads)
        if not payload.get("candidates")
    ]
    if problems:
        raise Invalid(_("Some of the items cannot be read."), problems=problems)

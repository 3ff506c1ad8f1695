"""What a model got wrong, before people again: it may be the truth that is wrong."""

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from annotations.services.sending_back import SentBack, send_back
from common.errors import Invalid, Problem
from training.mistakes import wrong_items
from training.models import Run

MOST_AT_ONCE = 200


def send_mistakes_back(
    *, run: Run, item_ids: Sequence[UUID], actor: User, ask_again: bool = False
) -> SentBack:
    """Send test items that the run's model got wrong to a reviewer (and first to one more annotator).

    The run, its snapshot and every figure stay what they are: a new truth counts from the next snapshot.
    Raises Invalid for items that the run did not get wrong.
    """
    if not 1 <= len(item_ids) <= MOST_AT_ONCE:
        detail = _("Choose 1 to %d items.") % MOST_AT_ONCE
        raise Invalid(detail, problems=[Problem("/items", "length", detail)])
    wrong = wrong_items(run)
    if problems := [
        Problem(f"/items/{index}", "not_wrong", _("This run did not get this item wrong."))
        for index, item_id in enumerate(item_ids)
        if item_id not in wrong
    ]:
        raise Invalid(_("Some of these items are no errors of this run."), problems=problems)
    return send_back(
        project=run.project, field=run.field, item_ids=item_ids, actor=actor, ask_again=ask_again
    )

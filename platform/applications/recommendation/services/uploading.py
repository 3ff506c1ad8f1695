"""A file of items or interactions, in batches. Sent again after an interruption, it adds what is left."""

from collections.abc import Callable, Iterable
from itertools import islice

from django.utils.translation import gettext as _

from accounts.models import User
from applications.recommendation.mixing.reading import Line, lines_of
from applications.recommendation.services.catalogue import MOST_AT_ONCE, Pushed, push_items
from applications.recommendation.services.interactions import push_interactions
from common.errors import Invalid, Problem, TooLarge
from tasks_app.models import Project

MOST_BYTES = 50 * 2**20
ITEMS, INTERACTIONS = "items", "interactions"
_PUSH: dict[str, Callable[..., Pushed]] = {ITEMS: push_items, INTERACTIONS: push_interactions}


def push_file(*, project: Project, kind: str, name: str, chunks: Iterable[bytes], actor: User) -> Pushed:
    """kind: ITEMS or INTERACTIONS. name: of the file; .csv is CSV, all else JSON Lines."""
    content = b"".join(chunks)
    if len(content) > MOST_BYTES:
        raise TooLarge(_("The file is too large: at most %d MB.") % (MOST_BYTES // 2**20))
    lines = iter(lines_of(content, name))
    whole = Pushed()
    while batch := list[Line](islice(lines, MOST_AT_ONCE)):
        done = _PUSH[kind](project=project, lines=batch, actor=actor)
        whole.created += done.created
        whole.updated += done.updated
        whole.unchanged += done.unchanged
        whole.problems += done.problems
    if not (whole.created or whole.updated or whole.unchanged or whole.problems):
        detail = _("The file is empty.")
        raise Invalid(detail, problems=[Problem("", "empty", detail)])
    return whole

"""Messages that a person has to look at."""

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import User
from applications.health_triage.models import AbstainedCase
from applications.health_triage.queueing import MOST_AT_ONCE, import_cases
from common.errors import Invalid, Problem
from tasks_app.models import Project


def make_tasks(*, project: Project, case_ids: Sequence[UUID], actor: User) -> list[AbstainedCase]:
    """Have people decide these messages, through the project's import. Those that are tasks already stay.

    Raises Conflict where the project takes no more items, Invalid for none or too many at once.
    """
    if not 1 <= len(case_ids) <= MOST_AT_ONCE:
        detail = _("Choose 1 to %d messages at a time.") % MOST_AT_ONCE
        raise Invalid(detail, problems=[Problem("/cases", "length", detail)])
    import_cases(project, case_ids, actor)
    return list(AbstainedCase.objects.filter(project=project, pk__in=case_ids).order_by("pk"))

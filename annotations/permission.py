"""What may be exported and learned from, by the will of those concerned: the same answer for both.

An item is left out when its import said that there is no consent, or while somebody who occurs in it has it
restricted. An answer is left out when its author took the consent back (or never gave it, where that is
needed), or has their data restricted. A value that rests on nothing but such answers is left out with them.
"""

from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.expressions import RawSQL

from accounts.models import User
from annotations.models import Answer, Consensus
from privacy.models import SharingOptOut
from privacy.services.consents import Purpose, people_left_out, people_refusing
from tasks_app.models import Project

# Of the values that nobody decided by hand: those to which a silent person's answer counted, and no other
# person's answer says the same. `silent` is the parameter for the list of ids; it occurs twice.
RESTS_ON_SILENT = """
{row}.state <> 'corrected'
AND EXISTS (SELECT 1 FROM annotations_answer s WHERE s.item_id = {row}.item_id AND NOT s.extra
            AND s.state <> 'rejected' AND s.worker_id = ANY({silent}::uuid[]))
AND NOT EXISTS (SELECT 1 FROM annotations_answer o WHERE o.item_id = {row}.item_id AND NOT o.extra
                AND NOT o.held AND o.state <> 'rejected' AND NOT o.worker_id = ANY({silent}::uuid[])
                AND o.value -> {row}.field = {row}.value)
"""
_FORBIDDEN = f"""
SELECT c.id FROM annotations_consensus c
WHERE c.project_id = %s AND {RESTS_ON_SILENT.format(row="c", silent="%s")}
"""  # noqa: S608 - constants of ours


def silent_people(project_id: UUID) -> list[UUID]:
    """Those who answered in the project and whose answers are left out, in the order of their ids."""
    said = Answer.objects.filter(project=project_id)
    if settings.ANSWERS_NEED_CONSENT:
        silent = people_left_out(set(said.values_list("worker_id", flat=True).distinct()))
    else:
        refusing = people_refusing(Purpose.TRAINING)
        silent = set(said.filter(worker__in=refusing).values_list("worker_id", flat=True))
    restricted = User.objects.filter(restricted_at__isnull=False)
    return sorted(silent | set(said.filter(worker__in=restricted).values_list("worker_id", flat=True)))


def opted_out_people(project_id: UUID) -> list[UUID]:
    """Those who answered in the project and have opted out of sale and sharing: not passed on to others."""
    opted_out = SharingOptOut.objects.filter(account__isnull=False).values("account")
    said = Answer.objects.filter(project=project_id, worker__in=opted_out)
    return list(said.values_list("worker_id", flat=True).distinct())


def usable(rows: QuerySet[Consensus], project: Project) -> QuerySet[Consensus]:
    """Of these values of one project those that may be learned from."""
    rows = rows.filter(item__restricted=False).exclude(item__consent=False)
    silent = silent_people(project.pk)
    if not silent:
        return rows
    forbidden = RawSQL(_FORBIDDEN, [project.pk, silent, silent])  # noqa: S611 - a constant of ours
    return rows.exclude(pk__in=forbidden)


def heard_by_silent(project: Project) -> Exists | None:
    """For a query of values: whether a silent person's answer went into it. None where nobody is silent."""
    silent = silent_people(project.pk)
    if not silent:
        return None
    return Exists(Answer.objects.filter(item=OuterRef("item_id"), worker__in=silent))

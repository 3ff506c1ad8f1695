"""The owner's word on how the answers to a field are weighed."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from annotations.aggregation.families import family
from annotations.aggregation.inference import METHODS
from annotations.models import FieldFit
from common import audit
from common.errors import Conflict, Invalid, NotFound
from tasks_app import selectors
from tasks_app.models import Project


@transaction.atomic
def fix_method(*, project: Project, field: str, method: str, actor: User) -> None:
    """Weigh the answers to `field` by `method` from the next fit on; "" leaves it to gold and the default.

    The fit is marked as due. Items that a person decided, or that were settled, stay as they are.
    """
    shape = next((one for one in selectors.current_fields(project) if one.name == field), None)
    if shape is None:
        raise NotFound(_("This project has no such field."))
    if not family(shape.method).has_methods:
        raise Invalid(_("There is only one way to weigh answers of this kind."), method="one_way")
    if method and method not in METHODS:
        raise Invalid(_("Choose one of: %(methods)s.") % {"methods": ", ".join(METHODS)}, method="unknown")
    changed = FieldFit.objects.filter(project=project, field=field).update(fixed_method=method, answers=0)
    if not changed:
        raise Conflict(_("Nobody has answered yet; a method can be fixed once there are answers."))
    audit.record("consensus.method_fixed", project, actor=actor.pk, field=field, method=method)

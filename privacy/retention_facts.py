"""How long things are kept, as far as rules say it."""

from django.utils.translation import gettext as _

from privacy.models import RetentionRule


def rules_in_force() -> int:
    """How many retention rules are switched on."""
    return RetentionRule.objects.filter(is_on=True).count()


def stated() -> str:
    count = rules_in_force()
    if count:
        return _("by %(n)s retention rules") % {"n": count}
    return _("until erasure is asked for or the account ends; no retention rule is in force")

"""The third step of a new project: the rules and the pay, a part of all its settings."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tasks_app.forms import ProjectForm
from tasks_app.models import Project
from tasks_app.services.designing import MOST_PILOT_ITEMS

WORK = ("title", "instructions", "languages_text")
PAY = ("reward", "overlap_min", "overlap_max")
PEOPLE = ("visibility", "requires", "lease_seconds", "max_per_person")
CARE = ("gold_share", "sample_check_share", "privacy_policy")
_KEPT = {*WORK, *PAY, *PEOPLE, *CARE}
_PILOT = 10


class RulesForm(ProjectForm):
    """What most projects decide; the settings page has the rest, each with a value that works."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in [name for name in self.fields if name not in _KEPT]:
            del self.fields[name]


class EstimateForm(forms.ModelForm[Project]):
    """The pay and overlap as they stand in the form while somebody types; what is wrong is not looked at."""

    reward = forms.DecimalField(min_value=0, max_value=100_000, decimal_places=4)

    class Meta:
        model = Project
        fields = ("overlap_min", "overlap_max")


class PilotForm(forms.Form):
    items = forms.IntegerField(
        label=_("Items in the pilot"),
        min_value=1,
        max_value=MOST_PILOT_ITEMS,
        initial=_PILOT,
        help_text=_("They are asked and paid like all others; the rest waits until you go on."),
    )

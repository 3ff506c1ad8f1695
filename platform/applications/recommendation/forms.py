from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from applications.recommendation.services.publishing import MOST
from applications.recommendation.services.uploading import INTERACTIONS, ITEMS
from applications.recommendation.taste import LONGEST


class AskForm(forms.Form):
    """For whom a list is made: by what they did, or by what they say."""

    person = forms.CharField(
        label=_("Person"), max_length=200, required=False,
        help_text=_("The name or number that your own books have; it is not kept."),
    )  # fmt: skip
    interests = forms.CharField(
        label=_("Or what somebody likes, in their words"), max_length=LONGEST, required=False,
        help_text=_("For people of whom nothing is known yet."),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if bool(found.get("person")) == bool(found.get("interests")):
            raise forms.ValidationError(_("Name a person, or say what somebody likes: one of the two."))
        return found


class UploadForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("What it holds"),
        choices=[(ITEMS, _("Catalogue items")), (INTERACTIONS, _("Interactions"))],
    )
    file = forms.FileField(label=_("File"), help_text=_("JSON Lines, or CSV with a header; up to 50 MB."))


class MixtureForm(forms.Form):
    diversity_percent = forms.IntegerField(
        label=_("Diversity, %"), min_value=0, max_value=100,
        help_text=_("0: by score alone. More: a list of different things."),
    )  # fmt: skip


class TasksForm(forms.Form):
    count = forms.IntegerField(label=_("Pairs"), min_value=1, max_value=MOST, initial=50)

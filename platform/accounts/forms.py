from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class ProfileForm(forms.ModelForm[User]):
    class Meta:
        model = User
        fields = ["display_name", "language"]
        labels = {"display_name": _("Name that others see"), "language": _("Language")}


class TokenForm(forms.Form):
    name = forms.CharField(label=_("What is it for?"), max_length=80)
    scope = forms.ChoiceField(
        label=_("What may it do?"),
        choices=[("full", _("Everything that I may")), ("predict", _("Only ask models and give feedback"))],
    )

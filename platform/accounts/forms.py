import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import LANGUAGE_CODE, User
from accounts.services.preferences import Mail, Topic, Wish
from accounts.zones import zone_names


class ProfileForm(forms.ModelForm[User]):
    languages = forms.CharField(
        label=_("Languages that you read well"),
        required=False,
        max_length=200,
        help_text=_("Their codes. You are given texts in these languages only; left empty, in any language."),
    )

    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        choices=lambda: [("", _("as the browser says")), *((name, name) for name in zone_names())],
    )

    class Meta:
        model = User
        fields = ["display_name", "language", "time_zone"]
        labels = {"display_name": _("Name that others see"), "language": _("Language")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["languages"] = ", ".join(self.instance.languages)

    def clean_languages(self) -> list[str]:
        found = [one.strip() for one in self.cleaned_data["languages"].replace(";", ",").split(",")]
        codes = list(dict.fromkeys(one for one in found if one))
        if wrong := [one for one in codes if not re.match(LANGUAGE_CODE, one) or len(one) > 10]:
            raise forms.ValidationError(
                _("No language code: %(codes)s. Write for example en, zh."),
                params={"codes": ", ".join(wrong)},
            )
        return codes

    def save(self, commit: bool = True) -> User:
        self.instance.languages = self.cleaned_data["languages"]
        # Nothing else: a password that is set, or an account that ends at the same moment, stays so.
        self.instance.save(update_fields=["display_name", "language", "time_zone", "languages"])
        return self.instance


class PreferencesForm(forms.Form):
    """For each topic: on the site or not, and how by mail."""

    def __init__(self, wishes: dict[Topic, Wish], data: Any = None) -> None:
        super().__init__(data)
        for topic, wish in wishes.items():
            self.fields[f"{topic}-in_app"] = forms.BooleanField(required=False, initial=wish.in_app)
            self.fields[f"{topic}-mail"] = forms.ChoiceField(choices=Mail.choices, initial=wish.mail)

    def rows(self) -> list[dict[str, Any]]:
        return [
            {"label": topic.label, "in_app": self[f"{topic}-in_app"], "mail": self[f"{topic}-mail"]}
            for topic in Topic
        ]

    def wishes(self) -> dict[Topic, Wish]:
        data = self.cleaned_data
        return {topic: Wish(data[f"{topic}-in_app"], data[f"{topic}-mail"]) for topic in Topic}


class TokenForm(forms.Form):
    name = forms.CharField(label=_("What is it for?"), max_length=80)
    scope = forms.ChoiceField(
        label=_("What may it do?"),
        choices=[("full", _("Everything that I may")), ("predict", _("Only ask models and give feedback"))],
    )

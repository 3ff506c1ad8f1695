import json
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class DecisionForm(forms.Form):
    """A reviewer's decision on one consensus. `value` is JSON: one of the answers, or one's own."""

    action = forms.ChoiceField(choices=[("approve", ""), ("correct", ""), ("reject", "")])
    reason = forms.CharField(max_length=500, required=False)
    value = forms.CharField(required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("action") == "reject" and not data.get("reason", "").strip():
            self.add_error("reason", _("Say why: the annotators read it."))
        if data.get("action") == "correct":
            try:
                data["value"] = json.loads(data.get("value", ""))
            except json.JSONDecodeError as error:
                self.add_error("value", _("Not JSON: %(why)s.") % {"why": error.msg})
        return data


class AppealForm(forms.Form):
    text = forms.CharField(
        label=_("What do you think was right about it?"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class AppealDecisionForm(forms.Form):
    uphold = forms.TypedChoiceField(choices=[("1", ""), ("0", "")], coerce=lambda raw: raw == "1")
    reason = forms.CharField(max_length=500, required=False)

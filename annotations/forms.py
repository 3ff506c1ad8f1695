import json
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _


class DecisionForm(forms.Form):
    """A reviewer's decision on one consensus. `value` is JSON: one of the answers, or one's own."""

    action = forms.ChoiceField(choices=[("approve", ""), ("correct", ""), ("reject", "")])
    reason = forms.CharField(max_length=500, required=False)
    code = forms.CharField(max_length=40, required=False)
    passage = forms.CharField(max_length=500, required=False)
    answers = forms.TypedMultipleChoiceField(coerce=UUID, required=False)
    value = forms.CharField(required=False)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        # Which answers there are is the service's to know; here they only have to be ids.
        given = data.getlist("answers") if data is not None and hasattr(data, "getlist") else []
        self.fields["answers"].choices = [(one, one) for one in given]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        named = data.get("code") not in {None, "", "other"}
        if data.get("action") == "reject" and not named and not data.get("reason", "").strip():
            self.add_error("reason", _("Say why: the annotators read it."))
        if data.get("action") == "correct":
            try:
                data["value"] = json.loads(data.get("value", ""))
            except json.JSONDecodeError as error:
                self.add_error("value", _("Not JSON: %(why)s.") % {"why": error.msg})
        return data


class ResolveForm(forms.Form):
    side = forms.ChoiceField(choices=[("first", ""), ("second", "")])


class AppealForm(forms.Form):
    text = forms.CharField(
        label=_("What do you think was right about it?"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class AppealDecisionForm(forms.Form):
    uphold = forms.TypedChoiceField(choices=[("1", ""), ("0", "")], coerce=lambda raw: raw == "1")
    reason = forms.CharField(max_length=500, required=False)


class MeasureForm(forms.Form):
    kind = forms.ChoiceField(choices=[(one, "") for one in ("message", "retrain", "ban", "clear")])
    reason = forms.CharField(max_length=500, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("kind") != "clear" and not data.get("reason", "").strip():
            self.add_error("reason", _("Say why: the person is shown this."))
        return data


class MeasureDecisionForm(forms.Form):
    lift = forms.TypedChoiceField(choices=[("1", ""), ("0", "")], coerce=lambda raw: raw == "1")
    reason = forms.CharField(max_length=500, required=False)

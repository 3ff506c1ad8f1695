import json
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from tasks_app.models import Project, Qualification

_MONO = {"rows": 8, "spellcheck": "false", "class": "mono"}


class QualificationForm(forms.ModelForm[Qualification]):
    fields_json = forms.CharField(
        label=_("Answer fields (JSON)"),
        widget=forms.Textarea(attrs=_MONO),
        help_text=_("As in a project's settings."),
    )
    items_json = forms.CharField(
        label=_("Questions (JSON)"),
        widget=forms.Textarea(attrs={**_MONO, "rows": 14}),
        help_text=_(
            'A list such as {"part": "exam" or "training", "text" or "turns": …, "answer": {…}, '
            '"explanation": "…"}.'
        ),
    )
    earn_json = forms.CharField(
        label=_("Earned by work (JSON)"),
        required=False,
        widget=forms.Textarea(attrs={**_MONO, "rows": 2}),
        help_text=_('Of the kind “earned”: {"project": id, "field": name, "accuracy": 0.9, "answers": 50}.'),
    )

    class Meta:
        model = Qualification
        fields = [
            "title",
            "kind",
            "instructions",
            "pass_mark",
            "items_per_attempt",
            "time_limit",
            "retry_delay",
            "valid_for",
        ]
        labels = {
            "title": _("Title"),
            "kind": _("How people come by it"),
            "instructions": _("Instructions (Markdown)"),
            "pass_mark": _("Passed at a score of"),
            "items_per_attempt": _("Questions in one exam"),
            "time_limit": _("Seconds for an exam"),
            "retry_delay": _("Seconds until the next try"),
            "valid_for": _("Seconds that it lasts"),
        }
        help_texts = {
            "pass_mark": _("0.8 is 80 %."),
            "items_per_attempt": _("0 asks all of them."),
            "time_limit": "",
            "retry_delay": _("86400 is a day."),
            "valid_for": _("Empty: for good."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            ("exam", _("exam")),
            ("training", _("training")),
            ("granted", _("given by hand")),
            ("skill", _("earned by work in another project")),
        ]
        self.fields["valid_for"].required = False

    def clean_fields_json(self) -> Any:
        return _json(self.cleaned_data["fields_json"])

    def clean_items_json(self) -> Any:
        return _json(self.cleaned_data["items_json"])

    def clean_earn_json(self) -> Any:
        return _json(self.cleaned_data["earn_json"] or "null")

    def settings(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        names = {"fields_json": "fields", "items_json": "items", "earn_json": "earn"}
        return {names.get(name, name): value for name, value in data.items()}


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise forms.ValidationError(
            _("Not JSON: line %(line)s, column %(column)s: %(why)s."),
            params={"line": error.lineno, "column": error.colno, "why": error.msg},
        ) from None


class HolderForm(forms.Form):
    worker = forms.CharField(
        label=_("E-mail address of the person, or the name in this list"), max_length=254
    )
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)


class FromGoldForm(forms.Form):
    project = forms.ModelChoiceField(label=_("Project"), queryset=Project.objects.none())
    part = forms.ChoiceField(label=_("As"), choices=[("exam", _("exam")), ("training", _("training"))])

    def __init__(self, *args: Any, owner: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["project"].queryset = Project.objects.filter(owner=owner)  # type: ignore[attr-defined]

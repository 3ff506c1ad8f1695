from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class QuestionForm(forms.Form):
    title = forms.CharField(label=_("Title"), max_length=200)
    text = forms.CharField(label=_("Question"), max_length=5_000, widget=forms.Textarea(attrs={"rows": 3}))
    reference = forms.CharField(
        label=_("Reference answer"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Each sentence is a point. Weights are set through the API."),
    )  # fmt: skip
    max_score = forms.IntegerField(label=_("Highest score"), min_value=1, max_value=1_000, initial=4)
    language = forms.ChoiceField(
        label=_("Language of the feedback"), choices=[("en", "English"), ("zh", "中文")]
    )


class HandInForm(forms.Form):
    learner = forms.CharField(
        label=_("Learner"), max_length=200, help_text=_("Only a digest is kept: no name can be read from it.")
    )
    text = forms.CharField(
        label=_("Answer"), max_length=5_000, required=False, strip=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip


class DecideForm(forms.Form):
    """`what`: accept takes everything as it is proposed; change takes what stands in the form."""

    what = forms.ChoiceField(choices=[("accept", ""), ("change", "")])
    round = forms.IntegerField(min_value=0)
    score = forms.IntegerField(required=False)
    feedback = forms.CharField(required=False, max_length=5_000, strip=False)

    def __init__(self, *args: Any, points: int, **options: Any) -> None:
        super().__init__(*args, **options)
        numbers = [(str(number), str(number)) for number in range(points)]
        self.fields["missing"] = forms.TypedMultipleChoiceField(coerce=int, required=False, choices=numbers)


class ObjectionForm(forms.Form):
    reason = forms.CharField(
        label=_("What do you disagree with?"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 3})
    )


class ReleaseForm(forms.Form):
    is_on = forms.BooleanField(label=_("Release sure answers without a teacher"), required=False)
    far = forms.FloatField(
        label=_("Share that may be off by two or more"), min_value=0.001, max_value=0.5, initial=0.05
    )
    kappa = forms.FloatField(
        label=_("Least agreement (quadratic weighted kappa)"), min_value=0, max_value=0.99, initial=0,
        help_text=_("0 for any."),
    )  # fmt: skip

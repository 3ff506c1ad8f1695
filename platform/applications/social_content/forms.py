from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class ReaderForm(forms.Form):
    interests = forms.CharField(
        label=_("Interests"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("In their own words. Left empty, posts come by time alone."),
    )
    diversity = forms.FloatField(
        label=_("Diversity"), required=False, min_value=0, max_value=1, initial=0,
        help_text=_("0 orders by the mark alone; towards 1, posts that resemble each other move apart."),
    )  # fmt: skip
    profiling = forms.BooleanField(label=_("May be profiled"), required=False, initial=True)


class PostForm(forms.Form):
    text = forms.CharField(
        label=_("A post to try"), max_length=4000, widget=forms.Textarea(attrs={"rows": 2})
    )


class FloorForm(forms.Form):
    wanted = forms.FloatField(
        label=_("Safe share of what is shown, at least"), min_value=50, max_value=99.99,
        help_text=_("In percent, such as 95 or 99."),
    )  # fmt: skip
    confidence = forms.FloatField(
        label=_("Confidence"), min_value=50, max_value=99.99,
        help_text=_("In percent: how sure the promise is to be."),
    )  # fmt: skip


class DecideForm(forms.Form):
    label = forms.CharField(max_length=60)
    reason = forms.CharField(label=_("Reason"), max_length=500)
    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class ObjectionForm(forms.Form):
    words = forms.CharField(
        label=_("Why should it be shown?"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4})
    )


def shares(form: FloorForm) -> dict[str, Any]:
    return {name: form.cleaned_data[name] / 100 for name in ("wanted", "confidence")}

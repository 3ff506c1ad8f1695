from django import forms
from django.utils.translation import gettext_lazy as _


class QuestionForm(forms.Form):
    text = forms.CharField(label=_("Your question"), max_length=5_000, widget=forms.Textarea({"rows": 2}))


class PairForm(forms.Form):
    question = forms.CharField(label=_("Question"), max_length=5_000, widget=forms.Textarea({"rows": 2}))
    answer = forms.CharField(label=_("Answer"), max_length=5_000, widget=forms.Textarea({"rows": 3}))


class PairChangeForm(PairForm):
    is_on = forms.BooleanField(label=_("Answers customers"), required=False)


class PairsFileForm(forms.Form):
    file = forms.FileField(label=_("CSV or JSON with “question” and “answer”"))


class RatingForm(forms.Form):
    rating = forms.IntegerField(min_value=1, max_value=5)

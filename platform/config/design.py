"""Made-up figures for the component page (/design/): what each component is given there."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from config import contrast

SAMPLE: dict[str, Any] = {
    "crumbs": [("Projects", "#"), ("Customer service", "")],
    "tabs": [
        {"title": "Overview", "href": "#", "current": True},
        {"title": "Items", "href": "#", "count": 240},
        {"title": "Review", "href": "#", "count": 7},
    ],
    "steps": [
        {"title": "Task", "href": "#", "state": "done"},
        {"title": "Fields", "href": "#", "state": "current"},
        {"title": "Quality", "state": ""},
        {"title": "Budget", "state": ""},
    ],
    "columns": [
        {"title": "Label"},
        {"title": "precision", "numeric": True},
        {"title": "F1", "numeric": True},
        {"title": "State"},
    ],
    "rows": [
        [
            {"text": "question", "href": "#"},
            {"text": "0.884", "numeric": True},
            {"text": "0.898", "numeric": True},
            {"text": "approved", "tone": "good"},
        ],
        [
            {"text": "answer", "href": "#"},
            {"text": "0.851", "numeric": True},
            {"text": "0.844", "numeric": True},
            {"text": "in review", "tone": "warn"},
        ],
    ],
    "facts": [("Snapshot", "9f3c, 61 people"), ("Device", "CPU"), ("Started", "12:03")],
    "turns": [
        {
            "speaker": "Customer",
            "parts": [
                {"text": "Hi, I ordered a kettle. "},
                {"text": "When will it arrive?", "label": "question", "color": 1},
            ],
        },
        {
            "speaker": "Agent",
            "other": True,
            "parts": [{"text": "On Thursday.", "label": "answer 0.91", "color": 2, "suggested": True}],
        },
        {"speaker": "Customer", "text": "好的，谢谢你。"},
    ],
    "figure": {
        "data": [
            {
                "type": "scatter",
                "mode": "lines",
                "name": "dev F1",
                "x": [0, 1, 2, 3],
                "y": [0.2, 0.7, 0.83, 0.87],
            },
            {
                "type": "scatter",
                "mode": "lines",
                "name": "loss",
                "x": [0, 1, 2, 3],
                "y": [0.9, 0.5, 0.3, 0.25],
            },
        ],
        "layout": {"xaxis": {"title": {"text": "epoch"}}},
    },
    "heat_columns": [
        {"title": ""},
        {"title": "question", "numeric": True},
        {"title": "answer", "numeric": True},
    ],
    "heat_rows": [
        ["question", {"text": "412", "heat": 5}, {"text": "9", "heat": 1}],
        ["answer", {"text": "12", "heat": 1}, {"text": "388", "heat": 4}],
    ],
    "problems": ["/fields/0/labels: at least two", "/reward: more than nothing"],
    "user": {"email": "ada@example.org"},
}


class SampleForm(forms.Form):
    """A field of each kind."""

    title = forms.CharField(help_text=_("As people find it in the catalogue."))
    language = forms.ChoiceField(choices=[("en", "English"), ("zh", "简体中文")], required=False)
    pay = forms.DecimalField(min_value=Decimal("0.01"), label=_("Pay per item"))
    about = forms.CharField(widget=forms.Textarea, required=False, label=_("Instructions"))
    split = forms.ChoiceField(
        choices=[("train", _("for training")), ("test", _("for testing"))], widget=forms.RadioSelect
    )
    currency = forms.CharField(disabled=True, initial="USD", label=_("Currency"))
    open = forms.BooleanField(required=False, label=_("Open to everyone who qualifies"))


def sample() -> dict[str, Any]:
    """Everything that the page shows; forms and tokens as they are now."""
    wrong = SampleForm({"wrong-pay": "-1", "wrong-split": "train"}, prefix="wrong")
    wrong.add_error(None, _("Some of what was sent does not fit."))
    return {
        **SAMPLE, **_tokens(), "form": SampleForm(), "wrong_form": wrong,
        "since": timezone.now() - timedelta(minutes=5),
        "messages": [
            Message(constants.SUCCESS, str(_("Saved."))), Message(constants.WARNING, str(_("Budget low."))),
            Message(constants.ERROR, str(_("It failed."))), Message(constants.INFO, str(_("a note"))),
        ],
    }  # fmt: skip


def _tokens() -> dict[str, Any]:
    """By kind: colours with their contrast on a card, type, spaces and corners in pixels, the rest."""
    light, dark = contrast.tokens("light"), contrast.tokens("dark")
    colours = [
        {
            "name": name, "light": light[name], "dark": dark[name],
            "on_light": contrast.contrast(light, name, "--card"),
            "on_dark": contrast.contrast(dark, name, "--card"),
        }
        for name, value in light.items()
        if value.startswith("#")
    ]  # fmt: skip
    lengths = [
        (name, value, int(value.removesuffix("px"))) for name, value in light.items() if value.endswith("px")
    ]
    shown = {one["name"] for one in colours} | {name for name, _value, _pixels in lengths}
    kinds = [(name, value) for name, value in light.items() if name not in shown]
    return {
        "colours": colours,
        "type": [pair for pair in kinds if pair[0].startswith("--text")],
        "spaces": [one for one in lengths if one[0].startswith("--s")],
        "radii": [one for one in lengths if not one[0].startswith("--s")],
        "others": [pair for pair in kinds if not pair[0].startswith("--text")],
    }

"""A new rule as a form: the condition's fields follow from the rule's kind."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from tasks_app.models import Project
from training.engine.recipes import AUTO
from training.forms import targets_of
from training.retrain_conditions import CONDITIONS, Number
from training.services.retraining import MOST_HOURS, Terms

_LABELS = {
    "every": _("New approvals"), "every_days": _("Every how many days"), "hour": _("At the hour (0–23)"),
    "below": _("Share of content voices below"), "fallen_by": _("Or fallen by"),
    "window_days": _("Over days"), "least_voices": _("Voices, at least"),
    "index": _("Stability index from"), "least_items": _("Items, at least"),
}  # fmt: skip
_HELP = {
    "below": _("0.8 is four of five"),
    "fallen_by": _("against as many days before"),
    "index": _("0.1 is worth a look, 0.25 is another population"),
}


class RuleForm(forms.Form):
    target = forms.ChoiceField(label=_("Project and answer field"))

    def __init__(self, *args: Any, kind: str, projects: list[Project], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.fields["target"].choices = list(targets_of(projects))  # type: ignore[attr-defined]
        for name, number in CONDITIONS[kind].items():
            self.fields[name] = _field(name, number)
        if kind == "schedule":
            self.fields["timezone"] = forms.CharField(label=_("Time zone"), initial="UTC", max_length=60)
        self.condition_names = [name for name in self.fields if name != "target"]
        self.fields |= {
            "cooldown_hours": forms.IntegerField(
                label=_("Cool-down, hours"), initial=24, min_value=1, max_value=MOST_HOURS,
                help_text=_("least time between two of its runs"),
            ),
            "budget_runs": forms.IntegerField(
                label=_("Runs in a month"), required=False, min_value=1, initial=5
            ),
            "budget_minutes": forms.IntegerField(
                label=_("Minutes in a month"), required=False, min_value=1
            ),
            "promote": forms.BooleanField(
                label=_("Promote by itself when the gate allows it"), required=False
            ),
        }  # fmt: skip

    @property
    def condition_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.condition_names]

    def target_of(self) -> tuple[UUID, str]:
        """Project id and field name."""
        project, _colon, name = self.cleaned_data["target"].partition(":")
        return UUID(project), name

    def terms(self) -> Terms:
        data = self.cleaned_data
        return Terms(
            condition={name: data[name] for name in self.condition_names},
            recipe={"name": AUTO},
            promote=data["promote"],
            cooldown_hours=data["cooldown_hours"],
            budget_runs=data["budget_runs"],
            budget_minutes=data["budget_minutes"],
        )


def _field(name: str, number: Number) -> forms.Field:
    # IntegerField is a FloatField as far as its range goes, but for the types of the stubs.
    kind: type[forms.FloatField] = forms.IntegerField if number.whole else forms.FloatField  # type: ignore[assignment]
    return kind(
        label=_LABELS[name], help_text=_HELP.get(name, ""), required=not number.optional,
        min_value=number.low, max_value=number.high, initial=number.usual,
    )  # fmt: skip

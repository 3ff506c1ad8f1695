from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from applications.health_triage.models import RiskSetting
from common.errors import DomainError


class MessageForm(forms.Form):
    text = forms.CharField(
        label=_("Message"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Leave out names and numbers. What is left of them is replaced before it is stored."),
    )  # fmt: skip


class RiskForm(forms.ModelForm[RiskSetting]):
    """Shares as numbers between 0 and 1. The rule whether they fit together is the service's."""

    class Meta:
        model = RiskSetting
        fields: ClassVar[list[str]] = [
            "wrong", "under_triage", "method", "largest_set", "widest", "tasks_by_themselves",
        ]  # fmt: skip
        labels: ClassVar[dict[str, Any]] = {
            "wrong": _("May be wrong (share of messages)"),
            "under_triage": _("May be under-triaged (share of messages)"),
            "method": _("Kind of sets"),
            "largest_set": _("Groups in a suggestion, at most"),
            "widest": _("Urgencies in a suggestion, at most"),
            "tasks_by_themselves": _("Messages that a person has to look at become tasks by themselves"),
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "wrong": _(
                "0.05: of 100 messages of each group, at most 5 whose groups listed lack the right one."
            ),
            "under_triage": _("0.01: of 100 messages, at most 1 that is more urgent than is said."),
            "method": _("LAC makes the smallest sets on average, APS adapts them to how hard a message is."),
        }

    def _post_clean(self) -> None:
        """The instance stays as it is stored: services.risk writes, and says what does not fit."""

    def refuse(self, refused: DomainError) -> None:
        for problem in refused.problems:
            name = problem.pointer.strip("/")
            self.add_error(name if name in self.fields else None, problem.detail)
        if not refused.problems:
            self.add_error(None, refused.message)

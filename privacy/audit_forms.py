from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from accounts.models import User
from privacy.audit_log import Wanted


class AuditFilter(forms.Form):
    """What of the log is looked at. Also parses the query of the REST address and of the export."""

    actor = forms.CharField(
        required=False, max_length=254, label=lazy("Who"), help_text=lazy("An id or an e-mail address.")
    )
    action = forms.CharField(
        required=False, max_length=60, label=lazy("Action"),
        help_text=lazy("A name, or its beginning with a dot: model."),
    )  # fmt: skip
    target = forms.CharField(
        required=False, max_length=110, label=lazy("About"), help_text=lazy("An id, or table:id.")
    )
    since = forms.DateField(required=False, label=lazy("From"), widget=forms.DateInput({"type": "date"}))
    until = forms.DateField(required=False, label=lazy("Up to"), widget=forms.DateInput({"type": "date"}))

    def clean_actor(self) -> UUID | None:
        text: str = self.cleaned_data["actor"].strip()
        if not text:
            return None
        try:
            return UUID(text)
        except ValueError:
            found = User.objects.filter(email__iexact=text).values_list("pk", flat=True).first()
        if found is None:
            raise forms.ValidationError(_("There is no such account."))
        return found

    def wanted(self) -> Wanted:
        """After is_valid. The last day is included."""
        data: dict[str, Any] = self.cleaned_data
        return Wanted(
            actor=data["actor"],
            action=data["action"].strip(),
            target=data["target"].strip(),
            since=datetime.combine(data["since"], time.min, UTC) if data["since"] else None,
            until=datetime.combine(data["until"], time.max, UTC) if data["until"] else None,
        )

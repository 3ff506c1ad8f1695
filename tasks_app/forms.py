import json
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.currencies import to_minor
from rewards.forms import minor_of
from tasks_app import categories
from tasks_app.fields.problem import Rejected
from tasks_app.fields.schema import parse_fields
from tasks_app.legal_basis import LegalBasis
from tasks_app.models import Project, Qualification
from tasks_app.qualified import required_by
from tasks_app.saying import in_words

# Settings that a form may leave out: they stay what they were.
_LEFT_AS_THEY_ARE = (
    "second_review_share", "reviewers_needed", "auto_approve_after", "pay_rejected_share",
    "pay_withdrawn_share", "privacy_scope", "undo_seconds",
    "erasure_answers", "erasure_models", "originals", "may_reveal", "privacy_check",
    "data_source", "data_licence", "data_basis",
)  # fmt: skip

_OTHER_NAMES = {"categories": "error_categories", "fields_json": "fields"}


class ProjectForm(forms.ModelForm[Project]):
    """The settings of a project. Money is typed in whole units, as people think, and kept in minor ones."""

    reward = forms.DecimalField(
        label=_("Pay for one item"),
        min_value=0,
        max_value=100_000,
        decimal_places=4,
        help_text=_("0.06 is six cents."),
    )
    categories = forms.CharField(
        label=_("Reasons that reviewers pick from"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 7, "spellcheck": "false"}),
        help_text=_("One a line, “name: title”, at most 8. A ! in front: not in good faith, no partial pay."),
    )
    fields_json = forms.CharField(
        label=_("Answer fields (JSON)"),
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "false", "class": "mono"}),
        help_text=_("A change makes a new version; answers already given keep theirs."),
    )

    languages_text = forms.CharField(
        label=_("Languages of the texts"),
        required=False,
        max_length=200,
        help_text=_("Their codes, with commas. People who have named other languages are not asked."),
    )
    requires = forms.ModelMultipleChoiceField(
        label=_("Qualifications that people need"),
        queryset=Qualification.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Project
        fields = [
            "title",
            "instructions",
            "overlap_min",
            "overlap_max",
            "confidence",
            "lease_seconds",
            "undo_seconds",
            "gold_share",
            "sample_check_share",
            "visibility",
            "privacy_policy",
            "privacy_scope",
            "privacy_model",
            "originals",
            "may_reveal",
            "privacy_check",
            "sampling",
            "max_per_person",
            "max_per_group",
            "second_review_share",
            "reviewers_needed",
            "auto_approve_after",
            "pay_rejected_share",
            "pay_withdrawn_share",
            "gold_evidence",
            "erasure_answers",
            "erasure_models",
            "erasure_ground",
            "data_source",
            "data_licence",
            "data_basis",
        ]
        labels = {
            "title": _("Title"),
            "instructions": _("Instructions (Markdown)"),
            "overlap_min": _("Answers for each item, at least"),
            "overlap_max": _("and at most"),
            "confidence": _("Settled at a confidence of"),
            "lease_seconds": _("Seconds for one item"),
            "undo_seconds": _("Seconds in which a submitted answer can be taken back"),
            "gold_share": _("Share of hidden gold items"),
            "sample_check_share": _("Share of settled items checked by a reviewer"),
            "visibility": _("Who may work on it"),
            "privacy_policy": _("Personal data found in texts is"),
            "privacy_scope": _("What counts as personal data"),
            "privacy_model": _("Imports ask the trained model for personal data as well"),
            "originals": _("What was replaced is"),
            "may_reveal": _("Who may look at it for a reason"),
            "privacy_check": _("Texts to be read for missed personal data before publishing"),
            "sampling": _("Items are asked"),
            "max_per_person": _("Items for one person, at most"),
            "max_per_group": _("Items of one group for one person, at most"),
            "second_review_share": _("Share of decisions that a second reviewer takes again blindly"),
            "reviewers_needed": _("Reviewers who have to agree before an answer is approved"),
            "auto_approve_after": _("Seconds until an undecided answer is approved and paid"),
            "pay_rejected_share": _("Share of the pay for rejected answers given in good faith"),
            "pay_withdrawn_share": _("Share of the pay when an item is withdrawn under somebody"),
            "gold_evidence": _("Rejected answers to gold items may show the truth"),
            "erasure_answers": _("Answers of a person who has their data erased"),
            "erasure_models": _("Models that learned from erased data"),
            "erasure_ground": _("Legal ground on which such models are kept"),
            "data_source": _("Where the texts come from"),
            "data_licence": _("Licence of the texts"),
            "data_basis": _("Legal basis of processing them"),
        }
        help_texts = {
            "undo_seconds": _("0 to 30; 5 are usual. The answer is sent after them."),
            "reviewers_needed": _(
                "1 to 3. From 2 on every answer goes to reviewers, however sure the crowd is; "
                "where two differ, a third one decides."
            ),
            "auto_approve_after": _("604800 are seven days."),
            "privacy_model": _(
                "Takes a model in production of a project from the template “Find personal data”. "
                "Imports are slower."
            ),
            "erasure_ground": _("Needed where they are kept; it stands on the model card."),
            "originals": _("For later imports; what is in the vault stays there."),
            "may_reveal": _("Only the owner and administrators change this. Each look is on record."),
            "privacy_check": _("0: none. Otherwise the share found is to be measured as well."),
            "data_licence": _("Such as CC-BY-4.0, or “for our own use”. Nothing is exported without one."),
            "data_basis": _("Nothing is exported without one. Lines of an import may name their own."),
            "privacy_scope": _(
                "The second takes nationalities, titles and capitalised names of anything, too."
            ),
            "max_per_person": _("Empty: no limit."),
            "max_per_group": _("A group is what an import line names as such, often one conversation."),
        }
        widgets = {"instructions": forms.Textarea(attrs={"rows": 10})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["visibility"].choices = [("open", _("everybody")), ("invited", _("invited people"))]  # type: ignore[attr-defined]
        self.fields["sampling"].choices = [  # type: ignore[attr-defined]
            ("ordered", _("in the order of import")),
            ("random", _("in random order")),
            ("priority", _("by priority: what a model learns most from first")),
        ]
        self.fields["erasure_answers"].choices = [  # type: ignore[attr-defined]
            ("anonymise", _("stay, under nobody's name")),
            ("remove", _("are removed, and the result is worked out anew")),
        ]
        self.fields["erasure_models"].choices = [  # type: ignore[attr-defined]
            ("quarantine", _("answer nobody any more")),
            ("retrain", _("answer nobody any more, and are trained again without it")),
            ("keep", _("are kept on a legal ground")),
        ]
        for name in ("max_per_person", "max_per_group", "erasure_answers", "erasure_models"):
            self.fields[name].required = False
        self.fields["languages_text"].initial = ", ".join(self.instance.languages)
        required = {str(one) for one in required_by(self.instance)}
        self.fields["requires"].queryset = Qualification.objects.filter(  # type: ignore[attr-defined]
            Q(owner=self.instance.owner_id) | Q(pk__in=required)
        ).order_by("title")
        self.fields["requires"].initial = list(required)
        self.fields["privacy_policy"].choices = [  # type: ignore[attr-defined]
            ("placeholder", _("replaced by [PERSON_1] and the like")),
            ("surrogate", _("replaced by invented values")),
            ("mask", _("masked")),
            ("keep", _("kept (public data only)")),
            ("drop", _("a reason to leave the item out")),
        ]
        self.fields["privacy_scope"].choices = [  # type: ignore[attr-defined]
            ("direct", _("what tells who somebody is")),
            ("all", _("also places, companies, dates, jobs, health")),
        ]
        self.fields["originals"].choices = [  # type: ignore[attr-defined]
            ("vault", _("kept sealed in the vault")),
            ("discard", _("not kept at all")),
        ]
        self.fields["may_reveal"].choices = [  # type: ignore[attr-defined]
            ("owner", _("administrators and the project's owner")),
            ("requesters", _("also the project's other requesters")),
            ("reviewers", _("also its requesters and reviewers")),
        ]
        for name in _LEFT_AS_THEY_ARE:
            self.fields[name].required = False
        self.fields["categories"].initial = categories.to_lines(self.instance.error_categories)
        if self.instance.state != Project.State.DRAFT:
            for name in ("reward", "privacy_policy", "privacy_scope"):
                self.fields[name].disabled = True
        for field in self.fields.values():
            # Sent along with what the page showed: who leaves a setting alone does not undo what others do.
            field.show_hidden_initial = not field.disabled

    def clean_reward(self) -> Decimal:
        reward: Decimal = self.cleaned_data["reward"]
        minor_of(self, reward, self.instance.currency, "reward")
        return reward

    def clean_fields_json(self) -> Any:
        try:
            fields = json.loads(self.cleaned_data["fields_json"])
            parse_fields(fields)
        except json.JSONDecodeError as error:
            raise forms.ValidationError(
                _("Not JSON: line %(line)s, column %(column)s: %(why)s."),
                params={"line": error.lineno, "column": error.colno, "why": error.msg},
            ) from None
        except Rejected as error:
            raise forms.ValidationError([f"{p.pointer}: {in_words(p)}" for p in error.problems]) from None
        return fields

    def clean_erasure_ground(self) -> str:
        if "erasure_ground" not in self.data:
            return str(self.instance.erasure_ground)
        return str(self.cleaned_data["erasure_ground"]).strip()

    def clean_categories(self) -> Any:
        if "categories" not in self.data:
            return self.instance.error_categories
        return categories.from_lines(self.cleaned_data["categories"], self.instance.error_categories)

    def settings(self) -> dict[str, Any]:
        """What was changed on the page, by the model's names."""
        cleaned = self.cleaned_data
        left = {name for name in _LEFT_AS_THEY_ARE if cleaned.get(name) in (None, "")}
        # Whoever posts without having seen the page means all that is sent.
        if self["title"].html_initial_name in self.data:
            left |= cleaned.keys() - set(self.changed_data)
        return dict(self._setting(name, cleaned[name]) for name in cleaned if name not in left)

    def _setting(self, name: str, value: Any) -> tuple[str, Any]:
        if name == "reward":
            return "reward_minor", to_minor(value, self.instance.currency)
        if name == "languages_text":
            return "languages", [one.strip()[:10] for one in value.split(",") if one.strip()]
        if name == "requires":
            return "qualification", {"requires": [str(one.pk) for one in value]} if value else None
        return _OTHER_NAMES.get(name, name), value


class FundForm(forms.Form):
    amount = forms.DecimalField(
        label=_("Amount to add"),
        min_value=0,
        max_value=10_000_000,
        decimal_places=4,
    )


class ImportForm(forms.Form):
    file = forms.FileField(label=_("File"), help_text=_("JSON Lines, a JSON array, or CSV; any size."))
    keep_duplicates = forms.BooleanField(label=_("Keep equal texts as separate items"), required=False)
    licence = forms.CharField(
        label=_("Licence of these texts"),
        max_length=100,
        required=False,
        help_text=_("Empty: as the project's settings say."),
    )
    consent = forms.ChoiceField(
        label=_("Legal basis of these texts"),
        required=False,
        choices=[
            ("", _("as the project's settings say")),
            *LegalBasis.choices,
            ("false", _("no consent: to be left out of exports and training")),
        ],
        help_text=_("A line of the file may say otherwise for itself."),
    )

    def terms(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in ("licence", "consent")}

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tasks_app.fields.base import Field
from tasks_app.fields.choice import ChoiceField
from tasks_app.fields.scale import ScaleField
from tasks_app.fields.schema import parse_fields
from tasks_app.models import Project
from training.engine.config import EMBEDDING, FitConfig
from training.engine.evaluation.slices import KINDS
from training.engine.recipes import AUTO, FEW, PRIVATE, STARTER, THOROUGH
from training.freezing import trainable
from training.models import Model, ModelVersion, Recipe, Rollout
from training.recipes import MOST_SEEDS
from training.search_space import TRIALS

_DASHES = ("-", "–")
_DEFAULTS = {name: entry.default for name, entry in FitConfig.__dataclass_fields__.items()}


class PriorityField(forms.TypedChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        names = {-1: _("Low"), 0: _("Normal"), 1: _("High")}
        super().__init__(
            choices=list(names.items()), coerce=int, initial=0, required=False, empty_value=None, **kwargs
        )


class PlaceForm(forms.Form):
    """Where a waiting run is to stand: `first`, or another priority."""

    first = forms.BooleanField(required=False)
    priority = PriorityField()


class RunForm(forms.Form):
    """Project and field in one list, since a field belongs to its project."""

    target = forms.ChoiceField(label=_("Project and answer field"))
    base_model = forms.CharField(
        label=_("Base model"),
        max_length=300,
        help_text=_("“starter” works offline; or a folder, or a hub name, that the trainer can reach."),
    )
    name = forms.ChoiceField(
        label=_("Recipe"),
        required=False,
        initial=AUTO,
        choices=[
            (AUTO, _("by the number of examples")),
            (STARTER, _("starter: quick")),
            (THOROUGH, _("thorough: many examples")),
            (FEW, _("few examples: up to 30 of a label")),
            (PRIVATE, _("private: no single conversation shows")),
        ],
    )
    vectors = forms.BooleanField(
        label=_("Learn vectors instead of answers"),
        required=False,
        help_text=_("Texts with the same label come to lie close together: for search, or as a base model."),
    )
    dp_epsilon = forms.FloatField(
        label=_("Privacy budget (epsilon)"),
        required=False,
        min_value=0,
        help_text=_("of the recipe “private”; smaller protects better and learns less. Left empty: 8"),
    )
    dp_max_grad_norm = forms.FloatField(
        label=_("Clipping norm"),
        required=False,
        min_value=0,
        help_text=_("how much one conversation may move a step of the recipe “private”"),
    )
    memorisation_test = forms.BooleanField(
        label=_("Test what is learned by heart"),
        required=False,
        help_text=_("Plants eight made-up strings among the examples. A model that writes stays a test."),
    )
    epochs = forms.IntegerField(label=_("Epochs"), required=False)
    learning_rate = forms.FloatField(label=_("Learning rate"), required=False)
    batch_examples = forms.IntegerField(label=_("Examples in a step"), required=False)
    max_length = forms.IntegerField(label=_("Longest input, tokens"), required=False)
    patience = forms.IntegerField(
        label=_("Patience"), required=False, help_text=_("epochs without progress; 0 never stops")
    )
    class_weights = forms.ChoiceField(
        label=_("Rare labels"),
        choices=[("none", _("count as they are")), ("balanced", _("count more"))],
    )
    targets = forms.ChoiceField(
        label=_("Where the crowd was in doubt"),
        choices=[("soft", _("learn the doubt")), ("hard", _("learn the label alone"))],
        required=False,
    )
    seed = forms.IntegerField(label=_("Seed"), initial=_DEFAULTS["seed"])
    seeds = forms.IntegerField(
        label=_("Seeds"),
        initial=1,
        min_value=1,
        max_value=MOST_SEEDS,
        help_text=_("several show how much of a gain is chance; the best on dev is kept"),
    )
    kept = forms.ChoiceField(
        label=_("Recipe that was kept"),
        required=False,
        help_text=_("its settings count instead of those below"),
    )
    search = forms.BooleanField(
        label=_("Try recipes first, and train with the best one"),
        required=False,
        help_text=_("starts from the recipe above; trials spread over all trainers"),
    )
    trials = forms.IntegerField(label=_("Trials"), initial=TRIALS, required=False)
    minutes = forms.FloatField(
        label=_("Minutes"), required=False, help_text=_("the search ends at whichever comes first")
    )
    priority = PriorityField(label=_("Priority"))

    def __init__(
        self, *args: Any, projects: list[Project], recipes: Iterable[Recipe] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        kept = [(str(recipe.pk), _named(recipe)) for recipe in recipes]
        self.fields["kept"].choices = [("", _("none")), *kept]  # type: ignore[attr-defined]
        self.fields["target"].choices = list(targets_of(projects))  # type: ignore[attr-defined]
        self.fields["base_model"].initial = settings.BASE_MODEL

    # The rest is the recipe.
    about_run = frozenset({"target", "priority", "kept", "seeds", "search", "trials", "minutes", "vectors"})

    def target_of(self) -> tuple[str, str]:
        """Project id and field name."""
        project, _colon, name = self.cleaned_data["target"].partition(":")
        return project, name

    def recipe(self) -> dict[str, Any]:
        """What was chosen; a setting left empty is the named recipe's own."""
        chosen = {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in self.about_run and value not in ("", None) and value is not False
        }
        chosen.setdefault("targets", "soft")
        if kept := self.cleaned_data["kept"]:
            chosen = {"kept": kept, "seed": chosen["seed"]}
        if self.cleaned_data["vectors"]:
            chosen["head"] = EMBEDDING
        seeds = self.cleaned_data["seeds"] or 1
        return {**chosen, "seeds": seeds} if seeds > 1 else chosen

    def search_of(self) -> dict[str, Any] | None:
        """The search that was asked for, if one was."""
        if not self.cleaned_data["search"]:
            return None
        asked = {name: self.cleaned_data[name] for name in ("trials", "minutes")}
        return {name: value for name, value in asked.items() if value is not None}


def _named(recipe: Recipe) -> str:
    value = "" if recipe.value is None else f", {recipe.value:.3f}"
    return f"{recipe.name} ({recipe.head}{value})"


def targets_of(projects: list[Project]) -> Any:
    for project in projects:
        newest = max(project.schema_versions.all(), key=lambda version: version.number, default=None)
        if newest is None:
            continue
        fields = trainable(parse_fields(newest.fields))
        if fields:
            yield project.title, [(f"{project.pk}:{f.name}", f"{project.title} · {f.title}") for f in fields]


class PromoteForm(forms.Form):
    override = forms.BooleanField(required=False)
    reason = forms.CharField(required=False, max_length=500)


class _Share(forms.Form):
    percent = forms.IntegerField(min_value=1, max_value=100)

    def share(self) -> float:
        return float(self.cleaned_data["percent"]) / 100


class SuggestForm(_Share):
    pass


class RolloutForm(_Share):
    version = forms.IntegerField(min_value=1)
    kind = forms.ChoiceField(choices=Rollout.Kind.choices)


class RuntimeForm(forms.Form):
    int8 = forms.BooleanField(required=False)


class VersionField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not subscriptable as it runs
    def label_from_instance(self, obj: models.Model) -> str:
        return str(cast(ModelVersion, obj).number)


class CompareForm(forms.Form):
    version = VersionField(ModelVersion.objects.none(), label=_("Version"))
    other = VersionField(ModelVersion.objects.none(), label=_("Against"))

    def __init__(self, *args: Any, model: Model, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("version", "other"):
            cast(VersionField, self.fields[name]).queryset = model.versions.order_by("-number")


class GuardsForm(forms.Form):
    """Which parts the gate guards; `points` is a hundred times the tolerance, `told` of the highest AUC."""

    kinds = forms.MultipleChoiceField(choices=[(kind, kind) for kind in KINDS], required=False)
    points = forms.FloatField(min_value=0, max_value=100)
    told = forms.FloatField(min_value=50, max_value=100, required=False)


class TryForm(forms.Form):
    """A dialogue as people write one down: a line for each turn, "speaker: text"; or one plain text.

    For a ranking, lines that begin with a dash are the candidates.
    """

    text = forms.CharField(max_length=20_000, widget=forms.Textarea)
    version = forms.IntegerField(required=False)

    def payload(self, scope: str) -> dict[str, Any]:
        text = self.cleaned_data["text"].strip()
        lines = _lines(text)
        if scope == "pair" and len(lines) == 2:
            return {"pair": lines}
        if scope == "candidates":
            offered = [line.lstrip("-– ") for line in lines if line.startswith(_DASHES)]
            text = "\n".join(line for line in lines if not line.startswith(_DASHES))
            return _content(text) | ({"candidates": offered} if offered else {})
        return _content(text)


def _content(text: str) -> dict[str, Any]:
    turns = [line.partition(":") for line in _lines(text)]
    if turns and all(colon and said.strip() and len(who) <= 40 for who, colon, said in turns):
        return {"turns": [{"speaker": who.strip(), "text": said.strip()} for who, _colon, said in turns]}
    return {"text": text}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


class FeedbackForm(forms.Form):
    """Thumbs, stars and words; for an answer that is one of few, also what is right instead."""

    thumbs = forms.TypedChoiceField(
        required=False, choices=[("", ""), (1, "up"), (-1, "down")], coerce=int, empty_value=None
    )
    rating = forms.TypedChoiceField(
        label=_("Stars"),
        required=False,
        choices=[("", "–"), *((n, "★" * n) for n in range(5, 0, -1))],
        coerce=int,
        empty_value=None,
    )
    correction = forms.ChoiceField(label=_("What is right?"), required=False)
    comment = forms.CharField(
        label=_("What should it have said?"), required=False, max_length=2000, widget=forms.Textarea
    )

    def __init__(self, data: Any = None, *, field: Field | None = None) -> None:
        super().__init__(data)
        self._answers = _whole_answers(field) if field else {}
        if self._answers:
            shown = [(said, said) for said in self._answers]
            self.fields["correction"].choices = [("", "–"), *shown]  # type: ignore[attr-defined]
        else:
            del self.fields["correction"]

    def said(self) -> dict[str, Any]:
        """What give_feedback takes."""
        cleaned = dict(self.cleaned_data)
        return {**cleaned, "correction": self._answers.get(cleaned.get("correction") or "")}


def _whole_answers(field: Field) -> dict[str, Any]:
    """The answers that a list can offer: one label, or one point, for the whole item."""
    if field.scope == "turn" or getattr(field, "multi", False):
        return {}
    if isinstance(field, ChoiceField):
        return {label: label for label in field.labels}
    if isinstance(field, ScaleField):
        return {str(point): point for point in field.points}
    return {}

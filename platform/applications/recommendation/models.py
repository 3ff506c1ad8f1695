from django.db import models
from django.db.models import Q
from pgvector.django import VectorField

from applications.recommendation.mixing.mixture import Weights
from common.ends import EndNote
from common.ids import uuid7
from tasks_app.models import Project
from training.models import ModelVersion
from training.models.serving import AskedWork


class CatalogueItem(models.Model):
    """Something that can be recommended. Who holds the catalogue knows it by `external_id`.

    vector: of title and text by the encoder `encoder`, of unit length; None until a worker has made it.
    popularity: Σ w_kind 2^((at - EPOCH) / H) over its interactions (popularity.py), so that time changes all
    items alike and no row needs to be touched for growing old.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    external_id = models.CharField(max_length=200)
    title = models.CharField(max_length=300)
    text = models.TextField(blank=True)
    published_at = models.DateTimeField()
    active = models.BooleanField(default=True)
    encoder = models.CharField(max_length=300, blank=True)
    vector = VectorField(null=True)
    popularity = models.FloatField(default=0.0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "external_id"], name="catalogue_item_once"),
        ]
        indexes = [
            models.Index(
                fields=["project", "-popularity"], condition=Q(active=True), name="catalogue_popular"
            ),
            models.Index(fields=["project", "-published_at"], condition=Q(active=True), name="catalogue_new"),
            # The queue of the worker who makes vectors.
            models.Index(fields=["project"], condition=Q(vector=None), name="catalogue_without_vector"),
        ]

    def __str__(self) -> str:
        return self.external_id

    @property
    def whole_text(self) -> str:
        return f"{self.title}. {self.text}" if self.text else self.title


class Person(models.Model):
    """Somebody for whom things are recommended. `id` is that of a DataSubject: a keyed digest of the name
    that the person has in the owner's books. The name itself stands nowhere."""

    id = models.UUIDField(primary_key=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    # The use of the person's data is restricted: no profile, and nothing of theirs counts.
    restricted = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.pk)


class Interaction(models.Model):
    class Kind(models.TextChoices):
        VIEWED = "viewed"
        USED = "used"
        LIKED = "liked"
        DISMISSED = "dismissed"

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="interactions")
    item = models.ForeignKey(CatalogueItem, on_delete=models.CASCADE, related_name="interactions")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            # Pushed again, it is the same one.
            models.UniqueConstraint(fields=["person", "item", "kind", "at"], name="interaction_once"),
        ]
        indexes = [models.Index(fields=["person", "-at"], name="interaction_history")]

    def __str__(self) -> str:
        return f"{self.kind} {self.item_id}"


class Mixture(AskedWork):
    """How a project mixes the parts of a score.

    The row is also the work of learning the weights anew: wished for, claimed, done.
    """

    project = models.OneToOneField(Project, on_delete=models.CASCADE, primary_key=True, related_name="+")
    match = models.FloatField(default=Weights().match)
    similarity = models.FloatField(default=Weights().similarity)
    popularity = models.FloatField(default=Weights().popularity)
    recency = models.FloatField(default=Weights().recency)
    half_life_days = models.FloatField(default=30.0)
    diversity = models.FloatField(default=0.1)
    # On how many held-out choices the weights were learned, and which version judged the matches then.
    choices = models.PositiveIntegerField(default=0)
    version = models.ForeignKey(ModelVersion, on_delete=models.SET_NULL, null=True, related_name="+")
    learned_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(diversity__gte=0, diversity__lte=1, half_life_days__gte=7), name="mixture_ranges"
            ),
        ]

    def __str__(self) -> str:
        return f"of {self.project_id}"

    def end_note(self) -> EndNote:
        url = f"/projects/{self.project_id}/recommendation/"
        return EndNote("mixture", self.asked_by_id or self.project.owner_id, url, self.project.title)

    @property
    def weights(self) -> Weights:
        return Weights(self.match, self.similarity, self.popularity, self.recency)

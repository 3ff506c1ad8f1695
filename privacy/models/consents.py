"""What people were told, in which words, and what they agreed to. Triggers refuse to change either."""

from django.conf import settings
from django.db import models

from common.gate import TypedChar
from common.ids import uuid7


class Regime(models.TextChoices):
    GDPR = "gdpr", "GDPR"
    CCPA = "ccpa", "CCPA/CPRA"
    PIPL = "pipl", "PIPL"


class NoticeDraft(models.Model):
    """The words of the next version, with `{{ variables }}`. Without a row it is what ships."""

    id = models.BigAutoField(primary_key=True)
    regime = models.CharField(max_length=4, choices=Regime.choices)
    language = models.CharField(max_length=10, choices=settings.LANGUAGES)
    body = models.TextField()
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.UUIDField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["regime", "language"], name="notice_draft_once")]

    def __str__(self) -> str:
        return f"{self.regime} {self.language}"


class NoticeVersion(models.Model):
    """One published text. Those published together share their `number`; `sha256` is of `text` in UTF-8."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.PositiveIntegerField()
    regime = models.CharField(max_length=4, choices=Regime.choices)
    language = models.CharField(max_length=10, choices=settings.LANGUAGES)
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    published_at = models.DateTimeField()
    published_by = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number", "regime", "language"], name="notice_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.regime} {self.language} {self.number}"


class ConsentRecord(models.Model):
    """One person's word on one purpose at one moment. A withdrawal is a further record with `given` False.

    number, regime, language and sha256 name the notice that was shown (number 0: none was published yet, the
    text is the one that ships). `statement` is the sentence that was agreed to, in the words shown. An
    erasure takes `person` out and leaves `proof`, a keyed digest by which a consent can still be shown to
    have been given when the person's id is brought along; the database allows no other change.
    """

    class Purpose(models.TextChoices):
        NOTICE = "notice"
        AGE = "age"
        TRAINING = "training"
        MARKETING = "marketing"
        LEADERBOARD = "leaderboard"

    class How(models.TextChoices):
        SIGN_UP = "sign_up"
        PAGE = "page"
        API = "api"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.UUIDField(null=True)
    proof = models.CharField(max_length=64, blank=True)
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    given = models.BooleanField()
    statement = models.CharField(max_length=500)
    number = models.PositiveIntegerField()
    regime = models.CharField(max_length=4, choices=Regime.choices)
    language = models.CharField(max_length=10)
    sha256 = models.CharField(max_length=64)
    how = models.CharField(max_length=7, choices=How.choices)
    at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)
    legal_ground = TypedChar(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["person", "purpose", "-at"], name="consent_latest"),
            models.Index(fields=["purpose", "person", "-at"], name="consent_by_purpose"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {'given' if self.given else 'withdrawn'} {self.at:%Y-%m-%d}"

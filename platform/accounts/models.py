from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.gate import TypedChar
from common.ids import uuid7


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)


# "en", "en-GB", "zh-hans": as texts name theirs.
LANGUAGE_CODE = r"^[a-z]{2,3}(-[A-Za-z0-9]+)*$"


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in by e-mail, or (imported=True) stands in for an annotator known by name only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(unique=True)
    display_name = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=10, choices=settings.LANGUAGES, default="en")
    # What the person reads, as language codes; empty while they have not said.
    languages = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    imported = models.BooleanField(default=False)
    # An IANA name, as the browser says it or the person chose it; empty while neither did: UTC.
    time_zone = models.CharField(max_length=64, blank=True, default="", db_default="")
    # The latest privacy notice that the person confirmed. It stands in privacy's records; here it comes along
    # with the user, so that no request has to look it up.
    notice_seen = models.PositiveIntegerField(default=0, db_default=0)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now)
    # On request: nothing more is done with the person's data until this is lifted (GDPR article 18).
    restricted_at = models.DateTimeField(null=True, blank=True)
    # The row stays for the ledger, and names nobody any more.
    erased_at = models.DateTimeField(null=True, blank=True)

    # Whether this is the user of a request, whose roles are read once for all that the request asks.
    asks = False
    held_roles: list[tuple[str, UUID | None]] | None = None

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    def __str__(self) -> str:
        return self.display_name or self.email


class Role(models.TextChoices):
    ANNOTATOR = "annotator"
    REQUESTER = "requester"
    REVIEWER = "reviewer"
    ADMIN = "admin"


class Membership(models.Model):
    """A role on the whole site (scope null) or in the project whose id `scope` is."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    # No foreign key: accounts stands below tasks_app and must not know its tables.
    scope = models.UUIDField(null=True, blank=True)
    role = models.CharField(max_length=12, choices=Role.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "scope", "role"], name="membership_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.scope or 'site'}"


class ApiToken(models.Model):
    """A revocable bearer token. Only its SHA-256 is stored; the token itself is shown once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = TypedChar(max_length=80, blank=True)
    digest = models.CharField(max_length=64, unique=True)
    prefix = models.CharField(max_length=8)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.prefix}…"


class Notification(models.Model):
    """Something that happened to a person. The words are made at display time, in the reader's language."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=40)
    data = models.JSONField(default=dict)
    url = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)
    # Whether it stands in the list on the site; a person may want mail alone.
    in_app = models.BooleanField(default=True, db_default=True)
    # When a mail about it is due; empty when none is, or is no more. Whoever takes it over empties it first.
    mail_due_at = models.DateTimeField(null=True)
    mail_attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "-created_at"], name="notification_inbox"),
            models.Index(
                fields=["mail_due_at"], name="notification_mail", condition=Q(mail_due_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.kind


class NotificationPreference(models.Model):
    """How a person wants to hear of one topic. Without a row it is as `services.preferences.USUAL` says."""

    class Topic(models.TextChoices):
        WORK = "work", _("Your answers: reviews, appeals, qualifications")
        MONEY = "money", _("Money: payouts, bonuses, corrections")
        PROJECTS = "projects", _("Your projects: imports, flags, what waits for you")
        MODELS = "models", _("Models: training, retraining, versions")
        PRIVACY = "privacy", _("Requests about personal data")
        OTHER = "other", _("Everything else")

    class Mail(models.TextChoices):
        AT_ONCE = "at_once", _("at once")
        DAILY = "daily", _("once a day")
        NEVER = "never", _("never")

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notification_preferences")
    topic = models.CharField(max_length=10, choices=Topic.choices)
    in_app = models.BooleanField(default=True)
    mail = models.CharField(max_length=8, choices=Mail.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "topic"], name="preference_once")]

    def __str__(self) -> str:
        return f"{self.topic}: {self.mail}"

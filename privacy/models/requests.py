from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.gate import TypedChar
from common.ids import uuid7


class SubjectRequest(models.Model):
    """What a person asks about the data that is held about them, from receipt to the answer.

    Who it is about stands in `sealed` while the request is open, and afterwards in `digest` alone.
    """

    class Kind(models.TextChoices):
        ACCESS = "access"
        ERASURE = "erasure"
        RECTIFICATION = "rectification"
        RESTRICT = "restrict"
        OPT_OUT = "opt_out"
        WITHDRAWAL = "withdrawal"

    class State(models.TextChoices):
        RECEIVED = "received"  # nobody has shown yet who they are
        VERIFIED = "verified"
        WORKING = "working"  # confirmed; the row is the queue
        CLOSED = "closed"
        REFUSED = "refused"

    class Channel(models.TextChoices):
        ACCOUNT = "account"  # by the person, signed in
        LINK = "link"  # by whoever reads the mail of an address
        LETTER = "letter"  # recorded by an administrator

    class Mail(models.TextChoices):
        NONE = ""
        VERIFY = "verify"
        EXTENDED = "extended"
        REFUSED = "refused"
        CLOSED = "closed"
        LIFTED = "lifted"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=13, choices=Kind.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.RECEIVED)
    channel = models.CharField(max_length=7, choices=Channel.choices)
    regime = models.CharField(max_length=4, choices=[(name, name) for name in ("gdpr", "ccpa", "pipl")])
    language = models.CharField(max_length=10, choices=settings.LANGUAGES, default="en")
    # No foreign keys: the request outlives the person's account.
    account = models.UUIDField(null=True, db_index=True)
    actor = models.UUIDField(null=True)  # who confirmed, refused or recorded it
    digest = models.CharField(max_length=64, db_index=True)
    contact_digest = models.CharField(max_length=64, blank=True, db_index=True)
    nonce = models.BinaryField(max_length=12, null=True)
    sealed = models.BinaryField(null=True)
    # Sentences by an administrator: how identity was shown; why refused, or what was put right; why extended.
    proof = TypedChar(max_length=300, blank=True)
    reason = TypedChar(max_length=300, blank=True)
    extension = TypedChar(max_length=300, blank=True)
    waives_earnings = models.BooleanField(default=False)
    received_on = models.DateField()
    due_on = models.DateField()
    created_at = models.DateTimeField(auto_now_add=True)
    verified_at = models.DateTimeField(null=True)
    # The texts were looked through for what the person is known by; where, lies with the particulars.
    searched_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    # Everything is erased and committed; what is left is to look for residue and to sign.
    done_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    lifted_at = models.DateTimeField(null=True)  # of a restriction
    reminded_on = models.DateField(null=True)
    progress = models.PositiveSmallIntegerField(default=0)  # percent
    attempts = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True)
    outcome: Any = models.JSONField(default=dict)
    mail = models.CharField(max_length=8, choices=Mail.choices, default=Mail.NONE, blank=True)
    mail_attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            # Twice the same wish of one account is one request.
            models.UniqueConstraint(
                fields=["account", "kind"],
                condition=Q(channel="account", state__in=["received", "verified", "working"])
                & ~Q(kind="rectification"),
                name="subject_request_open_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["due_on"],
                condition=Q(state__in=["received", "verified", "working"]),
                name="subject_request_open",
            ),
            models.Index(fields=["id"], condition=~Q(mail=""), name="subject_request_mail"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"

    @property
    def is_open(self) -> bool:
        return self.state in {self.State.RECEIVED, self.State.VERIFIED, self.State.WORKING}

    @property
    def is_in_force(self) -> bool:
        """A restriction that has not been lifted."""
        return self.kind == self.Kind.RESTRICT and self.state == self.State.CLOSED and self.lifted_at is None


class AccessPackage(models.Model):
    """The zip with everything that is held about one person: sealed in storage, and there for a week."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.OneToOneField(SubjectRequest, on_delete=models.PROTECT, related_name="package")
    file = models.CharField(max_length=200)
    # The file's own key, sealed; without it the file cannot be read, wherever a copy of it is.
    nonce = models.BinaryField(max_length=12, null=True)
    sealed_key = models.BinaryField(null=True)
    size = models.BigIntegerField()  # bytes of the zip
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)
    downloaded_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.file


class SharingOptOut(models.Model):
    """Whose data is not sold or shared (CCPA §1798.120): an account's, what stands in one item, or all
    that is a person's in dialogues, also what comes in later. subject: a DataSubject's id, to which a later
    import of the same person leads again."""

    class Source(models.TextChoices):
        REQUEST = "request"
        SIGNAL = "gpc"  # the browser's Global Privacy Control

    id = models.BigAutoField(primary_key=True)
    account = models.UUIDField(null=True, unique=True)
    item = models.UUIDField(null=True, unique=True)
    subject = models.UUIDField(null=True, unique=True)
    source = models.CharField(max_length=7, choices=Source.choices, default=Source.REQUEST)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(account__isnull=False, item__isnull=True, subject__isnull=True)
                | Q(account__isnull=True, item__isnull=False, subject__isnull=True)
                | Q(account__isnull=True, item__isnull=True, subject__isnull=False),
                name="sharing_opt_out_of_one",
            )
        ]

    def __str__(self) -> str:
        return f"{self.account or self.item or self.subject} {self.source}"

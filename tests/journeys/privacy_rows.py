"""Requests of data subjects in every state, for the pages that show them."""

from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.utils import timezone

from accounts.models import User
from privacy import links
from privacy.carrying_out import carry_out_waiting
from privacy.models import SubjectRequest
from privacy.particulars import Value
from privacy.services import requests
from tests.factories import make_user

PASSWORD = "correct horse battery"


def requested(annotator: User, admin: User) -> dict[str, Any]:
    """A download, an erasure with its certificate, letters that wait, one of them overdue."""
    cache.clear()
    mine = requests.open_for_account(user=annotator, kind="access")
    gone = make_user("gone")
    gone.set_password(PASSWORD)
    gone.save()
    erased = requests.open_for_account(user=gone, kind="erasure", password=PASSWORD)
    carry_out_waiting()
    asked = requests.open_for_address(address="maria@example.org", kind="access", language="en")
    letters = [letter(admin, kind) for kind in ("erasure", "rectification", "restrict")]
    for row, days in zip(letters, (3, -2, 20), strict=True):
        due = timezone.localdate() + timedelta(days=days)
        SubjectRequest.objects.filter(pk=row.pk).update(due_on=due)
    return {
        "mine": mine.pk,
        "erased": erased.pk,
        "letter": letters[0].pk,
        "wrong": letters[1].pk,
        "verify": links.token_of(asked, links.VERIFY),
        "see": links.token_of(erased, links.SEE),
    }


def letter(admin: User, kind: str) -> SubjectRequest:
    return requests.record_letter(
        actor=admin,
        kind=kind,
        regime="gdpr",
        values=[Value("email", "maria.jensen@example.org"), Value("name", "Maria Jensen 玛丽亚")],
        proof="She showed her passport at the desk.",
        received_on=timezone.localdate() - timedelta(days=5),
        contact="maria.jensen@example.org",
        correction={"old": "Jensen", "new": "Jenssen"} if kind == "rectification" else None,
    )

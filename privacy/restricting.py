"""Restrictions that meet in one dialogue, or at one account: each holds until it is lifted itself."""

from dataclasses import replace

from django.db import connection

from privacy.holders import Subject
from privacy.models import SubjectRequest
from privacy.subject_search import subject_of


def take_turn() -> None:
    """Until the commit nobody else restricts or lifts."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('privacy.restrictions'))")


def without_others(row: SubjectRequest, subject: Subject) -> Subject:
    """What of it no other restriction in force holds as well."""
    in_force = SubjectRequest.objects.filter(
        kind=SubjectRequest.Kind.RESTRICT, state=SubjectRequest.State.CLOSED, lifted_at=None
    )
    others = [subject_of(other) for other in in_force.exclude(pk=row.pk).order_by("pk")]
    held = frozenset[object]().union(*(other.items for other in others))
    accounts = {other.account for other in others}
    return replace(
        subject,
        account=None if subject.account in accounts else subject.account,
        items=frozenset(item for item in subject.items if item not in held),
        subjects=subject.subjects.difference(*(other.subjects for other in others)),
    )

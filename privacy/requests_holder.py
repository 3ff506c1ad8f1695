"""What requests themselves hold about a person: what was asked and when, sealed particulars, downloads."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from privacy import mentions, packaging
from privacy.holders import Holding, Subject, Terms
from privacy.models import AccessPackage, SharingOptOut, SubjectRequest
from privacy.particulars import digest_of

State, Kind = SubjectRequest.State, SubjectRequest.Kind
_SHOWN = ("id", "kind", "state", "regime", "received_on", "due_on", "closed_at", "reason")


class RequestsHolder:
    name = "privacy_requests"
    rank = 50

    def holdings(self, subject: Subject) -> Iterator[Holding]:
        rows = _requests(subject).order_by("id").values(*_SHOWN).iterator(chunk_size=500)
        yield Holding(
            "privacy_requests", _("Your requests about your data"), rows,
            _("To answer them in time, and to prove that we did."), source=_("You."),
        )  # fmt: skip
        yield Holding(
            "sharing_opt_outs", _("Your opt-outs of sale and sharing"), _opt_outs_shown(subject),
            _("To heed them."), source=_("You, or your browser's signal."),
        )  # fmt: skip

    def erase(self, subject: Subject, terms: Terms) -> dict[str, int]:
        """That there were requests stays on record, under a digest; the erasure's own particulars go when its
        answer is out."""
        packages = list(_packages(subject))
        for package in packages:
            transaction.on_commit(partial(packaging.delete_file, package))
        AccessPackage.objects.filter(pk__in=[package.pk for package in packages]).update(
            nonce=None, sealed_key=None, deleted_at=timezone.now()
        )
        others = _requests(subject).exclude(kind=Kind.ERASURE)
        ended = others.filter(state__in=[State.RECEIVED, State.VERIFIED, State.WORKING]).update(
            state=State.REFUSED, closed_at=timezone.now(), reason=_("The data was erased."), mail=""
        )
        others.filter(kind=Kind.RESTRICT, lifted_at=None).update(lifted_at=timezone.now())
        unsealed = others.filter(sealed__isnull=False).update(nonce=None, sealed=None, mail="")
        done = {
            "packages": len(packages), "requests_ended": ended, "particulars": unsealed,
            "opt_outs": _opt_outs(subject).delete()[0],
            "mentions": mentions.scrub_words("privacy", subject.values),
        }  # fmt: skip
        return {name: count for name, count in done.items() if count}

    def restrict(self, subject: Subject, *, restricted: bool) -> dict[str, int]:
        """Nothing to stop: a request is answered all the same."""
        return {}

    def residue(self, subject: Subject) -> dict[str, int]:
        left = {
            "packages": _packages(subject).count(),
            "particulars": _requests(subject).exclude(kind=Kind.ERASURE).filter(sealed__isnull=False).count(),
            "opt_outs": _opt_outs(subject).count(),
            **mentions.count_mentions("privacy", subject.values),
        }
        return {name: count for name, count in left.items() if count}


def _requests(subject: Subject) -> QuerySet[SubjectRequest]:
    """By account, or by an address that the person has shown to be theirs."""
    mine = Q(contact_digest__in=[digest_of([value]) for value in subject.values])
    if subject.account is not None:
        mine |= Q(account=subject.account)
    return SubjectRequest.objects.filter(mine)


def _packages(subject: Subject) -> QuerySet[AccessPackage]:
    return AccessPackage.objects.filter(request__in=_requests(subject), deleted_at=None)


def _opt_outs(subject: Subject) -> QuerySet[SharingOptOut]:
    mine = Q(item__in=subject.items) | Q(subject__in=subject.subjects)
    if subject.account is not None:
        mine |= Q(account=subject.account)
    return SharingOptOut.objects.filter(mine)


def _opt_outs_shown(subject: Subject) -> Iterator[dict[str, Any]]:
    for row in _opt_outs(subject).order_by("id").values("item", "source", "created_at").iterator(500):
        yield dict(row)

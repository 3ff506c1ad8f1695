"""What customer service holds about a person: pairs made of their dialogues, and their own chats."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from applications.customer_service.models import Conversation, Exchange, Pair, Unknown
from privacy import mentions
from privacy.holders import Holding, Subject, Terms


class CustomerServiceHolder:
    name = "customer_service"
    rank = 8  # pairs point at items, which are erased later

    def holdings(self, subject: Subject) -> Iterator[Holding]:
        yield Holding(
            "answer_pairs", _("Questions and answers out of your dialogues"),
            _rows(self._pairs(subject), "question", "answer", "created_at"), _("To answer customers."),
        )  # fmt: skip
        if subject.account is not None:
            asked = Exchange.objects.filter(conversation__asked_by=subject.account)
            yield Holding(
                "chats", _("What you asked customer service"),
                _rows(asked, "text", "answer", "created_at"), _("To answer you."), source=_("You."),
            )  # fmt: skip

    def erase(self, subject: Subject, terms: Terms) -> dict[str, int]:
        """Whole pairs and questions go: a pair with its words cut out would answer nobody, and its vector
        and words say what the text said."""
        done = {
            "answer_pairs": self._pairs(subject).delete()[0],
            "unknown_questions": self._naming(Unknown, subject, "text").delete()[0],
            "exchanges": self._naming(Exchange, subject, "text", "answer").delete()[0],
        }
        if subject.account is not None:
            done["conversations"] = Conversation.objects.filter(asked_by=subject.account).delete()[0]
            done["made_by"] = Pair.objects.filter(created_by=subject.account).update(created_by=None)
        return {name: count for name, count in done.items() if count}

    def restrict(self, subject: Subject, *, restricted: bool) -> dict[str, int]:
        """No pair of a restricted dialogue answers; resumed, only what was on before would be, which nobody
        noted, so the project's own people switch them on again."""
        if not restricted:
            return {}
        count = self._pairs(subject).filter(is_on=True).update(is_on=False)
        return {"answer_pairs": count} if count else {}

    def residue(self, subject: Subject) -> dict[str, int]:
        left = dict(mentions.count_mentions("customer_service", subject.values))
        left["answer_pairs"] = Pair.objects.filter(item__in=subject.items).count()
        if subject.account is not None:
            left["conversations"] = Conversation.objects.filter(asked_by=subject.account).count()
        return {name: count for name, count in left.items() if count}

    def _pairs(self, subject: Subject) -> QuerySet[Pair]:
        naming = self._naming(Pair, subject, "question", "answer")
        return Pair.objects.filter(Q(item__in=subject.items) | Q(pk__in=naming.values("pk")))

    def _naming(self, model: Any, subject: Subject, *columns: str) -> QuerySet[Any]:
        found = Q(pk__in=[])
        for value in mentions.telling(subject.values):
            for column in columns:
                found |= Q(**{f"{column}__icontains": value})
        return model._default_manager.filter(found)  # type: ignore[no-any-return]


def _rows(found: QuerySet[Any], *names: str) -> Iterator[dict[str, Any]]:
    return (dict(row) for row in found.order_by("pk").values(*names).iterator(chunk_size=500))

"""What customer service holds about a person: pairs made of their dialogues, and their own chats."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from applications import subjects
from applications.customer_service.access import TEMPLATE
from applications.customer_service.models import Conversation, Exchange, Ground, Knowledge, Pair, Unknown
from applications.customer_service.services.joining import follow, reopen
from privacy import mentions
from privacy.holders import Holding, Subject, Terms
from tasks_app.models import Item
from training.erasing_data import empty_asked
from training.models import Prediction


class CustomerServiceHolder:
    name = "customer_service"
    rank = 4  # before the vault, which forgets who the subjects are, and before the items of the pairs

    def holdings(self, subject: Subject) -> Iterator[Holding]:
        yield Holding(
            "answer_pairs", _("Questions and answers out of your dialogues"),
            _rows(_pairs(subject), "question", "answer", "created_at"), _("To answer customers."),
        )  # fmt: skip
        asked = Exchange.objects.filter(conversation__in=_chats(subject))
        yield Holding(
            "chats", _("What you asked customer service"),
            _rows(asked, "text", "answer", "created_at"), _("To answer you."), source=_("You."),
        )  # fmt: skip
        rated = _chats(subject).exclude(rating=None)
        yield Holding(
            "chat_ratings", _("How content you were with customer service"),
            _rows(rated, "rating", "ended_at"), _("To answer better."), source=_("You."),
        )  # fmt: skip

    def erase(self, subject: Subject, terms: Terms) -> dict[str, int]:
        """Whole pairs and questions go: a pair with its words cut out would answer nobody, and its vector
        and words say what the text said."""
        subjects.lock(subject)
        made = _tasks(subject)
        done = {
            "answer_pairs": _erase_pairs(replace(subject, items=subject.items | made), _first_asked(subject)),
            "items": subjects.erase_items(made, terms, but=self.name),
            "unknown_questions": _erase_questions(subject),
            "predictions": empty_asked(_asked(subject)).get("predictions", 0),
            "conversations": _chats(subject).delete()[0],
            "exchanges": _naming(Exchange, subject, "text", "answer").delete()[0],
        }
        if subject.account is not None:
            done["made_by"] = Pair.objects.filter(created_by=subject.account).update(created_by=None)
        return {name: count for name, count in done.items() if count}

    def restrict(self, subject: Subject, *, restricted: bool) -> dict[str, int]:
        """No pair of a restricted dialogue answers, and no question in the person's words is anybody's task.
        When that ends, what is approved stands again by itself; a pair that only names the person, or was
        written for their question, was switched off, and is for the project's people to switch on."""
        subjects.lock(subject)
        asked = _first_asked(subject)
        questions = Unknown.objects.filter(pk__in=asked).update(restricted=restricted)
        items = subjects.restrict_items(_tasks(subject), restricted=restricted, but=self.name)
        done = {"unknown_questions": questions, "items": items}
        if restricted:
            done["answer_pairs"] = _restrict_pairs(subject, asked)
        else:
            Knowledge.objects.filter(project__in=_projects(subject)).update(looked_at=None)
        return {name: count for name, count in done.items() if count}

    def residue(self, subject: Subject) -> dict[str, int]:
        left = dict(mentions.count_mentions("customer_service", subject.values))
        left["answer_pairs"] = _of_items(subject).count()
        left["conversations"] = _chats(subject).count()
        return {name: count for name, count in left.items() if count}


def _restrict_pairs(subject: Subject, asked: Collection[UUID]) -> int:
    grounds = Ground.objects.filter(item__in=subject.items, holds=True)
    places = list(grounds.values_list("pair__project", "pair"))
    grounds.update(holds=False)
    count = sum(follow(project, [pair for one, pair in places if one == project]) for project in dict(places))
    naming = Q(pk__in=_naming(Pair, subject, "question", "answer").values("pk"))
    theirs = Pair.objects.filter(naming | Q(pk__in=_written_for(asked)), is_on=True)
    return count + theirs.update(is_on=False)


def _chats(subject: Subject) -> QuerySet[Conversation]:
    """Their own: asked while signed in, or by a program that said for whom."""
    asked = Q(subject__in=subject.subjects)
    if subject.account is not None:
        # What a program asks for a customer it names is that customer's, not the program's owner's.
        asked |= Q(asked_by=subject.account, subject=None)
    return Conversation.objects.filter(asked)


def _of_items(subject: Subject) -> QuerySet[Pair]:
    resting = Ground.objects.filter(item__in=subject.items, pair=OuterRef("pk"))
    return Pair.objects.filter(Q(item__in=subject.items) | Exists(resting))


def _pairs(subject: Subject) -> QuerySet[Pair]:
    naming = _naming(Pair, subject, "question", "answer")
    return Pair.objects.filter(Q(pk__in=_of_items(subject).values("pk")) | Q(pk__in=naming.values("pk")))


def _projects(subject: Subject) -> list[Any]:
    rows = Ground.objects.filter(item__in=subject.items)
    return list(rows.order_by().values_list("pair__project", flat=True).distinct())


def _erase_pairs(subject: Subject, asked: Collection[UUID]) -> int:
    """A pair that somebody else's dialogue says as well comes back from there, by a reading of everything."""
    found = Q(pk__in=_pairs(subject).values("pk")) | Q(pk__in=_written_for(asked))
    pairs = list(Pair.objects.filter(found).values_list("pk", flat=True))
    shared = Ground.objects.filter(pair__in=pairs).exclude(item__in=subject.items)
    projects = list(shared.order_by().values_list("pair__project", flat=True).distinct())
    Knowledge.objects.filter(project__in=projects).update(seen_until=None)
    reopen(Unknown.objects.filter(pair__in=pairs))
    return Pair.objects.filter(pk__in=pairs).delete()[0]


def _first_asked(subject: Subject) -> list[UUID]:
    """Questions in their words: they asked them first."""
    first = Exchange.objects.filter(unknown=OuterRef("pk")).order_by("pk").values("conversation")[:1]
    rows = Unknown.objects.annotate(first=Subquery(first)).filter(first__in=_chats(subject).values("pk"))
    return list(rows.values_list("pk", flat=True))


def _written_for(asked: Collection[UUID]) -> QuerySet[Unknown, Any]:
    """Pairs whose question is one of these, word for word: their answer was written for it."""
    rows = Unknown.objects.filter(pk__in=asked, pair__source=Pair.Source.UNKNOWN)
    return rows.values("pair")


def _tasks(subject: Subject) -> frozenset[UUID]:
    """Items that were made of their questions, and of what was said of answers to them."""
    found = Q(pk__in=[])
    for row in Unknown.objects.filter(pk__in=_first_asked(subject)).defer("vector"):
        found |= Q(project=row.project_id, external_id=row.external_id)
    own = Item.objects.filter(found).values_list("pk", flat=True)
    return frozenset(own) | subjects.items_of_cases(_asked(subject))


def _erase_questions(subject: Subject) -> int:
    """Those that name them, and those in their words: of a question that others asked too, the words of the
    next of them stay. Their asking counts no longer."""
    done = int(_naming(Unknown, subject, "text").delete()[0])
    theirs = Exchange.objects.filter(conversation__in=_chats(subject), unknown__isnull=False)
    for row in Unknown.objects.filter(pk__in=theirs.values("unknown")).select_for_update().order_by("pk"):
        others = row.exchanges.exclude(pk__in=theirs.values("pk")).order_by("pk")
        first = row.exchanges.order_by("pk").first()
        if (next_ := others.first()) is None:
            row.delete()
        else:
            _count_without(row, theirs.filter(unknown=row).count())
            if first is not None and first.pk != next_.pk:
                _say_as(row, next_.text)
        done += 1
    return done


def _count_without(row: Unknown, theirs: int) -> None:
    row.asked = max(1, row.asked - theirs)
    row.save(update_fields=["asked"])


def _say_as(row: Unknown, text: str) -> None:
    row.text, row.restricted = text, False
    # The vector says what their words said; without an encoder's name it is compared with nothing.
    row.vector, row.encoder = [0.0] * len(row.vector), ""
    row.save(update_fields=["text", "restricted", "vector", "encoder"])


def _asked(subject: Subject) -> set[UUID]:
    """What models were asked for their chats, word for word; also what no chat points to, because a process
    was killed before it was written."""
    rows = Exchange.objects.filter(conversation__in=_chats(subject)).values_list("predictions", flat=True)
    told = {UUID(pk) for row in rows.iterator(chunk_size=500) for pk in row.values()}
    known = Prediction.objects.filter(
        subject__in=subject.subjects, version__model__project__template=TEMPLATE
    )  # fmt: skip
    return told | set(known.values_list("pk", flat=True))


def _naming(model: Any, subject: Subject, *columns: str) -> QuerySet[Any]:
    found = Q(pk__in=[])
    for value in mentions.telling(subject.values):
        for column in columns:
            found |= Q(**{f"{column}__icontains": value})
    return model._default_manager.filter(found)  # type: ignore[no-any-return]


def _rows(found: QuerySet[Any], *names: str) -> Iterator[dict[str, Any]]:
    return (dict(row) for row in found.order_by("pk").values(*names).iterator(chunk_size=500))

"""Whose interactions these are: found by a request, forgotten in counts, and left out of profiles."""

import threading
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction

from applications.recommendation import learning, persons, popularity, replay
from applications.recommendation.holder import RecommendationHolder
from applications.recommendation.models import CatalogueItem, Interaction, Person
from privacy.holders import Subject, Terms, all_holders
from privacy.models import DataSubject, SharingOptOut
from privacy.services.subjects import find_subjects
from tests.applications.recommendation.conftest import Library, book, used

TERMS = Terms(uuid4())
holder = RecommendationHolder()


def subject_of(library: Library, key: str) -> Subject:
    """As a request finds the person, by the number that is proven to be theirs."""
    [match] = find_subjects(values=[key])
    assert match.by_reference and match.subject.pk == persons.person_id(library.project.pk, key)
    return Subject(values=(key,), subjects=frozenset({match.subject.pk}))


def sums() -> dict[str, float]:
    return dict(CatalogueItem.objects.values_list("external_id", "popularity"))


@pytest.mark.django_db
def test_the_name_of_a_person_stands_nowhere(stocked: Library) -> None:
    with connection.cursor() as cursor:
        for table in ("recommendation_person", "recommendation_interaction", "privacy_datasubject"):
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", ["%reader-%"])  # noqa: S608
            assert cursor.fetchone()[0] == 0


@pytest.mark.django_db
def test_a_person_sees_their_interactions_and_nobody_elses(stocked: Library) -> None:
    [held] = holder.holdings(subject_of(stocked, "reader-5"))
    rows = list(held.rows)
    mine = Interaction.objects.filter(person=persons.person_id(stocked.project.pk, "reader-5"))
    assert len(rows) == mine.count() > 3 and set(rows[0]) == {"item", "kind", "at"}


@pytest.mark.django_db
def test_an_erased_person_is_forgotten_in_the_counts(library: Library) -> None:
    library.push(items=[book(1), book(2)], interactions=[used("other", 1, 5)])
    without = sums()
    library.push(interactions=[used("mine", 1, 4), used("mine", 2, 3, kind="liked")])
    assert sums() != without
    subject = subject_of(library, "mine")
    with transaction.atomic():
        for one in all_holders():
            one.erase(subject, TERMS)
    assert sums() == without  # to the last bit: counted anew, not subtracted
    assert not holder.residue(subject) and not DataSubject.objects.filter(pk__in=subject.subjects).exists()
    assert holder.erase(subject, TERMS) == {}
    assert library.ask("recommend", {"person": "mine"}).json()["why_no_profile"] == "nobody"


@pytest.mark.django_db
def test_who_opted_out_of_profiling_gets_what_is_popular(matched: Library) -> None:
    usual = matched.ask("recommend", {"person": "reader-3"}).json()
    person = Person.objects.get(pk=persons.person_id(matched.project.pk, "reader-3"))
    SharingOptOut.objects.create(subject=person.pk)
    answer = matched.ask("recommend", {"person": "reader-3"}).json()
    assert usual["profile"] and answer["why_no_profile"] == "opted_out"
    assert answer["weights"]["match"] == answer["weights"]["similarity"] == 0
    assert not any(line["because"] or line["prediction"] for line in answer["results"])
    seen = set(person.interactions.values_list("item__external_id", flat=True))
    assert not seen & {line["item"] for line in answer["results"]}  # what they have they need not be offered
    assert len(replay.read_past(matched.project).testing) == 39  # and no weight is learned from them


@pytest.mark.django_db
def test_a_restricted_person_counts_nowhere_until_that_ends(library: Library) -> None:
    library.push(items=[book(1)], interactions=[used("other", 1, 5)])
    without = sums()
    library.push(interactions=[used("mine", 1, 4)])
    whole, subject = sums(), subject_of(library, "mine")
    for one in all_holders():
        one.restrict(subject, restricted=True)
    assert sums() == without
    assert library.ask("recommend", {"person": "mine"}).json()["why_no_profile"] == "opted_out"
    library.push(interactions=[used("mine", 1, 2)])  # what comes in later neither
    assert sums() == without
    for one in all_holders():
        one.restrict(subject, restricted=False)
    assert sums()["b-1"] > whole["b-1"]


@pytest.mark.django_db(transaction=True)
def test_an_erasure_and_a_push_of_the_same_person_wait_for_each_other(library: Library) -> None:
    """Neither a deadlock nor a row of somebody who is gone, whichever comes first."""
    library.push(items=[book(1), book(2), book(3)])
    for turn in range(6):
        library.push(interactions=[used("mine", 1, 5 + turn)])
        subject, failed = subject_of(library, "mine"), list[BaseException]()
        work = [lambda s=subject: erase(s), lambda t=turn: push(library, t)]
        run_together(work, failed)
        assert not failed
        left = Person.objects.filter(pk__in=subject.subjects)
        assert Interaction.objects.count() == sum(one.interactions.count() for one in left)
        stored = sums()
        with transaction.atomic():
            popularity.recount(list(CatalogueItem.objects.values_list("pk", flat=True)), 30.0)
        assert sums() == stored


def erase(subject: Subject) -> None:
    with transaction.atomic():
        for one in all_holders():
            one.erase(subject, TERMS)


def push(library: Library, turn: int) -> None:
    rows: list[dict[str, Any]] = [used("mine", number, 20 + turn + number) for number in (3, 2, 1)]
    library.push(interactions=rows)


def run_together(work: list[Any], failed: list[BaseException]) -> None:
    barrier = threading.Barrier(len(work))

    def run(one: Any) -> None:
        try:
            barrier.wait(10)
            one()
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


@pytest.mark.django_db(transaction=True)
def test_two_who_push_the_same_at_once_count_once(library: Library) -> None:
    library.push(items=[book(number) for number in range(6)])
    rows = [used(f"r-{n}", n % 6, n) for n in range(30)]
    failed: list[BaseException] = []
    run_together([lambda r=r: library.push(interactions=r) for r in (rows, rows[::-1], rows)], failed)
    assert not failed and Interaction.objects.count() == 30
    stored = sums()
    learning.recount_all(library.project.pk, 30.0)
    assert sums() == stored

"""Erasure, access and restriction reach authors and readers by the ids that they are known by."""

from typing import Any
from uuid import uuid4

import pytest

from applications.social_content.holder import SocialContentHolder
from applications.social_content.models import Person, Post, Shown
from applications.social_content.ranking import Weights
from applications.social_content.scoring_round import read_posts
from applications.social_content.services import feed
from applications.social_content.services.feed import Reader, make_feed
from applications.social_content.services.moderation import Finding, decide_post
from applications.social_content.services.people import set_person
from applications.social_content.services.posts import NewPost, take_posts
from common.errors import Conflict
from privacy.holders import Subject, Terms, all_holders
from privacy.models import SharingOptOut
from privacy.services.subjects import find_subjects, items_of
from tasks_app.importing import job as work
from tasks_app.models import ImportJob, Item, Project
from tests.applications.social_content.test_posts import shown
from training.models import FeedbackCase, ModelVersion, Prediction
from training.services.cases import make_tasks
from training.services.feedback import give_feedback

pytestmark = pytest.mark.django_db
ANNA = Subject(values=("anna-1742",))
HOLDER = SocialContentHolder()


@pytest.fixture
def known(project: Project, running: ModelVersion) -> Project:
    """Anna posts and reads; somebody else posts as well."""
    mine = [NewPost(key="a", text="My garden has roses.", author="anna-1742"),
            NewPost(key="m", text="Maybe my garden has lilies.", author="anna-1742")]  # fmt: skip
    take_posts(
        project=project, posts=[*mine, NewPost(key="o", text="Soup.", author="bo")], actor=project.owner
    )
    read_posts(project.pk)
    person = set_person(
        project=project, person="anna-1742", interests="roses", profiling=True, actor=project.owner
    )
    make_feed(project=project, reader=Reader.of(person), count=5, weights=Weights(), actor=project.owner)
    return project


def test_what_is_held_is_shown_to_whom_it_is_about(known: Project) -> None:
    held = {one.name: list(one.rows) for one in HOLDER.holdings(ANNA)}
    assert [row["key"] for row in held["posts"]] == ["a", "m"]
    assert held["interests"][0]["interests"] == "roses"
    nobody = {one.name: list(one.rows) for one in HOLDER.holdings(Subject(values=("carol",)))}
    assert nobody == {"posts": [], "interests": []}


def test_an_erasure_leaves_nothing_of_posts_interests_and_what_was_made_of_them(known: Project) -> None:
    doubtful = Post.objects.get(key="m")
    finding = Finding(label="safe", reason="It speaks of flowers.", seen=0)
    decide_post(post=doubtful, finding=finding, moderator=known.owner)
    work.run(ImportJob.objects.get().pk)
    done = HOLDER.erase(ANNA, Terms(request=uuid4()))
    assert (done["posts"], done["people"], done["items"]) == (2, 1, 1)
    assert HOLDER.residue(ANNA) == {}
    assert list(Post.objects.values_list("key", flat=True)) == ["o"] and not Person.objects.exists()
    assert not Prediction.objects.filter(payload__icontains="garden").exists()
    assert not Prediction.objects.filter(payload__icontains="roses").exists()
    assert not Item.objects.filter(payload__icontains="garden").exists()
    assert HOLDER.erase(ANNA, Terms(request=uuid4())) == {}


def test_whoever_is_restricted_is_neither_shown_nor_profiled(known: Project) -> None:
    assert "a" in shown(known)
    HOLDER.restrict(ANNA, restricted=True)
    assert shown(known) == ["o"]
    assert not Reader.of(Person.objects.get()).profiling
    HOLDER.restrict(ANNA, restricted=False)
    assert "a" in shown(known)


def by_number() -> Subject:
    """As a request finds her by the id that is proven to be hers."""
    [match] = find_subjects(values=["anna-1742"])
    return Subject(subjects=frozenset({match.subject.pk}), items=match.items)


def say(project: Project, **texts: str) -> None:
    posts = [NewPost(key=key, text=text, author="anna-1742") for key, text in texts.items()]
    take_posts(project=project, posts=posts, actor=project.owner)


def wish(project: Project, person: str = "anna-1742") -> Person:
    return set_person(project=project, person=person, interests="tulips", profiling=True, actor=project.owner)


def test_what_a_restricted_author_or_reader_sends_later_is_restricted_too(known: Project) -> None:
    for one in all_holders():
        one.restrict(by_number(), restricted=True)
    say(known, late="My garden has tulips.", a="My garden has no roses.")
    assert read_posts(known.pk) == 0 and shown(known) == ["o"]
    assert wish(known).interests == "" and not Reader.of(Person.objects.get()).profiling
    assert wish(known, "bo").interests == "tulips"
    for one in all_holders():
        one.restrict(by_number(), restricted=False)
    assert read_posts(known.pk) == 2 and "late" in shown(known)


def test_by_the_name_alone_as_well(known: Project) -> None:
    HOLDER.restrict(ANNA, restricted=True)
    say(known, x="Tulips.")
    assert Post.objects.get(key="x").restricted


def test_whoever_has_opted_out_of_sharing_is_not_profiled(known: Project) -> None:
    person = Person.objects.get()
    assert Reader.of(person).profiling
    SharingOptOut.objects.create(subject=person.subject)
    assert not Reader.of(person).profiling
    row = wish(known)
    assert row.interests == "" and not Shown.objects.filter(person=row).exists()


def test_items_of_feedback_go_with_whom_they_are_about(known: Project) -> None:
    post = Post.objects.get(key="a")
    give_feedback(prediction=Prediction.objects.get(pk=post.prediction), author=known.owner, thumbs=-1)
    match = Shown.objects.filter(post=post).get().prediction
    give_feedback(prediction=match, author=known.owner, thumbs=-1)
    for case in FeedbackCase.objects.all():
        make_tasks(model=case.model, case_ids=[case.pk], actor=known.owner)
    for job in ImportJob.objects.filter(state="queued"):
        work.run(job.pk)
    assert Item.objects.count() == 2 and len(items_of(post.subject)) == 2
    HOLDER.erase(ANNA, Terms(request=uuid4()))
    assert not Item.objects.filter(payload__icontains="roses").exists()
    assert not FeedbackCase.objects.filter(payload__icontains="roses").exists()


def test_a_reader_who_is_erased_while_posts_are_matched_leaves_nothing(
    known: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    matched = feed._matches

    def match(*asked: Any) -> Any:
        found = matched(*asked)
        HOLDER.erase(ANNA, Terms(request=uuid4()))
        return found

    take_posts(project=known, posts=[NewPost(key="g", text="A garden.", author="bo")], actor=known.owner)
    read_posts(known.pk)
    reader = Reader.of(Person.objects.get())
    before = Prediction.objects.count()
    monkeypatch.setattr(feed, "_matches", match)
    with pytest.raises(Conflict):
        make_feed(project=known, reader=reader, count=5, weights=Weights(), actor=known.owner)
    assert Prediction.objects.count() < before and not Shown.objects.exists()

"""Erasure, access and restriction reach authors and readers by the ids that they are known by."""

from uuid import uuid4

import pytest

from applications.social_content.holder import SocialContentHolder
from applications.social_content.models import Person, Post
from applications.social_content.ranking import Weights
from applications.social_content.scoring_round import read_posts
from applications.social_content.services.feed import Reader, make_feed
from applications.social_content.services.moderation import Finding, decide_post
from applications.social_content.services.people import set_person
from applications.social_content.services.posts import NewPost, take_posts
from privacy.holders import Subject, Terms
from tasks_app.importing import job as work
from tasks_app.models import ImportJob, Item, Project
from tests.applications.social_content.test_posts import shown
from training.models import ModelVersion, Prediction

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

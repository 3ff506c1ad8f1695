"""Hidden posts: the queue, decisions, two moderators at once, the author's page and objection."""

import threading
import time
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Role, User
from accounts.roles import grant
from annotations.models import Consensus
from applications.social_content import pages, presenting
from applications.social_content.access import token_of
from applications.social_content.models import Decision, Objection, Post
from applications.social_content.scoring_round import read_posts
from applications.social_content.services.moderation import Finding, decide_post, hidden_posts, object_to
from common.errors import Conflict, Invalid
from common.models import AuditEvent, AuditNote
from tasks_app.importing import job as work
from tasks_app.models import ImportJob, Item, Project
from tests.applications.social_content.test_posts import GARDEN, RUDE, path_of, send, shown
from tests.factories import client_of, make_user
from training.models import ModelVersion

pytestmark = pytest.mark.django_db


@pytest.fixture
def hidden(project: Project, running: ModelVersion) -> Post:
    send(project, {"a": GARDEN, "b": RUDE, "c": "Maybe it rains."})
    read_posts(project.pk)
    return Post.objects.get(key="b")


def found(label: str = "harassment", seen: int = 0) -> Finding:
    return Finding(label=label, reason="It drives somebody out.", seen=seen)


def why(post: Post, **said: Any) -> Any:
    path = f"/projects/{post.project_id}/social-content/why/{token_of(post)}/"
    return Client().post(path, said) if said else Client().get(path)


def test_the_likeliest_to_be_hidden_wrongly_comes_first(project: Project, hidden: Post) -> None:
    answer = client_of(project.owner).get(path_of(project, "moderation")).json()
    assert answer["count"] == 2 and [one["id"] for one in answer["results"]] == ["c", "b"]
    object_to(post=hidden, words="It was a joke among friends.")
    answer = client_of(project.owner).get(path_of(project, "moderation")).json()
    assert [one["id"] for one in answer["results"]] == ["b", "c"]
    assert answer["results"][0]["objection"] == "It was a joke among friends."


def test_a_reviewer_decides_and_the_post_is_shown_or_hidden_for_good(project: Project, hidden: Post) -> None:
    reviewer = make_user("reviewer")
    grant(reviewer, Role.REVIEWER, project.pk)
    client, doubtful = client_of(reviewer), Post.objects.get(key="c")
    said = {"label": "safe", "reason": "It speaks of the weather.", "seen": 0}
    answer = client.post(path_of(project, f"moderation/{doubtful.pk}/decide"), said, format="json")
    assert answer.status_code == 201 and answer.json()["safe"] is True
    assert sorted(shown(project)) == ["a", "c"]
    decide_post(post=hidden, finding=found(), moderator=reviewer)
    assert list(hidden_posts(project)) == []
    assert client.get(path_of(project, "floor")).status_code in {403, 404}  # no reviewer sets it


def test_a_decision_is_audited_and_becomes_a_labelled_item(project: Project, hidden: Post) -> None:
    decision = decide_post(post=hidden, finding=found(), moderator=project.owner)
    event = AuditEvent.objects.get(action="social.post_decided")
    assert event.actor == project.owner.pk and event.data == {"label": "harassment", "objection": False}
    assert AuditNote.objects.get(event=event.pk).text == decision.reason
    work.run(ImportJob.objects.get().pk)
    item = Item.objects.get(project=project)
    assert item.split == "train" and item.payload == {"turns": [{"speaker": "post", "text": RUDE}]}
    row = Consensus.objects.get(item=item, value__isnull=False)
    assert (row.field, row.value) == ("safety", [{"turn": 0, "label": "harassment"}])
    assert row.state == Consensus.State.APPROVED


def test_nothing_is_decided_without_a_reason_or_with_an_unknown_label(project: Project, hidden: Post) -> None:
    for wrong in (Finding(label="harassment", reason="  ", seen=0), found("nonsense")):
        with pytest.raises(Invalid):
            decide_post(post=hidden, finding=wrong, moderator=project.owner)
    assert not Decision.objects.exists() and not ImportJob.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_moderators_at_once_the_first_one_decides(project: Project, hidden: Post) -> None:
    both, outcomes = threading.Barrier(2), []
    moderators = [project.owner, make_user("second")]

    def decide(moderator: User, label: str) -> None:
        both.wait()
        try:
            outcomes.append(decide_post(post=hidden, finding=found(label), moderator=moderator).label)
        except Conflict as refused:
            outcomes.append(refused.code)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=decide, args=pair)
        for pair in zip(moderators, ["harassment", "safe"], strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("decided") == 1 and Decision.objects.count() == 1
    assert Post.objects.get(pk=hidden.pk).decided is Decision.objects.get().safe


def test_a_page_that_was_looked_at_before_is_refused(project: Project, hidden: Post) -> None:
    decide_post(post=hidden, finding=found(), moderator=project.owner)
    client = Client()
    client.force_login(project.owner)
    path = f"/projects/{project.pk}/social-content/moderation/{hidden.pk}/decide/"
    page = client.post(path, {"label": "safe", "reason": "No.", "seen": 0})
    assert page.status_code == 409 and "Somebody has decided" in page.content.decode()


# --- the author -------------------------------------------------------------------------------------------


def test_the_author_reads_why_and_objects_once(project: Project, hidden: Post) -> None:
    page = why(hidden)
    text = page.content.decode()
    assert page.status_code == 200 and "Your post is hidden" in text and "A program decided this" in text
    assert "Harassment" in text and "Object" in text
    assert why(hidden, words="It quotes a song.").status_code == 302
    assert "It quotes a song." in why(hidden).content.decode()
    again = why(hidden, words="Once more.")
    assert again.status_code == 409 and Objection.objects.count() == 1


def test_an_objection_is_heard_by_a_person_and_not_twice(project: Project, hidden: Post) -> None:
    why(hidden, words="It quotes a song.")
    decision = decide_post(post=hidden, finding=found(), moderator=project.owner)
    objection = Objection.objects.get()
    assert decision.objection == objection and objection.closed_at
    text = why(hidden).content.decode()
    assert decision.reason in text and "A person has looked at it." in text
    with pytest.raises(Conflict):
        object_to(post=hidden, words="Again.")


def test_what_a_person_decided_can_be_objected_to_and_changed(project: Project, hidden: Post) -> None:
    decide_post(post=hidden, finding=found(), moderator=project.owner)
    work.run(ImportJob.objects.get().pk)
    object_to(post=hidden, words="Please look again.")
    assert list(hidden_posts(project))[0] == hidden
    decide_post(post=hidden, finding=found("safe", seen=1), moderator=project.owner)
    assert "b" in shown(project)
    row = Consensus.objects.get(field="safety", value__isnull=False)
    assert row.value == [{"turn": 0, "label": "safe"}] and row.state == Consensus.State.CORRECTED


def test_a_shown_post_is_not_objected_to(project: Project, hidden: Post) -> None:
    post = Post.objects.get(key="a")
    assert "Your post is shown" in why(post).content.decode()
    with pytest.raises(Conflict):
        object_to(post=post, words="Why not?")


def test_a_forged_link_and_that_of_another_project_lead_nowhere(project: Project, hidden: Post) -> None:
    base = f"/projects/{project.pk}/social-content/why"
    assert Client().get(f"{base}/forged/").status_code == 404
    other = f"/projects/{hidden.pk}/social-content/why/{token_of(hidden)}/"
    assert Client().get(other).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_of_two_objections_at_once_one_is_kept(hidden: Post) -> None:
    both = threading.Barrier(2)

    def say(words: str) -> None:
        both.wait()
        try:
            object_to(post=hidden, words=words)
        except Conflict:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=say, args=(words,)) for words in ("First.", "Second.")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Objection.objects.count() == 1


def test_a_place_in_the_queue_that_is_no_number_is_the_first(project: Project, hidden: Post) -> None:
    client = Client()
    client.force_login(project.owner)
    for after in ("\u00b2", "-1", "x", "99"):
        path = f"/projects/{project.pk}/social-content/moderation/"
        assert client.get(path, {"after": after}).status_code == 200


def test_a_changed_text_may_be_objected_to_again(project: Project, hidden: Post) -> None:
    object_to(post=hidden, words="It is about a trip.")
    decide_post(post=hidden, finding=found(), moderator=project.owner)
    with pytest.raises(Conflict):
        object_to(post=hidden, words="It is!")
    send(project, {"b": "Leave me be."})
    read_posts(project.pk)
    changed = Post.objects.get(pk=hidden.pk)
    said = pages.statement(changed)
    assert said["may_object"] and said["objection"] is None
    assert object_to(post=changed, words="This is another text.").closed_at is None


def test_the_authors_link_works_for_half_a_year(hidden: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    path, day, now = presenting.why_path(hidden), 24 * 3600, time.time()
    for days, status in ((179, 200), (181, 404)):
        monkeypatch.setattr("django.core.signing.time.time", lambda days=days: now + days * day)
        assert Client().get(path).status_code == status

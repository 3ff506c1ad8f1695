"""Posts come in, are read, shown or hidden; over REST."""

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from applications.social_content import scoring, scoring_round, watching
from applications.social_content.calibrating import in_force
from applications.social_content.models import Floor, Person, Post, Shown
from applications.social_content.scoring_round import read_posts
from tasks_app.models import Project
from tests.applications.social_content.conftest import Words, hold, version_of
from tests.factories import client_of, make_user
from training.engine.errors import EngineError
from training.models import ModelVersion, Prediction

pytestmark = pytest.mark.django_db
GARDEN, RUDE = "My garden is full of peas.", "Leave this group, nobody wants you."


def path_of(project: Project, rest: str) -> str:
    return f"/api/v1/projects/{project.pk}/social-content/{rest}"


def send(project: Project, texts: dict[str, str], **more: Any) -> Any:
    posts = [{"id": key, "text": text, **more} for key, text in texts.items()]
    return client_of(project.owner).post(path_of(project, "posts"), {"posts": posts}, format="json")


def feed(project: Project, **said: Any) -> Any:
    response = client_of(project.owner).post(path_of(project, "feed"), said, format="json")
    assert response.status_code == 200, response.content
    return response.json()


def shown(project: Project, **said: Any) -> list[str]:
    return [one["id"] for one in feed(project, **said)["results"]]


def test_a_safe_post_is_shown_and_an_unsafe_one_is_not(project: Project, running: ModelVersion) -> None:
    answer = send(project, {"a": GARDEN, "b": RUDE, "c": "Maybe it rains."})
    assert answer.status_code == 202, answer.content
    assert [one["outcome"] for one in answer.json()["results"]] == ["created"] * 3
    assert shown(project) == []  # not before it was read
    assert read_posts(project.pk) == 3 and read_posts(project.pk) == 0
    assert shown(project) == ["a"] == shown(project, interests="garden")
    client = client_of(project.owner)
    states = {key: client.get(path_of(project, f"posts/{key}")).json()["state"] for key in "abc"}
    assert states == {"a": "shown", "b": "hidden", "c": "hidden"}


def test_the_same_posts_again_change_nothing_and_another_text_is_read_anew(
    project: Project, running: ModelVersion
) -> None:
    send(project, {"a": GARDEN})
    read_posts(project.pk)
    assert send(project, {"a": GARDEN}).json()["results"][0]["outcome"] == "unchanged"
    assert shown(project) == ["a"] and Post.objects.count() == 1
    assert send(project, {"a": RUDE}).json()["results"][0]["outcome"] == "changed"
    assert shown(project) == []
    read_posts(project.pk)
    assert shown(project) == []


def test_a_changed_text_loses_what_a_person_found_of_the_old_one(
    project: Project, running: ModelVersion
) -> None:
    send(project, {"a": GARDEN})
    Post.objects.update(decided=True)
    assert shown(project) == ["a"]
    send(project, {"a": RUDE})
    assert shown(project) == [] and Post.objects.get().decided is None


@pytest.mark.parametrize(
    "body",
    [{"posts": []}, {"posts": [{"id": "a", "text": "x"}, {"id": "a", "text": "y"}]},
     {"posts": [{"id": "a b/c", "text": "x"}]}, {"posts": [{"id": "a", "text": "x", "boost": "NaN"}]}],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused_and_changes_nothing(project: Project, body: Any) -> None:
    answer = client_of(project.owner).post(path_of(project, "posts"), body, format="json")
    assert answer.status_code in {400, 422} and not Post.objects.exists()


def test_a_stranger_learns_nothing(project: Project, running: ModelVersion) -> None:
    client = client_of(make_user("stranger"))
    send(project, {"a": GARDEN})
    for method, rest in [("get", "posts/a"), ("get", "moderation"), ("get", "floor"), ("get", "figures"),
                         ("post", "posts"), ("post", "feed"), ("put", "people"), ("put", "floor"),
                         ("delete", "posts/a"), ("post", "people/forget")]:  # fmt: skip
        answer = getattr(client, method)(path_of(project, rest), {}, format="json")
        assert answer.status_code == 404, (rest, answer.content)
    post = Post.objects.get()
    answer = client.post(path_of(project, f"moderation/{post.pk}/decide"), {}, format="json")
    assert answer.status_code == 404


# --- it fails closed --------------------------------------------------------------------------------------


@pytest.fixture
def posted(project: Project, running: ModelVersion) -> Project:
    send(project, {"a": GARDEN, "b": RUDE})
    read_posts(project.pk)
    assert shown(project) == ["a"]
    return project


def nothing_shown(project: Project) -> bool:
    return shown(project) == [] == shown(project, interests="garden", weights={"match": 1000})


def test_without_a_safety_model_nothing_is_shown(posted: Project, running: ModelVersion) -> None:
    ModelVersion.objects.filter(pk=running.pk).update(stage="candidate")
    assert nothing_shown(posted) and in_force(posted) is None


def test_in_quarantine_nothing_is_shown(posted: Project, running: ModelVersion) -> None:
    ModelVersion.objects.filter(pk=running.pk).update(quarantined_at=timezone.now())
    assert nothing_shown(posted)


def test_a_new_version_shows_nothing_before_its_own_floor_and_reading(
    posted: Project, running: ModelVersion
) -> None:
    newer = version_of(posted, number=2)
    assert nothing_shown(posted)
    hold(posted, newer)
    assert nothing_shown(posted)  # read by the version before only
    assert read_posts(posted.pk) == 2
    assert shown(posted) == ["a"]


def test_where_nothing_can_be_promised_nothing_is_shown(posted: Project, running: ModelVersion) -> None:
    hold(posted, running, threshold=None)
    assert nothing_shown(posted)


def test_while_the_model_fails_or_is_slow_posts_stay_unseen(
    project: Project, running: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any) -> Any:
        raise EngineError("no such file")

    send(project, {"a": GARDEN})
    with monkeypatch.context() as patch:
        patch.setattr(scoring_round, "score_texts", broken)
        assert read_posts(project.pk) == 0
    assert nothing_shown(project)
    assert watching.projects_with_unread() == [project.pk]
    read_posts(project.pk)
    assert shown(project) == ["a"] and watching.projects_with_unread() == []


def test_what_people_found_safe_is_shown_without_any_model(posted: Project, running: ModelVersion) -> None:
    Post.objects.filter(key="b").update(decided=True)
    ModelVersion.objects.filter(pk=running.pk).update(stage="candidate")
    assert shown(posted) == ["b"]


def test_a_text_too_long_to_be_read_is_hidden(
    project: Project, running: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scoring, "MOST_READINGS", 20)
    send(project, {"a": " ".join(f"pea{n}" for n in range(500)), "b": GARDEN})
    read_posts(project.pk)
    assert shown(project) == ["b"] and Post.objects.get(key="a").score == 0


def test_an_unsafe_sentence_behind_many_safe_ones_is_read(project: Project, running: ModelVersion) -> None:
    send(project, {"a": "The tea is warm. " * 60 + RUDE})
    read_posts(project.pk)
    assert nothing_shown(project)


# --- the order --------------------------------------------------------------------------------------------


def test_interests_order_the_feed_and_say_why(project: Project, running: ModelVersion) -> None:
    send(project, {"bike": "A bike ride.", "soup": "Hot soup.", "garden": "The garden sleeps in the snow."})
    read_posts(project.pk)
    answer = feed(project, interests="the garden")
    first = answer["results"][0]
    assert first["id"] == "garden" and answer["order"] == "interests"
    assert first["because"] and first["parts"]["match"] > 0 and first["prediction"]
    assert Prediction.objects.get(pk=first["prediction"]).payload["turns"][0]["text"] == "the garden"


def test_a_boost_lifts_a_safe_post_and_no_other(project: Project, running: ModelVersion) -> None:
    send(project, {"garden": GARDEN, "soup": "Soup."})
    send(project, {"bad": RUDE, "ad": "Bike sale."}, boost=1)
    read_posts(project.pk)
    assert shown(project, interests="garden") == ["ad", "garden", "soup"]


def test_without_the_match_model_nearness_has_to_do(project: Project, running: ModelVersion) -> None:
    ModelVersion.objects.filter(model__field="interest").update(stage="candidate")
    send(project, {"bike": "A bike.", "garden": GARDEN})
    read_posts(project.pk)
    answer = feed(project, interests="garden", weights={"diversity": 0.3})
    assert [one["id"] for one in answer["results"]] == ["garden", "bike"]
    assert answer["match_version"] is None and answer["results"][0]["prediction"] is None


def test_whoever_does_not_want_to_be_profiled_gets_the_newest_safe_posts(
    project: Project, running: ModelVersion
) -> None:
    now, client = timezone.now(), client_of(project.owner)
    for key, text, days in [("old", GARDEN, 3), ("new", "Soup.", 1), ("bad", RUDE, 0)]:
        send(project, {key: text}, at=(now - timedelta(days=days)).isoformat())
    read_posts(project.pk)
    said = {"person": "anna", "interests": "garden", "profiling": True}
    client.put(path_of(project, "people"), said, format="json")
    assert shown(project, person="anna")[0] == "old" and Shown.objects.exists()
    client.put(path_of(project, "people"), {**said, "profiling": False}, format="json")
    assert Person.objects.get().interests == "" and not Shown.objects.exists()
    assert shown(project, person="anna") == ["new", "old"]
    assert feed(project, interests="garden", profiling=False)["order"] == "time"


def test_a_person_who_is_forgotten_is_gone_with_what_was_asked_of_them(
    project: Project, running: ModelVersion
) -> None:
    client = client_of(project.owner)
    client.put(
        path_of(project, "people"), {"person": "anna", "interests": "roses in a garden"}, format="json"
    )
    send(project, {"a": GARDEN})
    read_posts(project.pk)
    feed(project, person="anna")
    assert (
        client.post(path_of(project, "people/forget"), {"person": "anna"}, format="json").status_code == 204
    )
    assert not Person.objects.exists()
    assert not Prediction.objects.filter(payload__icontains="roses").exists()
    assert (
        client.post(path_of(project, "people/forget"), {"person": "anna"}, format="json").status_code == 404
    )


def test_a_post_is_deleted_with_the_predictions_that_hold_its_text(
    project: Project, running: ModelVersion
) -> None:
    send(project, {"a": GARDEN})
    read_posts(project.pk)
    feed(project, interests="garden")
    assert client_of(project.owner).delete(path_of(project, "posts/a")).status_code == 204
    assert not Post.objects.exists() and not Prediction.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_read_each_post_once(project: Project, running: ModelVersion, words: Words) -> None:
    send(project, {f"p{n}": f"Peas number {n} are green." for n in range(90)})
    both = threading.Barrier(2)

    def work() -> None:
        both.wait()
        read_posts(project.pk)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    read_posts(project.pk)
    assert len(words.asked) == 90 and not Post.objects.filter(version=None).exists()


def test_a_floor_that_was_never_chosen_is_asked_for_once(project: Project, words: Words) -> None:
    version_of(project)
    assert watching.floors_due() == [] and Floor.objects.get().state == "queued"  # taken up in the next round
    Floor.objects.update(queued_at=timezone.now() - timedelta(minutes=2))
    assert watching.floors_due() == [UUID(str(Floor.objects.get().pk))]


def test_sending_the_same_key_twice_repeats_the_answer(project: Project, owner: User) -> None:
    client, body = client_of(owner), {"posts": [{"id": "a", "text": GARDEN}]}
    first, second = (
        client.post(path_of(project, "posts"), body, format="json", HTTP_IDEMPOTENCY_KEY="k")
        for _ in range(2)
    )
    assert first.json() == second.json() and first.json()["results"][0]["outcome"] == "created"


def test_a_feed_asked_for_twice_by_one_key_is_kept_once(project: Project, running: ModelVersion) -> None:
    send(project, {"a": GARDEN})
    read_posts(project.pk)
    client, said = client_of(project.owner), {"interests": "garden"}
    first, again = (
        client.post(path_of(project, "feed"), said, format="json", headers={"Idempotency-Key": "f"}).json()
        for _turn in range(2)
    )
    assert first["results"][0]["prediction"] == again["results"][0]["prediction"]
    assert "text" in first["results"][0] and "text" not in again["results"][0]
    assert Shown.objects.filter(person=None).count() == 1


def test_looking_at_the_page_keeps_nothing(project: Project, running: ModelVersion, client: Any) -> None:
    send(project, {"a": GARDEN})
    read_posts(project.pk)
    client.force_login(project.owner)
    page, before = f"/projects/{project.pk}/social-content/", Prediction.objects.count()
    assert client.get(page, {"interests": "garden", "profiling": "on"}).status_code == 200
    assert Prediction.objects.count() == before
    answer = client.post(page, {"interests": "garden", "profiling": "on"}).content.decode()
    assert "Now in the order of these interests." in answer and Prediction.objects.count() == before + 1
    assert client.post(page, {"interests": "x" * 2000}).status_code == 422

"""A floor that was calibrated in English shows nothing by itself in another language; what is looked at."""

from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.utils.translation import override

from applications.social_content import candidates, pages, presenting
from applications.social_content.models import Floor, Post
from applications.social_content.ranking import Weights
from applications.social_content.scoring_round import read_posts
from applications.social_content.services import moderation
from applications.social_content.tongues import FEWEST, heard_in, tongues_of
from tasks_app.models import Project
from tests.applications.social_content.test_posts import GARDEN, send, shown
from training.models import ModelVersion

pytestmark = pytest.mark.django_db
CHINESE, GERMAN = "我今晚要杀了你", "Ich werde dich schlagen, du Idiot"
SHORT_CHINESE = "杀了你"  # too short to tell the language by anything but its script
SHORT_GERMAN = "Stirb, Sau!"


def test_tongues_of_texts() -> None:
    assert tongues_of(GARDEN) == ["en", "script:latin"]
    assert tongues_of(CHINESE) == tongues_of(SHORT_CHINESE) == ["script:cjk", "zh"]
    assert tongues_of("👍 7!") == []
    assert "script:cjk" in tongues_of(f"{GARDEN} {SHORT_CHINESE}")
    with override("en"):
        assert pages.language_names(["de", "en", "qqq", "script:latin"]) == ["German", "English", "qqq"]
    assert heard_in([["en"]] * FEWEST + [["de"]] * (FEWEST - 1)) == ["en"]
    assert heard_in([["undecided", "script:latin"]] * FEWEST) == ["script:latin"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("ok", "en"), ("Nice pic!", "en"), ("Thanks [NAME_1]", "en"), ("see https://example.org/Stirb", "en"),
        ("I don't care", "en"), ("it’s not", "en"), ("can't", "en"), ("ok byee", "undecided"),
        ("Stirb, Sau!", "undecided"), ("t'es mort", "undecided"), ("y0u d1e", "undecided"),
        ("убью", "undecided"), ("nice, убью", "undecided"), ("死ね", "ja"), ("죽어라", "ko"),
        ("杀 죽", "undecided"),
    ],
)  # fmt: skip
def test_the_language_of_a_short_text_is_told_by_a_list_or_not_at_all(text: str, language: str) -> None:
    assert [one for one in tongues_of(text) if not one.startswith("script:")] == [language]


@pytest.mark.parametrize("text", [CHINESE, SHORT_CHINESE, GERMAN, SHORT_GERMAN, f"{GARDEN} {SHORT_CHINESE}"])
def test_what_was_not_tested_goes_to_people(project: Project, running: ModelVersion, text: str) -> None:
    send(project, {"a": GARDEN, "z": text})
    read_posts(project.pk)
    hidden = Post.objects.get(key="z")
    assert hidden.score is not None and hidden.score > 0.99  # the model alone would show it
    assert shown(project) == ["a"] == shown(project, interests="garden")
    assert list(moderation.hidden_posts(project)) == [hidden] and presenting.state_of(hidden) == "hidden"
    client = Client()
    client.force_login(project.owner)
    queue = client.get(f"/projects/{project.pk}/social-content/moderation/").content.decode()
    assert "language not tested" in queue
    why = Client().get(presenting.why_path(hidden)).content.decode()
    assert "not been tested in the language of your post" in why
    Floor.objects.update(tongues=["de", "en", "script:cjk", "script:latin", "zh"])
    # Of what nobody can tell the language of, no floor is ever tested.
    assert set(shown(project)) == ({"a"} if text == SHORT_GERMAN else {"a", "z"})


def test_what_was_read_before_tongues_were_told_is_read_again(
    project: Project, running: ModelVersion
) -> None:
    send(project, {"a": GARDEN})
    read_posts(project.pk)
    Post.objects.update(tongues=None)
    assert shown(project) == [] and read_posts(project.pk) == 1 and shown(project) == ["a"]


# --- how much is looked at ---------------------------------------------------------------------------------


def gardens(project: Project, count: int) -> None:
    for number in range(count):
        send(project, {f"p{number}": f"My garden has {number} roses in it."})
    read_posts(project.pk)


def test_no_more_than_the_newest_are_likened(
    project: Project, running: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    gardens(project, 6)
    monkeypatch.setattr(candidates, "WINDOW", 4)
    assert set(shown(project, interests="garden")) == {"p2", "p3", "p4", "p5"}


def test_older_ones_are_found_by_their_vectors_and_by_promotion(
    project: Project, running: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    gardens(project, 8)
    axes: Any = np.eye(384, dtype=np.float32)
    for number, post in enumerate(Post.objects.order_by("posted_at")):
        Post.objects.filter(pk=post.pk).update(vector=axes[number], boost=0.5 if number == 1 else 0)
    monkeypatch.setattr(candidates, "WINDOW", 2)
    monkeypatch.setattr(candidates, "_FAR", 1)
    pool = candidates.nearest(project.pk, moderation.in_force(project), axes[3], Weights())
    keys = dict(Post.objects.values_list("pk", "key"))
    assert {keys[one.id] for one in pool.candidates} == {"p1", "p3", "p6", "p7"}

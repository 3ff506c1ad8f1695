"""A post whose text was changed: what was said of the old words is not kept, nor taken for the new ones."""

from uuid import uuid4

import pytest

from annotations.models import Consensus
from applications.social_content import pages
from applications.social_content.models import Post
from applications.social_content.scoring_round import read_posts
from applications.social_content.services.moderation import Finding, decide_post
from applications.social_content.services.posts import NewPost, take_posts
from privacy.holders import Subject, Terms, all_holders
from tasks_app.importing import job as work
from tasks_app.models import ImportJob, Project
from training.models import ModelVersion, Prediction
from training.services.feedback import give_feedback

pytestmark = pytest.mark.django_db


def put(project: Project, text: str) -> Post:
    new = NewPost(key="a", text=text, author="anna-1742")
    take_posts(project=project, posts=[new], actor=project.owner)
    read_posts(project.pk)
    return Post.objects.get(key="a")


def decide(post: Post, label: str, seen: int) -> None:
    finding = Finding(label=label, reason="As it reads.", seen=seen)
    decide_post(post=post, finding=finding, moderator=post.project.owner)
    for job in ImportJob.objects.filter(state="queued"):
        work.run(job.pk)


@pytest.mark.parametrize("spoken_of", [False, True])
def test_the_old_text_goes_with_its_author(project: Project, running: ModelVersion, spoken_of: bool) -> None:
    post = put(project, "My divorce was awful.")
    if spoken_of:
        asked = Prediction.objects.get(pk=post.prediction)
        give_feedback(prediction=asked, author=project.owner, thumbs=-1)
    put(project, "My garden has roses.")
    assert Prediction.objects.filter(payload__icontains="divorce").exists() is spoken_of
    for holder in all_holders():
        holder.erase(Subject(values=("anna-1742",)), Terms(request=uuid4()))
    assert not Prediction.objects.filter(payload__icontains="divorce").exists()


def test_a_decision_labels_the_words_that_were_looked_at(project: Project, running: ModelVersion) -> None:
    decide(put(project, "Maybe I will hurt you."), "harassment", 0)
    decide(put(project, "Maybe lovely roses."), "safe", 1)
    labels = {
        row.item.payload["turns"][-1]["text"]: row.value[0]["label"]
        for row in Consensus.objects.filter(field="safety").select_related("item")
    }
    assert labels == {"Maybe I will hurt you.": "harassment", "Maybe lovely roses.": "safe"}


def test_the_author_is_not_told_that_a_person_hid_what_a_program_hid(
    project: Project, running: ModelVersion
) -> None:
    decide(put(project, "Maybe nice."), "safe", 0)
    said = pages.statement(put(project, "Leave."))
    assert (said["state"], said["decision"]) == ("hidden", None) and said["ground"] != "Safe"

"""From a post to the feed, the queue, the author's page and back, in a browser."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from accounts.models import Role
from accounts.roles import grant
from applications.social_content.models import Decision, Post
from tasks_app.models import Project
from tests.applications.social_content.conftest import FIELDS, Words, hold, version_of, words  # noqa: F401
from tests.factories import make_project, make_user
from tests.journeys.conftest import Visits

pytestmark = pytest.mark.browser


@pytest.fixture
def feed(db: None, words: Words) -> Iterator[Project]:  # noqa: F811
    owner = make_user("owner")
    grant(owner, Role.REQUESTER)
    project = make_project(owner, title="A feed", fields=FIELDS, template="social-content", funds=0)
    version_of(project, "interest")
    hold(project, version_of(project))
    yield project


def test_a_post_is_hidden_objected_to_and_found_safe_by_a_person(visit: Visits, feed: Project) -> None:
    page = visit(f"/projects/{feed.pk}/application/", feed.owner)
    expect(page.get_by_text("There are no posts yet.")).to_be_visible()
    for text in ("The garden is full of peas.", "We leave at nine for the lake."):
        page.goto(page.url.partition("/social-content/")[0] + "/social-content/")
        page.get_by_label("A post to try").fill(text)
        page.get_by_role("button", name="Post it").click()
    expect(page.get_by_role("heading", name="Your post is hidden")).to_be_visible()
    author = page.url
    page.get_by_label("Why should it be shown?").fill("It is about a trip.")
    page.get_by_role("button", name="Send the objection").click()
    expect(page.get_by_text("A person will look at it before others.")).to_be_visible()

    page.goto(f"{visit.site}/projects/{feed.pk}/social-content/moderation/")
    expect(page.get_by_text("It is about a trip.")).to_be_visible()
    page.keyboard.press("1")
    page.keyboard.type("A trip is no attack.")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing waits for a decision.")).to_be_visible()
    assert Decision.objects.get(post__project=feed).safe

    page.goto(author)
    expect(page.get_by_role("heading", name="Your post is shown")).to_be_visible()
    page.goto(f"{visit.site}/projects/{feed.pk}/social-content/")
    page.get_by_label("Interests").fill("garden")
    page.get_by_role("button", name="Show the feed").click()
    articles = page.locator("article")
    expect(articles).to_have_count(2)
    expect(articles.first).to_contain_text("The garden is full of peas.")
    expect(articles.last).to_contain_text("found safe by a person")
    articles.first.get_by_role("link", name="Wrong?").first.click()
    expect(page).to_have_url(re.compile("wrong"))


def test_a_promise_that_cannot_be_kept_empties_the_feed(visit: Visits, feed: Project) -> None:
    Post.objects.filter(project=feed).delete()
    page = visit(f"/projects/{feed.pk}/social-content/floor/", feed.owner)
    expect(page.get_by_text("The floor is in force.")).to_be_visible()
    page.get_by_label("Safe share of what is shown, at least").fill("99.9")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("This cannot be promised")).to_be_visible()
    page.get_by_role("link", name="Feed", exact=True).click()
    expect(page.get_by_text("No safety floor is in force")).to_be_visible()

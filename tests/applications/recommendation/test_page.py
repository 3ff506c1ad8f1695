"""The page, without a browser: what it shows, and what it refuses."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from applications.recommendation.models import CatalogueItem, Interaction, Mixture
from tasks_app.models import ImportJob
from tests.applications.recommendation.conftest import Library
from tests.factories import make_user
from tests.i18n.test_pages import CHINESE, english_in
from training.models import Feedback, Model

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


def browser_of(library: Library) -> Client:
    client = Client()
    client.force_login(library.owner)
    return client


def test_an_empty_catalogue_says_what_to_do(library: Library) -> None:
    html = browser_of(library).get(library.page).content.decode()
    assert "The catalogue is empty" in html and "Not learned yet" in html


def test_a_file_is_taken_and_its_bad_lines_are_named(library: Library) -> None:
    client = browser_of(library)
    table = b"id,title,text,published_at\nb-1,One,First,2026-01-01\nb-2,,Second,2026-01-01\n"
    file = SimpleUploadedFile("books.csv", table)
    html = client.post(f"{library.page}upload/", {"kind": "items", "file": file}).content.decode()
    assert "New: 1" in html and "1 line was left out" in html and "Give a title." in html
    line = b'{"person": "r-1", "item": "b-1", "kind": "liked", "at": "2026-02-01"}\n'
    file = SimpleUploadedFile("what.jsonl", line)
    client.post(f"{library.page}upload/", {"kind": "interactions", "file": file})
    assert Interaction.objects.get().kind == "liked" and CatalogueItem.objects.count() == 1
    assert client.post(f"{library.page}upload/", {"kind": "items"}).status_code == 422
    empty = SimpleUploadedFile("x.csv", b"id,title\n")
    assert client.post(f"{library.page}upload/", {"kind": "items", "file": empty}).status_code == 422


def test_a_large_file_comes_in_batches(library: Library) -> None:
    lines = io.StringIO()
    for number in range(5003):
        lines.write(f'{{"id": "{number}", "title": "Book {number}"}}\n')
    file = SimpleUploadedFile("many.jsonl", lines.getvalue().encode())
    browser_of(library).post(f"{library.page}upload/", {"kind": "items", "file": file})
    assert CatalogueItem.objects.count() == 5003


def test_a_list_with_reasons_and_a_complaint(matched: Library) -> None:
    client = browser_of(matched)
    html = client.post(f"{matched.page}list/", {"person": "reader-2"}, **HTMX).content.decode()
    assert html.count("<li ") == 10 and "Because of:" in html and "matches by" in html
    person = Interaction.objects.first().person
    item = CatalogueItem.objects.exclude(interactions__person=person).first()
    said = {"item": item.external_id, "person": str(person.pk), "prediction": ""}
    assert "Thank you" in client.post(f"{matched.page}dismiss/", said, **HTMX).content.decode()
    assert Interaction.objects.filter(person=person, item=item, kind="dismissed").count() == 1
    assert not Feedback.objects.exists()  # nothing was predicted, so there is nothing to complain of
    forged = {**said, "person": "someone"}
    assert client.post(f"{matched.page}dismiss/", forged, **HTMX).status_code == 404


@pytest.mark.parametrize("said", [{}, {"person": "a", "interests": "tea"}, {"interests": "a"}])
def test_one_of_the_two_must_be_said(stocked: Library, said: dict[str, str]) -> None:
    answer = browser_of(stocked).post(f"{stocked.page}list/", said, **HTMX)
    assert answer.status_code == 422 and "No list was made." in answer.content.decode()


def test_settings_and_work_from_the_page(matched: Library) -> None:
    client = browser_of(matched)
    client.post(f"{matched.page}mixture/", {"diversity_percent": 35})
    client.post(f"{matched.page}learn/")
    row = Mixture.objects.get()
    assert (row.diversity, row.state) == (0.35, "queued")
    assert "Learning" in client.get(matched.page, **HTMX).content.decode()
    assert client.post(f"{matched.page}mixture/", {"diversity_percent": 350}).status_code == 422
    client.post(f"{matched.page}tasks/", {"count": 4})
    assert ImportJob.objects.filter(project=matched.project).count() == 1
    assert client.post(f"{matched.page}tasks/", {"count": 9000}).status_code == 422


@pytest.mark.parametrize("path", ["", "list/", "upload/", "mixture/", "learn/", "tasks/", "dismiss/"])
def test_strangers_find_no_page(library: Library, path: str) -> None:
    client = Client()
    client.force_login(make_user("stranger"))
    send = client.post if path else client.get
    assert send(f"{library.page}{path}").status_code == 404


def test_a_list_and_the_page_speak_chinese(matched: Library) -> None:
    client = browser_of(matched)
    page = client.get(matched.page, headers=CHINESE).content.decode()
    assert '<html lang="zh-hans"' in page and "混合了什么" in page
    model = Model.objects.get(project=matched.project).name
    codes = ("MB", "viewed", "used", "liked", "dismissed", "kind", "person")
    assert english_in(page, matched.project.title, model, matched.owner.display_name, *codes) == []
    listed = client.post(
        f"{matched.page}list/", {"person": "reader-2"}, headers={**CHINESE, "HX-Request": "true"}
    ).content.decode()
    written = {words for item in CatalogueItem.objects.all() for words in (item.title, item.text)}
    assert english_in(listed, *sorted(written, key=len, reverse=True), model) == []

"""Looking for words in a table of very many pairs: what half of them hold is not read through."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from applications.customer_service import retrieval
from applications.customer_service.drafting import Draft
from applications.customer_service.services.pairs import add_pairs
from tasks_app.models import Project

pytestmark = pytest.mark.django_db


@pytest.fixture
def crowded(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Forty pairs with "the parcel" in each, ten with "blue", one with "zeppelin"; 20 are very many."""
    texts = [
        f"the parcel{' blue' * (n < 10)}{' zeppelin' * (n == 7)} number {n}" for n in range(40)
    ]  # fmt: skip
    add_pairs(
        project=project, drafts=[Draft(text, f"So {n}.") for n, text in enumerate(texts)], source="hand",
        actor=project.owner,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE customer_service_pair")
    monkeypatch.setattr(retrieval, "_MOST_HELD", 20)
    return project


def test_a_word_that_very_many_hold_is_not_looked_up(crowded: Project) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = _found(crowded, "the", "parcel", "zeppelin")
    asked = [entry["sql"] for entry in queries if "words @>" in entry["sql"]]
    assert len(asked) == 1 and "zeppelin" in asked[0]
    assert [text.split()[3] for text in found] == ["zeppelin"]


def test_where_rare_words_find_nothing_the_pairs_hold_all_common_ones(crowded: Project) -> None:
    assert len(_found(crowded, "the", "parcel")) == len(_found(crowded, "the", "parcel", "airship")) == 40
    assert _found(crowded, "airship") == [] == _found(crowded)


def _found(project: Project, *words: str) -> list[str]:
    ids = retrieval.by_words(project=project.pk, words=words, language="")
    pairs = retrieval.Pair.objects.in_bulk(ids)
    return [pairs[one].question for one in ids]

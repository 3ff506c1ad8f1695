import dataclasses

import pytest

from annotations import fair_rate as fair_rate_meter
from annotations import people as people_page
from privacy.anonymity import QUASI_IDENTIFIERS, smallest_group, suppressed, telling_columns
from rewards import fair_rate
from rewards.services import recognition
from tests.annotations.crowd import answer
from tests.factories import client_of, make_items, make_project, make_user


def people(*languages):
    return [{"name": f"W-{n}", "languages": codes} for n, codes in enumerate(languages)]


@pytest.mark.parametrize(
    ("table", "size", "columns"),
    [
        ([], 0, ()),
        (people(["en"], ["en"], ["en"]), 3, ()),  # the same for all tells of nobody
        (people(["en"], ["en"], ["zh"]), 1, ("languages",)),
        (people(["en", "zh"], ["zh", "en"], ["en"], ["en"]), 2, ("languages",)),
        ([{"country": c, "age": a} for c, a in [("DE", 30), ("DE", 30), ("FR", 30), ("FR", 40)]], 1,
         ("age", "country")),
    ],
)  # fmt: skip
def test_the_smallest_group_of_a_table(table, size, columns):
    found = smallest_group(table)
    assert (found.size, found.columns) == (size, columns)


def test_a_table_without_quasi_identifiers_is_never_below():
    assert not smallest_group(people(["en"])).is_below(5)
    assert smallest_group(people(["en"], ["zh"])).is_below(5)
    assert telling_columns([{"name": "a", "answers": 1}, {"name": "b", "answers": 2}]) == ()


@pytest.mark.parametrize("k", [2, 3, 5])
def test_what_is_suppressed_is_k_anonymous(k):
    table = people(*[["en"]] * 9, *[["zh"]] * 4, *[["de"]] * 2, ["fr"])
    left = suppressed(table, k)
    groups = {}
    for row in left:
        groups[str(row["languages"])] = groups.get(str(row["languages"]), 0) + 1
    assert min(groups.values()) >= k and len(left) == 16
    assert {row["name"] for row in left} == {row["name"] for row in table}


@pytest.fixture
def bilingual(db, settings):
    """Five people answer in English; one of them, and nobody else, in Chinese as well."""
    settings.K_ANONYMITY = 5
    project = make_project(overlap_min=1, overlap_max=6)
    english = make_items(project, 1, slots=5, language="en")
    chinese = make_items(project, 1, slots=1, language="zh")
    crowd = [make_user() for _ in range(5)]
    for person in crowd:
        answer(english[0], person, "other")
    answer(chinese[0], crowd[0], "other")
    return project


def export(project, query):
    return client_of(project.owner).get(f"/api/v1/projects/{project.pk}/export?{query}")


def test_an_export_that_tells_who_somebody_is_is_refused(bilingual):
    refused = export(bilingual, "which=all")
    body = refused.json()
    assert refused.status_code == 409 and body["code"] == "not_anonymous"
    assert (body["k"], body["smallest"]) == (5, 1)
    assert [one["pointer"] for one in body["errors"]] == ["/annotator", "/language"]
    assert "en, zh" in body["detail"] and "people=merged" in body["detail"]
    assert export(bilingual, "which=approved").status_code == 200


def test_under_one_name_it_is_not(bilingual):
    merged = export(bilingual, "which=all&people=merged")
    text = b"".join(merged.streaming_content).decode()
    assert merged.status_code == 200 and '"annotator":"W"' in text and "W-" not in text


def test_k_is_a_setting(bilingual, settings):
    settings.K_ANONYMITY = 1
    assert export(bilingual, "which=all").status_code == 200


def test_no_table_about_annotators_shows_what_could_be_known_from_elsewhere(bilingual):
    """Rows of the people page, of pay by the hour, of the leaderboard, of quality and of its REST twin."""
    rows = [people_page.Person, fair_rate_meter.Person, recognition.Place, recognition.Skill]
    names = {field.name for row in rows for field in dataclasses.fields(row)}
    body = client_of(bilingual.owner).get(f"/api/v1/projects/{bilingual.pk}/quality").json()
    names |= {name for row in body["workers"] for name in row}
    assert "annotator" in names and not names & QUASI_IDENTIFIERS


def test_pay_by_the_hour_is_not_shown_of_fewer_than_k(settings):
    settings.K_ANONYMITY = 5
    assert fair_rate.enough_people() == 5
    settings.K_ANONYMITY = 1
    assert fair_rate.enough_people() == 3

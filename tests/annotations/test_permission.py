"""Whose answers, and which texts, are neither exported nor learned from; and that all that is counted."""

import json

import pytest
from django.core.management import CommandError, call_command

from annotations.exporting.report import left_out
from annotations.exporting.rows import Export
from annotations.models import Consensus
from annotations.permission import silent_people
from privacy import sharing
from privacy.holders import Subject
from privacy.services import consents
from tasks_app.importing import job as work
from tasks_app.models import Item
from tasks_app.services import imports, projects
from tests.annotations.crowd import decide
from tests.factories import client_of, make_items, make_project, make_user
from training.freezing import decided


@pytest.fixture
def project(db):
    return make_project()


@pytest.fixture
def bare(settings, project):
    """No one has said what the texts may be used for."""
    settings.DATA_LICENCE = settings.DATA_LEGAL_BASIS = ""
    return project


def export(project, which="approved", format="jsonl"):
    client = client_of(project.owner)
    return client.get(f"/api/v1/projects/{project.pk}/export?which={which}&format={format}")


def lines(answer):
    return [json.loads(line) for line in b"".join(answer.streaming_content).decode().splitlines()]


def say(person, given):
    consents.record_consent(user=person, purpose="training", given=given, how="page")


def bring_in(project, *rows, **terms):
    job = imports.start_import(
        project=project, actor=project.owner, chunks=["\n".join(map(json.dumps, rows)).encode()],
        format="jsonl", options=imports.terms_option(**terms),
    )  # fmt: skip
    work.run(job.pk)
    job.refresh_from_db()
    return job


def learned(project):
    return set(decided(project, ["intent"]).values_list("item_id", flat=True))


def test_who_takes_the_consent_back_is_left_out_of_later_exports_and_snapshots(project):
    agreed, alone = make_items(project, 2)
    anna, *_others = decide(agreed, "refund", "refund", "refund")
    people = decide(alone, "other", "other", "other")
    for person in [anna, *people]:
        say(person, False)
    assert set(silent_people(project.pk)) == {anna.pk, *(one.pk for one in people)}
    rows = {row["id"]: row for row in lines(export(project, "all"))}
    assert set(rows) == {agreed.external_id}  # two others say the same: the value stands
    assert len(rows[agreed.external_id]["answers"]) == 2
    assert learned(project) == {agreed.pk}
    assert [row["id"] for row in lines(export(project))] == [agreed.external_id]
    assert left_out(Export(project, "all")) == {"values_of_silent": 1, "answers_of_silent": 4}


def test_given_again_the_answers_are_back(project):
    (item,) = make_items(project, 1)
    people = decide(item, "other", "other", "other")
    for given, expected in [(False, set()), (True, {item.pk})]:
        for person in people:
            say(person, given)
        assert learned(project) == expected
        assert len(lines(export(project))) == len(expected)


def test_what_a_reviewer_decided_rests_on_the_reviewer(project):
    (item,) = make_items(project, 1)
    for person in decide(item, "other", "other", "other"):
        say(person, False)
    Consensus.objects.filter(item=item).update(state="corrected", value="refund")
    assert learned(project) == {item.pk}


def test_where_consent_is_needed_silence_is_no(project, settings):
    settings.ANSWERS_NEED_CONSENT = True
    (item,) = make_items(project, 1)
    people = decide(item, "other", "other", "other")
    assert learned(project) == set()
    say(people[0], True)
    assert learned(project) == {item.pk}
    assert len(lines(export(project, "all"))[0]["answers"]) == 1


def test_restricted_people_and_items_are_left_out(project):
    first, second = make_items(project, 2)
    for item in (first, second):
        people = decide(item, "other", "other", "other")
    for person in people:
        person.restricted_at = person.date_joined
        person.save()
    assert learned(project) == {first.pk}
    Item.objects.filter(pk=first.pk).update(restricted=True)
    assert learned(project) == set() and lines(export(project)) == []
    assert left_out(Export(project))["restricted"] == 1


def test_an_import_says_of_each_line_what_it_may_be_used_for(project):
    bring_in(
        project,
        {"id": "1", "text": "one"},
        {"id": "2", "text": "two", "consent": False},
        {"id": "3", "text": "three", "consent": True, "licence": "CC-BY-4.0"},
        {"id": "4", "text": "four", "consent": {"basis": "contract"}},
        consent="legitimate_interest", licence="ours",
    )  # fmt: skip
    found = Item.objects.filter(project=project).order_by("position")
    assert list(found.values_list("consent", "legal_basis", "licence")) == [
        (None, "legitimate_interest", "ours"),
        (False, "", "ours"),
        (True, "consent", "CC-BY-4.0"),
        (None, "contract", "ours"),
    ]


def test_a_line_that_says_it_wrong_is_reported(project):
    job = bring_in(project, {"id": "1", "text": "one", "consent": {"basis": "because"}})
    assert job.imported == 0 and "/consent" in job.errors[0]["detail"]
    answer = client_of(project.owner).post(
        f"/api/v1/projects/{project.pk}/items:import?consent=because", b'{"text": "x"}',
        content_type="application/x-ndjson",
    )  # fmt: skip
    assert answer.status_code == 422


def test_a_table_says_it_in_columns(project):
    content = b"id,text,consent,licence\n1,one,no,\n2,two,contract,MIT\n3,three,,\n"
    job = imports.start_import(project=project, actor=project.owner, chunks=[content], format="csv")
    work.run(job.pk)
    found = Item.objects.filter(project=project).order_by("position")
    assert list(found.values_list("consent", "legal_basis", "licence")) == [
        (False, "", ""), (None, "contract", "MIT"), (None, "", ""),
    ]  # fmt: skip


def known(number, **terms):
    return {"id": str(number), "text": f"text {number}", "approved": {"intent": "other"}, **terms}


def test_rows_without_consent_are_left_out_and_counted(project):
    bring_in(project, known(1), known(2, consent=False), known(3, consent=True, licence="CC-BY-4.0"))
    answer = export(project)
    assert answer["Manyhands-Left-Out"] == "no_consent=1"
    rows = {row["id"]: row for row in lines(answer)}
    assert set(rows) == {"1", "3"}
    assert rows["3"]["licence"] == "CC-BY-4.0" and rows["3"]["consent"] is True
    assert set(decided(project, ["intent"]).values_list("item__external_id", flat=True)) == {"1", "3"}
    report = client_of(project.owner).get(f"/api/v1/projects/{project.pk}/left-out").json()
    assert report["left_out"] == {"no_consent": 1}


def test_an_export_is_refused_until_the_project_says_what_allows_it(bare):
    bring_in(bare, known(1))
    refused = export(bare)
    assert refused.status_code == 409 and refused.json()["code"] == "terms_missing"
    assert {one["pointer"] for one in refused.json()["errors"]} == {"/data_licence", "/data_basis"}
    client = client_of(bare.owner)
    address = f"/api/v1/projects/{bare.pk}"
    assert client.patch(address, {"data_licence": "CC0-1.0"}).status_code == 200
    assert export(bare).json()["errors"][0]["pointer"] == "/data_basis"
    client.patch(address, {"data_basis": "contract", "data_source": "Our help desk, 2026"})
    assert [row["id"] for row in lines(export(bare))] == ["1"]


def test_rows_that_bring_their_own_terms_are_exported_without_the_others(bare):
    bring_in(bare, known(1), known(2, consent=True, licence="MIT"))
    answer = export(bare)
    assert answer["Manyhands-Left-Out"] == "no_terms=1"
    assert [row["id"] for row in lines(answer)] == ["2"]


@pytest.mark.parametrize("format", ["jsonl", "csv", "label-studio", "hf"])
def test_no_format_lets_a_text_without_consent_out(project, format):
    bring_in(project, known(1), known(2, consent=False))
    body = b"".join(export(project, format=format).streaming_content)
    assert b"text 2" not in body
    if format != "hf":
        assert b"text 1" in body


def test_the_command_refuses_and_reports_alike(bare, tmp_path, capsys):
    bring_in(bare, known(1), known(2, consent=False))
    out = tmp_path / "out.jsonl"
    with pytest.raises(CommandError, match="licence"):
        call_command("export", str(bare.pk), out=out)
    assert not out.exists()
    projects.update_project(project=bare, actor=bare.owner, data_licence="CC0-1.0", data_basis="contract")
    call_command("export", str(bare.pk), out=out)
    assert "left out: 1 no_consent" in capsys.readouterr().out
    assert [json.loads(line)["id"] for line in out.read_text().splitlines()] == ["1"]


def test_a_stranger_does_not_learn_what_is_left_out(project):
    stranger = client_of(make_user())
    assert stranger.get(f"/api/v1/projects/{project.pk}/left-out").status_code == 404


def test_who_opted_out_of_sharing_is_not_passed_on_and_still_learned_from(project):
    shared, alone = make_items(project, 2)
    people = decide(shared, "refund", "refund", "refund") + decide(alone, "delivery", "delivery", "delivery")
    sharing.opt_out(Subject(account=people[0].pk))
    sharing.opt_out(Subject(items=frozenset({alone.pk})))
    sharing.opt_out(Subject(items=frozenset({alone.pk})))
    [row] = lines(export(project, "all"))
    assert row["id"] == shared.external_id
    assert len(row["answers"]) == 2
    counts = left_out(Export(project, "all"))
    assert (counts["opted_out"], counts["answers_of_silent"]) == (1, 1)
    assert learned(project) == {shared.pk, alone.pk}


def test_a_program_that_knows_no_terms_exports_under_those_of_the_site(bare, settings):
    settings.DATA_LICENCE, settings.DATA_LEGAL_BASIS = "LicenseRef-Proprietary", "legitimate_interest"
    bring_in(bare, known(1), known(2, consent=False))
    answer = export(bare)
    assert answer.status_code == 200 and [row["id"] for row in lines(answer)] == ["1"]

"""Who gets which item: sampling, limits, languages, qualification, gold, and what it costs at scale."""

import json

import pytest
from django.db import connection
from django.utils import timezone

from common.errors import Conflict, DomainError, Forbidden, Invalid
from tasks_app.models import Assignment, Item, Project, Qualification, WorkerProgress, WorkerQualification
from tasks_app.services import assignment as work
from tasks_app.services import projects, ranking
from tasks_app.services.claim_sql import claim_sql
from tests.tasks_app.conftest import add_items, make_project, person, post, publish


def claim(project, worker, **options):
    return work.claim_items(project=project, worker=worker, **options)


def submit(leases):
    Assignment.objects.filter(pk__in=[one.assignment_id for one in leases]).update(state="submitted")


def claim_all(project, worker, count=1):
    """Positions in the order in which they came."""
    found = []
    while leases := claim(project, worker, count=count):
        submit(leases)
        found += [Item.objects.get(pk=one.item_id).position for one in leases]
    return found


def refused(project, worker):
    with pytest.raises(DomainError) as error:
        claim(project, worker)
    return error.value


def test_ordered_goes_as_imported(owner, annotator):
    project = make_project(owner)
    add_items(project, 8)
    publish(project)
    assert claim_all(project, annotator) == list(range(8))


def test_random_gives_everybody_all_items_from_a_start_of_their_own(owner):
    project = make_project(owner, sampling="random", overlap_min=6, overlap_max=6)
    add_items(project, 30)
    publish(project)
    orders = [claim_all(project, person(f"w{n}@example.org")) for n in range(6)]
    assert all(sorted(order) == list(range(30)) for order in orders)
    assert len({order[0] for order in orders}) > 2
    # One ring: turned so that each begins with the smallest place, all orders are the same.
    turned = {tuple(order[order.index(0) :] + order[: order.index(0)]) for order in orders}
    assert len(turned) == 1


def test_priority_brings_what_is_ranked_high_to_people_who_were_past_it(owner, annotator):
    project = make_project(owner, sampling="priority")
    items = add_items(project, 6)
    publish(project)
    submit(claim(project, annotator, count=2))
    submit(claim(project, annotator, count=2))
    ranking.rank_items(project=project, priorities={items[5].pk: 2.0, items[4].pk: 9.5, items[0].pk: 7.0})
    assert claim_all(project, annotator) == [4, 5]
    assert claim_all(project, person("other@example.org")) == [4, 0, 5, 1, 2, 3]


def test_items_are_ranked_only_where_priority_counts(owner):
    project = make_project(owner, sampling="priority")
    [item] = add_items(project, 1)
    ranking.rank_items(project=project, priorities={item.pk: 1.0})
    projects.update_project(project=project, actor=owner, sampling="ordered")
    assert Item.objects.get().priority == 0
    with pytest.raises(Conflict):
        ranking.rank_items(project=project, priorities={item.pk: 1.0})


def test_a_person_gets_no_more_than_the_limit_and_what_is_given_back_is_not_held_against_them(
    owner, annotator
):
    project = make_project(owner, max_per_person=3)
    add_items(project, 9)
    publish(project)
    [first] = claim(project, annotator)
    work.return_assignment(assignment=Assignment.objects.get(pk=first.assignment_id))
    assert len(claim(project, annotator, count=5)) == 3
    assert refused(project, annotator).code == "limit_reached"
    assert len(claim(project, person("other@example.org"), count=5)) == 3


def test_a_person_gets_at_most_so_many_items_of_one_group(owner, annotator):
    project = make_project(owner, max_per_group=2, overlap_min=3)
    add_items(project, 12)
    Item.objects.filter(position__lt=6).update(group="a")
    Item.objects.filter(position__gte=6, position__lt=9).update(group="b")
    publish(project)
    got = []
    with pytest.raises(Conflict) as error:
        got += claim_all(project, annotator, count=5)
    assert error.value.code == "group_limit_reached"
    mine = Assignment.objects.filter(worker=annotator).values_list("item__group", flat=True)
    assert sorted(mine) == ["", "", "", "a", "a", "b", "b"]


def test_texts_come_in_the_languages_that_the_person_named(owner):
    project = make_project(owner, languages=["en", "zh"])
    add_items(project, 9)
    Item.objects.filter(position__lt=3).update(language="en-GB")
    Item.objects.filter(position__gte=3, position__lt=6).update(language="zh")
    publish(project)
    reader = person("zh@example.org")
    reader.languages = ["zh-hans"]
    reader.save()
    with pytest.raises(Forbidden) as error:
        claim_all(project, reader)
    assert error.value.code == "other_languages"
    mine = Assignment.objects.filter(worker=reader).values_list("item__position", flat=True)
    assert sorted(mine) == [3, 4, 5, 6, 7, 8]
    assert len(claim_all(project, person("anything@example.org"))) == 9


@pytest.mark.parametrize("sampling", ["ordered", "random"])
def test_a_project_in_other_languages_says_so(owner, annotator, sampling):
    project = make_project(owner, languages=["de"], sampling=sampling)
    add_items(project, 2)
    publish(project)
    annotator.languages = ["en", "fr-CA"]
    annotator.save()
    assert refused(project, annotator).code == "other_languages"


@pytest.fixture
def qualified_project(owner):
    needed = Qualification.objects.create(owner=owner, title="Dutch", kind="granted")
    project = make_project(owner, qualification={"requires": [str(needed.pk)]})
    add_items(project, 3)
    return publish(project), needed


def hold(needed, worker, **extra):
    return WorkerQualification.objects.create(
        qualification=needed, worker=worker, source="granted", granted_at=timezone.now(), **extra
    )


def test_only_the_qualified_get_items(qualified_project, annotator):
    project, needed = qualified_project
    error = refused(project, annotator)
    assert (error.code, error.status) == ("not_qualified", 403)
    assert error.extra["qualifications"][0]["id"] == str(needed.pk)
    held = hold(needed, annotator)
    assert len(claim(project, annotator)) == 1
    held.revoked_at = timezone.now()
    held.save()
    assert refused(project, annotator).code == "not_qualified"


def test_an_expired_qualification_is_none(qualified_project, annotator):
    project, needed = qualified_project
    hold(needed, annotator, expires_at=timezone.now() - timezone.timedelta(seconds=1))
    assert refused(project, annotator).code == "not_qualified"


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ("dutch", "/qualification"),
        ({"needs": []}, "/qualification"),
        ({"requires": "x"}, "/qualification/requires"),
        ({"requires": ["01900000-0000-7000-8000-000000000000"]}, "/qualification/requires/0"),
        ({"requires": [7]}, "/qualification/requires/0"),
    ],
)
def test_a_bad_qualification_comes_back_with_a_pointer(owner, sent, pointer):
    with pytest.raises(Invalid) as error:
        make_project(owner, qualification=sent)
    assert [one.pointer for one in error.value.problems] == [pointer]


def test_the_rules_are_settings_over_rest(owner, sign_in):
    needed = Qualification.objects.create(owner=owner, title="Dutch", kind="granted")
    rules = {
        "sampling": "random",
        "max_per_person": 50,
        "max_per_group": 2,
        "qualification": {"requires": [str(needed.pk)]},
    }
    client = sign_in(owner)
    made = post(client, "projects", {"title": "One", **rules}).json()
    assert {name: made[name] for name in rules} == rules
    answer = client.patch(
        f"/api/v1/projects/{made['id']}",
        json.dumps({"max_per_group": 0}),
        content_type="application/json",
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/max_per_group"


def test_the_settings_page_saves_the_rules(owner, sign_in):
    needed = Qualification.objects.create(owner=owner, title="Dutch", kind="granted")
    project = make_project(owner)
    client = sign_in(owner)
    page = client.get(f"/projects/{project.pk}/settings/")
    form = page.context["form"]
    sent = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    sent |= {
        "sampling": "random",
        "max_per_person": "7",
        "max_per_group": "",
        "languages_text": "en, zh",
        "requires": [str(needed.pk)],
    }
    answer = client.post(f"/projects/{project.pk}/settings/", sent)
    assert answer.status_code == 302, answer.context["form"].errors
    project.refresh_from_db()
    assert (project.sampling, project.max_per_person, project.max_per_group) == ("random", 7, None)
    assert (project.languages, project.qualification) == (["en", "zh"], {"requires": [str(needed.pk)]})


def test_the_catalogue_says_what_is_missing(qualified_project, annotator, sign_in):
    project, needed = qualified_project
    Project.objects.filter(pk=project.pk).update(max_per_person=1, languages=["de"])
    annotator.languages = ["en"]
    annotator.save()
    Assignment.objects.create(
        project=project,
        item=project.items.first(),
        worker=annotator,
        schema_version=project.schema_versions.get(),
        state="submitted",
        reward_minor=5,
        created_at=timezone.now(),
        lease_expires_at=timezone.now(),
    )
    WorkerProgress.objects.create(project=project, worker=annotator, banned_at=timezone.now())
    [entry] = sign_in(annotator).get("/api/v1/catalogue").json()["results"]
    codes = [one["code"] for one in entry["lacking_codes"]]
    assert codes == ["banned", "not_qualified", "other_languages", "limit_reached"]
    assert len(entry["lacking"]) == 4
    assert "Dutch" in sign_in(annotator).get("/catalogue/").content.decode()


def test_nobody_is_kept_out_by_the_language_of_the_pages(owner, annotator, sign_in):
    project = make_project(owner, languages=["zh"])
    add_items(project, 1)
    publish(project)
    [entry] = sign_in(annotator).get("/api/v1/catalogue").json()["results"]
    assert [one["code"] for one in entry["lacking_codes"]] == ["other_languages"]
    assert len(claim(project, annotator)) == 1


def test_a_person_names_their_languages(annotator, sign_in):
    client = sign_in(annotator)
    sent = json.dumps({"languages": ["zh-hans", "en"]})
    assert client.patch("/api/v1/me", sent, content_type="application/json").status_code == 200
    assert client.get("/api/v1/me").json()["languages"] == ["zh-hans", "en"]
    client.post("/settings/", {"display_name": "A", "language": "en", "languages": "en, fr"})
    annotator.refresh_from_db()
    assert annotator.languages == ["en", "fr"]
    page = client.post("/settings/", {"display_name": "A", "language": "en", "languages": "English"})
    assert "No language code" in page.content.decode()


# -- gold cannot be told -----------------------------------------------------------------------------------


@pytest.fixture
def half_gold(owner):
    project = make_project(owner, gold_share=0.5, overlap_min=2, overlap_max=2)
    add_items(project, 30)
    add_items(project, 30, gold={"intent": "refund"}, start=100)
    return publish(project)


def test_among_items_claimed_together_ids_do_not_tell_gold(half_gold):
    gold_first = 0
    mixed = 0
    for number in range(60):
        worker = person(f"w{number}@example.org")
        leases = sorted(claim(half_gold, worker, count=2), key=lambda one: one.assignment_id)
        kinds = [Item.objects.get(pk=one.item_id).gold is not None for one in leases]
        if sum(kinds) == 1:
            mixed += 1
            gold_first += kinds[0]
        for one in leases:
            work.return_assignment(assignment=Assignment.objects.get(pk=one.assignment_id))
    assert mixed > 12
    assert 0.15 < gold_first / mixed < 0.85


def test_everybody_meets_gold_in_an_order_of_their_own(half_gold):
    firsts = set()
    for number in range(8):
        worker = person(f"w{number}@example.org")
        while leases := claim(half_gold, worker):
            submit(leases)
            if Item.objects.get(pk=leases[0].item_id).gold is not None:
                firsts.add(leases[0].item_id)
                break
        Assignment.objects.filter(worker=worker).delete()
        Item.objects.update(taken=0)
    assert len(firsts) > 3


def test_claiming_gold_costs_the_same_queries(half_gold, annotator, django_assert_num_queries):
    claim(half_gold, annotator)
    submit(claim(half_gold, annotator))
    kinds = set()
    for _ in range(12):
        with django_assert_num_queries(1):
            [lease] = claim(half_gold, annotator)
        kinds.add(Item.objects.get(pk=lease.item_id).gold is not None)
        Assignment.objects.filter(pk=lease.assignment_id).update(state="submitted")
    assert kinds == {True, False}


# -- what it costs -----------------------------------------------------------------------------------------

_FILL = """
INSERT INTO tasks_app_item
    (id, project_id, external_id, "group", language, payload, meta, content_hash, gold, split, state,
     needs_aggregation, position, priority, slots, taken, submitted, created_at, shuffle)
SELECT gen_random_uuid(), %s, '', '', (ARRAY['en', 'zh'])[1 + g %% 2], '{"text": "x"}', '{}', md5(g::text),
       CASE WHEN g %% 20 = 0 THEN '{"intent": "refund"}'::jsonb END, '', 'open', false, g, 0, 3, 0, 0, now(),
       (random() + CASE WHEN g <= 50000 THEN 0 ELSE 1 END) / 2
FROM generate_series(1, %s) g
"""
_ANSWER = """
INSERT INTO tasks_app_assignment
    (id, project_id, item_id, worker_id, schema_version_id, state, reward_minor, claim_key, item_group,
     reason, created_at, lease_expires_at)
SELECT gen_random_uuid(), project_id, id, %s, %s, 'submitted', 5, '', '', '', now(), now()
FROM tasks_app_item WHERE project_id = %s AND gold IS NULL AND position <= %s
"""


def blocks_of_a_claim(project, worker):
    """How many pages of the database the claim's statement reads."""
    statement = claim_sql(shuffled=project.sampling == "random", lanes=bool(worker.languages), groups=False)
    values = {"project": project.pk, "worker": worker.pk}
    values |= {"count": 1, "gold": 1, "ids": [worker.pk], "claim_key": "", "max_live": 5, "start": 0.5}
    values |= {"lanes": worker.languages or None}
    with connection.cursor() as cursor:
        statement.prepare(cursor)
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + statement.execute, values)
        plan = cursor.fetchone()[0]
    top = (plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]
    return top["Shared Hit Blocks"] + top["Shared Read Blocks"]


@pytest.mark.parametrize("languages", [[], ["zh"]])
@pytest.mark.parametrize("sampling", ["ordered", "random"])
def test_a_claim_reads_as_much_with_many_answered_open_items(owner, sampling, languages):
    project = make_project(owner, sampling=sampling)
    Project.objects.update(state="published")
    newcomer, veteran = person("newcomer@example.org"), person("veteran@example.org")
    newcomer.languages = veteran.languages = languages
    with connection.cursor() as cursor:
        cursor.execute(_FILL, [project.pk, 60_000])
        cursor.execute(_ANSWER, [veteran.pk, project.schema_versions.get().pk, project.pk, 50_000])
        cursor.execute("ANALYZE tasks_app_item; ANALYZE tasks_app_assignment")
    project.refresh_from_db()
    WorkerProgress.objects.create(project=project, worker=newcomer)
    WorkerProgress.objects.create(
        project=project,
        worker=veteran,
        cursor_priority=0,
        cursor_position=50_000,
        cursor_shuffle=0.5,
        claimed=50_000,
    )
    # The first 50,000 lie in the first half of the ring as well: behind the veteran's cursor either way.
    fresh, old = blocks_of_a_claim(project, newcomer), blocks_of_a_claim(project, veteran)
    assert (fresh < 250, old < fresh + 60) == (True, True), (fresh, old)

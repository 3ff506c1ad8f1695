"""Personal data that was missed: the item is pulled at once, and reported once."""

import json
from functools import partial

import pytest
from django.db import connection

from common.errors import Invalid
from privacy.models import MissedValue
from tasks_app.models import Assignment, Flag, Project
from tasks_app.protecting.missed import Place, reject_missed
from tasks_app.services.flags import flag_item
from tests.annotations.crowd import balance, wallet
from tests.factories import lease, make_project, make_user
from tests.privacy.missed_values.conftest import NAME, PLACE, flagged, item_of
from tests.tasks_app.test_claim_concurrency import at_once


def test_a_flag_pulls_the_item_from_everybody_at_once_and_pays_whoever_held_it(project: Project) -> None:
    item, holder = item_of(project), make_user()
    held = lease(item, holder)
    row = flagged(item, PLACE)
    item.refresh_from_db()
    held.refresh_from_db()
    assert (item.state, held.state) == ("withdrawn", "withdrawn")
    assert wallet(holder) == 5 and wallet(row.flagged_by) == 0
    assert (row.state, row.kind, row.item_state) == ("open", "PERSON", "open")
    assert len(row.digest) == 32 and NAME not in json.dumps(row.digest)


def test_no_report_holds_the_value(project: Project) -> None:
    flagged(item_of(project), PLACE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM privacy_missedvalue t")
        assert NAME not in str(cursor.fetchall())


@pytest.mark.parametrize("place", [Place(1, 0, 3), Place(0, 5, 5), Place(0, 0, 10_000), Place(0, -1, 4)])
def test_a_place_that_the_text_does_not_have_is_refused_and_nothing_is_pulled(
    project: Project, place: Place
) -> None:
    item = item_of(project)
    with pytest.raises(Invalid):
        flagged(item, place)
    item.refresh_from_db()
    assert item.state == "open" and not MissedValue.objects.exists()


def test_flagging_twice_is_one_flag_and_one_report(project: Project) -> None:
    item = item_of(project)
    row = flagged(item, PLACE)
    again = Assignment.objects.get(item=item)
    flag_item(
        assignment=again,
        kind="personal_data",
        comment="",
        actor=row.flagged_by,
        spans=[PLACE],
        data_kind="PERSON",
    )
    assert (Flag.objects.count(), MissedValue.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_two_who_flag_the_same_words_at_the_same_moment_report_one_thing() -> None:
    item = item_of(make_project())
    held = [lease(item, make_user()) for _ in range(3)]

    def flag(one: Assignment) -> None:
        flag_item(
            assignment=one, kind="personal_data", comment="", actor=one.worker, spans=[PLACE], data_kind=""
        )

    at_once([partial(flag, one) for one in held])
    row = MissedValue.objects.get()
    item.refresh_from_db()
    assert (item.state, item.taken, item.slots, row.item_state) == ("withdrawn", 0, 0, "open")
    reject_missed(missed_id=row.pk, reason="A street.", actor=item.project.owner)
    item.refresh_from_db()
    assert (item.state, item.slots) == ("open", 3)
    assert balance(item.project)[1] == 30

"""What was frozen before somebody found personal data in it is named to whoever decides."""

from django.test import Client

from accounts.models import User
from privacy.models import MissedValue
from tasks_app.models import Item, Project
from tasks_app.protecting.missed import confirm_missed, report_missed
from tests.factories import client_of
from training.models import SnapshotItem
from training.services.snapshots import freeze_snapshot


def confirmed(item: Item, actor: User) -> MissedValue:
    [row] = report_missed(
        item=item, item_state=item.state, places=[], kind="PERSON", actor=actor, source="flag"
    )
    return confirm_missed(
        missed_id=row.pk, kind="PERSON", actor=actor, words=item.payload["text"].split()[-1]
    )


def page_of(user: User) -> str:
    client = Client()
    client.force_login(user, "django.contrib.auth.backends.ModelBackend")
    return client.get("/privacy/missed/?state=confirmed").content.decode()


def test_the_page_and_rest_count_snapshots_that_saw_the_text(approved: Project) -> None:
    freeze_snapshot(project=approved, actor=None)
    seen = SnapshotItem.objects.filter(snapshot__project=approved).order_by("pk").first()
    assert seen is not None
    owner = approved.owner
    assert confirmed(Item.objects.get(pk=seen.item), owner).fixed["snapshots"] == 1
    page = page_of(owner)
    assert "hold the text as it was: 1;" in page and "learned from them: 0." in page
    told = client_of(owner).get("/api/v1/privacy/missed?state=confirmed").content.decode()
    assert '"snapshots":1' in told


def test_nothing_is_said_where_nothing_was_frozen(approved: Project) -> None:
    item = Item.objects.filter(project=approved).order_by("position").first()
    assert item is not None
    assert "snapshots" not in confirmed(item, approved.owner).fixed
    page = page_of(approved.owner)
    assert "Frozen data" not in page

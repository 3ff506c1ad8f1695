"""What was learned is kept in memory, and read again as soon as anybody has learned more."""

import os
import subprocess
import sys
import threading
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import connection, transaction

from privacy.models import LearnedStamp, LearnedValue
from privacy.services import learning

NAME, OTHER = "Zorvath Quillby", "Brenda Oakmoss"
LEARN = """
import sys, django
django.setup()
from privacy.services import learning
learning.learn_value(project_id=sys.argv[1], value=sys.argv[2], kind="PERSON")
"""


def learn(project: UUID | None, value: str) -> None:
    learning.learn_value(project_id=project, value=value, kind="PERSON")


def learn_in_another_process(project: UUID, value: str) -> None:
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    env = os.environ | {
        "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings", "VAULT_KEY": settings.VAULT_KEY,
        "SECRET_KEY": settings.SECRET_KEY,
        "PYTHONPATH": os.pathsep.join([str(settings.BASE_DIR), str(settings.BASE_DIR / "platform")]),
    }  # fmt: skip
    subprocess.run([sys.executable, "-c", LEARN, str(project), value], env=env, check=True)


def found(project: UUID | None, *names: str) -> list[bool]:
    learned = learning.learned_by(project)
    return [bool(learned.find(f"This is {name} speaking.")) for name in names]


@pytest.mark.django_db(transaction=True)
def test_what_another_process_learned_is_seen_at_once() -> None:
    project = uuid4()
    learn(project, OTHER)
    assert found(project, NAME, OTHER) == [False, True]
    learn_in_another_process(project, NAME)
    assert found(project, NAME, OTHER) == [True, True]
    assert found(uuid4(), NAME, OTHER) == [False, False]


def test_only_the_stamp_is_read_while_nothing_changes(django_assert_num_queries: Any, db: None) -> None:
    project = uuid4()
    learn(project, NAME)
    assert found(project, NAME) == [True]
    with django_assert_num_queries(1):
        assert found(project, NAME) == [True]


def test_the_whole_site_and_what_is_forgotten_count_as_well(db: None) -> None:
    project = uuid4()
    assert found(project, NAME) == [False]
    learn(None, NAME)
    assert found(project, NAME) == [True]
    LearnedValue.objects.all().delete()
    assert found(project, NAME) == [False]


def test_what_was_rolled_back_is_found_no_more(db: None) -> None:
    project = uuid4()
    learn(project, OTHER)
    assert found(project, NAME, OTHER) == [False, True]
    with transaction.atomic():
        learn(project, NAME)
        assert found(project, NAME, OTHER) == [True, True]
        transaction.set_rollback(True)
    assert found(project, NAME, OTHER) == [False, True]
    learn(project, "Somebody Elsewhere")
    assert found(project, NAME, OTHER) == [False, True]


@pytest.mark.django_db(transaction=True)
def test_two_who_learn_at_once_do_not_wait_for_each_other() -> None:
    """Fails where both change one row: the second then waits until the first has committed."""
    project = uuid4()
    learn(project, "Somebody Elsewhere")
    faults: list[Exception] = []

    def beside() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '5s'")
                learn(project, OTHER)
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    with transaction.atomic():
        learn(project, NAME)
        thread = threading.Thread(target=beside)
        thread.start()
        thread.join()
        assert faults == []
    assert found(project, NAME, OTHER) == [True, True]
    assert LearnedStamp.objects.filter(project=project).count() == 2
    learn(project, "A Third One")
    assert LearnedStamp.objects.filter(project=project).count() == 2

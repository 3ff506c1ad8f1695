"""Whoever stores something of a person holds them: an erasure comes before it and is seen, or after it."""

import threading
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, connection, transaction

from common.errors import Conflict
from privacy.models import DataSubject
from privacy.services.keeping import hold_known, refuse_gone


@pytest.fixture
def person(db: None) -> UUID:
    return DataSubject.objects.create(pk=uuid4(), project=uuid4(), kind="subject").pk


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["erased", "restricted"])
def test_nobody_is_erased_or_restricted_between_the_look_and_the_commit(person: UUID, what: str) -> None:
    refused: list[bool] = []

    def come_between() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '200ms'")
                rows = DataSubject.objects.filter(pk=person)
                rows.delete() if what == "erased" else rows.update(restricted=True)
            refused.append(False)
        except OperationalError:
            refused.append(True)
        finally:
            connection.close()

    with transaction.atomic():
        refuse_gone([person, None])
        other = threading.Thread(target=come_between)
        other.start()
        other.join()
    assert refused == [True]
    come_between()
    assert refused == [True, False]
    with pytest.raises(Conflict) as gone, transaction.atomic():
        refuse_gone([person])
    assert gone.value.code == {"erased": "subject_erased", "restricted": "restricted"}[what]


@pytest.mark.django_db
def test_who_is_there_is_known_and_nobody_else(person: UUID) -> None:
    with transaction.atomic():
        assert hold_known([person, uuid4()]) == {person}
        assert hold_known([]) == set()
        refuse_gone([None])

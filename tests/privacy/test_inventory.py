"""No column that may hold something about a person is forgotten by those who erase."""

from typing import Any

import pytest
from django.db import models
from django.test.utils import isolate_apps

from privacy import inventory
from privacy.holders import all_holders


def test_every_column_of_every_table_was_spoken_of() -> None:
    assert list(inventory.unspoken()) == []


def test_reasons_are_reasons() -> None:
    for table in inventory.tables():
        for column, why in table.nothing.items():
            assert len(why) > 5, f"{table.label}.{column}"


def test_only_columns_that_are_there_are_spoken_of() -> None:
    for table in inventory.tables():
        there = {column.name for column in table.model._meta.concrete_fields} | {"*"}
        assert table.claimed <= there, f"{table.label}: {table.claimed - there}"


@pytest.mark.parametrize("app", ["accounts", "rewards"])
def test_every_app_with_tables_about_people_has_a_holder(app: str) -> None:
    assert app in {holder.name for holder in all_holders()}


@isolate_apps("privacy")
def test_a_new_table_about_people_is_noticed() -> None:
    class Diary(models.Model):
        worker = models.UUIDField()
        text = models.TextField()
        mood = models.CharField(max_length=4, choices=[("good", "good"), ("bad", "bad")])
        pages = models.PositiveIntegerField()

        class Meta:
            app_label = "privacy"

    def noticed(name: str) -> Any:
        return inventory.may_be_about_persons(Diary._meta.get_field(name))

    assert noticed("worker") and noticed("text")
    assert not noticed("mood") and not noticed("pages")
